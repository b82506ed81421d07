using System.Text.Json;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.TestKit.Recordings;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Intentions;

/// <summary>The 35 worked cases (intentions section 8), under every way to evaluate.</summary>
public sealed class LayerSevenCasesTests
{
    public static TheoryData<int> Rows() => [.. LayerSevenCase.All.Select(row => row.Row)];

    [Fact]
    public void The_table_has_all_its_rows() => LayerSevenCase.All.Should().HaveCount(35);

    [Theory] // L7-1, L7-4, L7-5, L7-8
    [MemberData(nameof(Rows))]
    public void The_engine_decides_as_worked_out(int number)
    {
        var row = LayerSevenCase.All[number - 1];
        var intention = new Intention
        {
            SourceName = "web",
            DestinationName = "api",
            Permissions = LayerSevenCase.Permissions(row.Set).Deserialize<List<IntentionPermission>>(),
        };
        var match = IntentionMatch.ForDestination([intention]);
        foreach (var normalize in new[] { true, false })
        {
            foreach (var each in new[] { true, false })
            {
                var request = new HttpAttributes(row.Method, row.Path, new RequestHeaders(row.Headers), new HttpEvaluation(normalize, each));
                var underDeny = match.Decide("web", request, DefaultDecision.Deny);
                var underAllow = match.Decide("web", request, DefaultDecision.Allow);

                (underDeny.Allowed, underAllow.Allowed).Should().Be((row.AllowedUnderDeny, row.AllowedUnderAllow));
                underDeny.Permission.Should().Be(row.Decides);
                var action = row.AllowedUnderDeny ? "ALLOW" : "DENY";
                underDeny.Reason.Should().Be(
                    $"Matched L7 intention: default/web => default/api (Precedence: 9, Permissions: {intention.Permissions!.Count})"
                    + (row.Decides is { } decides ? $", permission {decides}: {action}" : ", no permission matched, default: DENY"));
            }
        }
    }
}
