using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Operator;

/// <summary><c>rtt NODE [NODE]</c>: there are no coordinates here, and so no estimate.</summary>
internal static class RttCommand
{
    public static CliCommand Create() => CliCommand.Asking("rtt", "Estimates the time between two nodes.", "rtt node1 node2", static async call =>
    {
        if (call.Words is not [var first, ..])
        {
            throw new CommandFailure("At least one node name must be specified") { WithUsage = true };
        }

        var coordinates = await call.AskAsync(ApiRequest.Get("/v1/coordinate/nodes"), "Error getting coordinates: ");
        foreach (var node in call.Words.Where(node => !coordinates.AsItems().Any(one => one.Text("Node") == node)))
        {
            throw new CommandFailure($"Could not find a coordinate for node \"{node}\"");
        }

        throw new CommandFailure($"There is no estimate for \"{first}\": this product keeps no coordinates");
    });
}
