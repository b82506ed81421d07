using ConnectAgent.Agent;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Revocation;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Testing;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Agent.Revocation;

/// <summary>The agent's copy of the list (intentions DEF-12).</summary>
public sealed class RevocationServiceTests
{
    private static readonly ServiceId Web = new("x.consul", "dc1", "web");

    [Fact]
    public async Task A_revocation_reaches_the_agent_by_its_parked_query_and_the_next_look_is_a_hit()
    {
        // Given
        await using var services = AgentFixture.Build(out var servers);
        var revocations = services.GetRequiredService<RevocationService>();
        (await revocations.RefuseAsync(Web, "09", default)).Should().BeNull();
        await AgentFixture.EventuallyAsync(() => servers.Running == 1, "the refresh parks at the server");
        var changed = services.GetRequiredService<AgentCache>().Changes.Next;

        // When
        servers.SetRevoked(RevocationLookupTests.Serial("09"));
        await changed.WaitAsync(AgentFixture.Patience);

        // Then
        var look = revocations.RefuseAsync(Web, "09", default);
        look.IsCompletedSuccessfully.Should().BeTrue("a hit does no I/O");
        (await look).Should().Be("Certificate revoked");
        (await revocations.RefuseAsync(Web, "0a", default)).Should().BeNull();
    }

    [Fact]
    public async Task One_entry_serves_every_token()
    {
        await using var services = AgentFixture.Build(out _);
        var revocations = services.GetRequiredService<RevocationService>();
        await revocations.RefuseAsync(Web, "09", default);
        await revocations.RefuseAsync(Web with { Service = "api" }, "0a", default);
        var entry = services.GetRequiredService<AgentCache>().Entries.Should().ContainSingle().Subject;
        (entry.Key.Kind, entry.Key.Token, entry.CountsForToken).Should().Be(("connect-ca-revoked", string.Empty, false));
    }

    [Fact] // AUTHZ-32, AUTHZ-33
    public async Task While_the_servers_are_away_a_list_once_read_goes_on_and_one_never_read_gives_no_decision()
    {
        await using var services = AgentFixture.Build(out var servers);
        var revocations = services.GetRequiredService<RevocationService>();
        servers.Fail(ScriptedServerClient.Unreachable());
        var look = async () => await revocations.RefuseAsync(Web, "09", default);
        (await look.Should().ThrowAsync<ServerException>()).Which.Kind.Should().Be(FailureKind.Unreachable);
        servers.Fail(null);
        servers.SetRevoked(RevocationLookupTests.Serial("09"));
        (await look()).Should().Be("Certificate revoked");
        servers.Fail(ScriptedServerClient.Unreachable());
        (await look()).Should().Be("Certificate revoked");
    }

    [Fact]
    public async Task FA_3_A_list_that_cannot_be_read_replaces_nothing_and_gives_no_decision_of_its_own()
    {
        await using var services = AgentFixture.Build(out var servers);
        var revocations = services.GetRequiredService<RevocationService>();
        servers.SetRevoked(RevocationLookupTests.Serial("09"), RevocationLookupTests.Serial("no serial"));
        var look = async () => await revocations.RefuseAsync(Web, "0a", default);
        (await look.Should().ThrowAsync<ServerException>()).WithMessage("the revocation list has an entry*");
        servers.SetRevoked(RevocationLookupTests.Serial("09"));
        (await look()).Should().BeNull();
        servers.SetRevoked(RevocationLookupTests.Serial("no serial"));
        (await look()).Should().BeNull();
        (await revocations.RefuseAsync(Web, "09", default)).Should().Be("Certificate revoked");
    }

