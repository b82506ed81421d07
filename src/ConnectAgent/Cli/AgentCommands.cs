using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli;

/// <summary><c>members</c>, <c>info</c>, <c>reload</c>, <c>leave</c>, <c>force-leave</c>: the agent itself (clients section 5).</summary>
internal static class AgentCommands
{
    private const int NoneFound = 2;

    private static readonly Option<bool> Detailed = Flag.Switch("detailed", "Shows all tags.");
    private static readonly Option<bool> Wan = Flag.Switch("wan", "Shows the servers of all datacenters.");
    private static readonly Option<string?> Status = Flag.Text("status", "A regular expression: only members in such a state are shown.");
    private static readonly Option<string?> Segment = Flag.Text("segment", "Only members of this segment are shown; all of them unless it is said.");
    private static readonly Option<bool> Prune = Flag.Switch("prune", "Forgets the member.");

    public static IEnumerable<CliCommand> Create() =>
    [
        CliCommand.Asking("members", "Lists the members of the cluster.", "members -detailed", MembersAsync, Detailed, Wan, Status, Segment),
        CliCommand.Asking("info", "Shows what the agent says of itself.", "info", InfoAsync),
        CliCommand.Asking("reload", "Reads the configuration again.", "reload", static async call =>
        {
            await call.SendAsync(ApiRequest.Put("/v1/agent/reload"), "Error reloading: ");
            return call.Done("Configuration reload triggered");
        }),
        CliCommand.Asking("leave", "Ends the agent in an orderly way.", "leave", static async call =>
        {
            await call.SendAsync(ApiRequest.Put("/v1/agent/leave"), "Error leaving: ");
            return call.Done("Graceful leave complete");
        }),
        CliCommand.Asking("force-leave", "Takes a member out that has failed.", "force-leave node2", static async call =>
        {
            if (call.Words is not [var node])
            {
                throw new CommandFailure("A single argument is required, the node's name: force-leave NODE");
            }

            var request = ApiRequest.Put("/v1/agent/force-leave/" + ApiRequest.Escape(node)).With("prune", call.Of(Prune) ? "1" : null);
            await call.SendAsync(request, "Error force leaving: ");
            return 0;
        }, Prune),
    ];

    private static async Task<int> MembersAsync(Invocation call)
    {
        var request = ApiRequest.Get("/v1/agent/members").With("segment", call.Given(Segment) ?? "_all").With("wan", call.Of(Wan) ? "1" : null);
        var all = (await call.AskAsync(request, "Error retrieving members: ")).AsItems().Where(StatusFilter(call)).OrderBy(SegmentOf, StringComparer.Ordinal)
            .ThenBy(static member => member.Text("Name"), StringComparer.Ordinal).ToList();
        if (all.Count == 0)
        {
            return NoneFound;
        }

        var rows = call.Of(Detailed)
            ? all.Select(static member => new[] { member.Text("Name"), AddressOf(member), StatusOf(member), TagsOf(member) }).Prepend(["Node", "Address", "Status", "Tags"])
            : all.Select(static member => new[]
            {
                member.Text("Name"), AddressOf(member), StatusOf(member), TypeOf(member), BuildOf(member), member.Field("Tags").Text("vsn"), member.Field("Tags").Text("dc"), SegmentOf(member),
            }).Prepend(["Node", "Address", "Status", "Type", "Build", "Protocol", "DC", "Segment"]);
        return call.Table([.. rows]);
    }

    private static Func<JsonElement, bool> StatusFilter(Invocation call)
    {
        if (call.Given(Status) is not { } pattern)
        {
            return static _ => true;
        }

        try
        {
            var status = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
            return member => status.IsMatch(StatusOf(member));
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new CommandFailure("Failed to compile status regexp: " + error.Message);
        }
    }

    private static string AddressOf(JsonElement member) => Protocol.Text.IpLiteral.WithPort(member.Text("Addr"), (int)member.Number("Port"));

    private static string StatusOf(JsonElement member) => member.Number("Status") switch
    {
        0 => "none",
        1 => "alive",
        2 => "leaving",
        3 => "left",
        4 => "failed",
        var status => "unknown (" + status.ToString(CultureInfo.InvariantCulture) + ")",
    };

    private static string TypeOf(JsonElement member) => member.Field("Tags").Text("role") switch
    {
        "consul" => "server",
        "node" => "client",
        _ => "unknown",
    };

    private static string BuildOf(JsonElement member) => member.Field("Tags").Text("build") is { Length: > 0 } build ? build.Split(':')[0] : "< 0.3";

    // Servers are in all segments.
    private static string SegmentOf(JsonElement member) => member.Field("Tags").Text("role") == "consul"
        ? "<all>"
        : member.Field("Tags").Text("segment") is { Length: > 0 } segment ? segment : "<default>";

    private static string TagsOf(JsonElement member) => string.Join(',', member.Field("Tags").Fields().Select(tag =>
        $"{tag.Name}={(tag.Name == "segment" ? SegmentOf(member) : tag.Value.AsText())}"));

    private static async Task<int> InfoAsync(Invocation call)
    {
        var self = await call.AskAsync(ApiRequest.Get("/v1/agent/self"), "Error querying agent: ");
        var text = new StringBuilder();
        foreach (var group in self.Field("Stats").Fields())
        {
            text.Append(group.Name).Append(":\n");
            foreach (var value in group.Value.Fields())
            {
                text.Append('\t').Append(value.Name).Append(" = ").Append(value.Value.AsText()).Append('\n');
            }
        }

        call.Output.Write(text);
        return 0;
    }
}