    [Fact]
    public async Task The_list_is_sealed_and_restored_with_the_rest_of_the_cache()
    {
        var folder = Directory.CreateTempSubdirectory("connect-agent-revoked-").FullName;
        try
        {
            await using (var before = AgentFixture.Build(out var servers, folder))
            {
                before.GetRequiredService<SealedCache>();
                servers.SetRevoked(RevocationLookupTests.Serial("09"));
                (await before.GetRequiredService<RevocationService>().RefuseAsync(Web, "09", default)).Should().Be("Certificate revoked");
                await AgentFixture.EventuallyAsync(() => servers.Running == 1, "the next read begins when the last one is sealed");
            }

            await using var after = AgentFixture.Build(out var away, folder);
            away.Fail(ScriptedServerClient.Unreachable());
            after.GetRequiredService<SealedCache>().Restore().Should().Be(1);
            (await after.GetRequiredService<RevocationService>().RefuseAsync(Web, "09", default)).Should().Be("Certificate revoked");
            (await after.GetRequiredService<RevocationService>().RefuseAsync(Web, "0a", default)).Should().BeNull();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_revoked_leaf_that_the_agent_holds_is_issued_anew_and_its_watcher_gets_it()
    {
        // Given
        await using var services = AgentFixture.Build(out var servers);
        await services.GetRequiredService<RevocationService>().RefuseAsync(Web, string.Empty, default);
        var leaves = services.GetRequiredService<LeafService>();
        var request = new LeafRequest("dc1", string.Empty, "web");
        var held = await leaves.GetAsync(request, default, default);
        var other = await leaves.GetAsync(request with { Service = "api" }, default, default);
        var watcher = leaves.GetAsync(request, new CacheRead(new BlockingQuery(held.Index, TimeSpan.FromMinutes(5))), default).AsTask();
        var clock = (ManualTimeProvider)services.GetRequiredService<TimeProvider>();
        clock.Advance(TimeSpan.FromSeconds(2));

        // When
        servers.SetRevoked(RevocationLookupTests.Serial(held.Value.SerialNumber));

        // Then
        (await watcher.WaitAsync(AgentFixture.Patience)).Value.SerialNumber.Should().NotBe(held.Value.SerialNumber);
        (await leaves.GetAsync(request with { Service = "api" }, default, default)).Value.Should().BeSameAs(other.Value);
        servers.Signatures.Should().Be(3);
    }

    [Fact]
    public async Task A_signer_that_is_away_does_not_keep_the_agent_from_the_next_list()
    {
        await using var services = AgentFixture.Build(out var servers);
        var revocations = services.GetRequiredService<RevocationService>();
        await revocations.RefuseAsync(Web, string.Empty, default);
        var leaf = await services.GetRequiredService<LeafService>().GetAsync(new LeafRequest("dc1", string.Empty, "web"), default, default);
        servers.SignFailure = ScriptedServerClient.Unreachable();
        servers.SetRevoked(RevocationLookupTests.Serial(leaf.Value.SerialNumber));
        var clock = (ManualTimeProvider)services.GetRequiredService<TimeProvider>();
        await clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(5));
        clock.Advance(TimeSpan.FromSeconds(5));
        servers.SetRevoked(RevocationLookupTests.Serial(leaf.Value.SerialNumber), RevocationLookupTests.Serial("7f"));
        while (true)
        {
            var next = services.GetRequiredService<AgentCache>().Changes.Next;
            if (await revocations.RefuseAsync(Web, "7f", default) is not null)
            {
                return;
            }

            await next.WaitAsync(AgentFixture.Patience);
        }
    }

    [Fact] // FA-34: and those that failed are tried again before the list changes
    public async Task FA_34_A_revoked_leaf_that_cannot_be_replaced_does_not_keep_the_others()
    {
        // Given
        await using var services = AgentFixture.Build(out var servers);
        await services.GetRequiredService<RevocationService>().RefuseAsync(Web, string.Empty, default);
        var leaves = services.GetRequiredService<LeafService>();
        var clock = (ManualTimeProvider)services.GetRequiredService<TimeProvider>();
        string[] names = ["a", "b", "c", "d", "e"];
        List<CacheAnswer<LeafCertificate>> held = [];
        foreach (var name in names)
        {
            held.Add(await leaves.GetAsync(new LeafRequest("dc1", string.Empty, name), default, default));
        }

        clock.Advance(TimeSpan.FromSeconds(2));
        var broken = new HashSet<string>(["a", "b", "c", "d"], StringComparer.Ordinal);
        servers.Signing = identity => broken.Contains(identity.Service) ? new ServerException(FailureKind.Failed, "broken") : null;

        // When: whichever comes first, four of five fail
        servers.SetRevoked([.. held.Select(leaf => RevocationLookupTests.Serial(leaf.Value.SerialNumber))]);

        // Then
        await AgentFixture.EventuallyAsync(() => SerialOf("e") != held[4].Value.SerialNumber, "the one that can be replaced is");
        await clock.ArmedAsync(delay => delay <= TimeSpan.FromSeconds(30) && delay > TimeSpan.FromSeconds(25));
        broken.Clear();
        clock.Advance(TimeSpan.FromSeconds(31));
        await AgentFixture.EventuallyAsync(
            () => names.Select(SerialOf).Zip(held).All(pair => pair.First != pair.Second.Value.SerialNumber), "the next turn replaces the rest");

        string? SerialOf(string name) => leaves.Find("dc1", string.Empty, LeafRequest.KeyPrefix + name)?.Current.Value?.SerialNumber;
    }
}
