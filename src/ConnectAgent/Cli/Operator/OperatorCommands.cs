using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Operator;

/// <summary><c>operator raft list-peers</c> (clients section 5).</summary>
internal static class OperatorCommands
{
    public static CliCommand Create() => CliCommand.Group(
        "operator",
        "The servers.",
        CliCommand.Group("raft", "What the servers agree by.", CliCommand.Asking("list-peers", "Lists the servers.", "operator raft list-peers", ListPeersAsync)),
        CliCommand.NotServed("autopilot", "autopilot"));

    private static async Task<int> ListPeersAsync(Invocation call)
    {
        var servers = (await call.AskAsync(ApiRequest.Get("/v1/operator/raft/configuration"), "Error getting peers: Failed to retrieve raft configuration: ")).Items("Servers");
        return call.Table([
            ["Node", "ID", "Address", "State", "Voter", "RaftProtocol"],
            .. servers.Select(static server => new[]
            {
                server.Text("Node"), server.Text("ID"), server.Text("Address"), server.IsTrue("Leader") ? "leader" : "follower",
                server.IsTrue("Voter") ? "true" : "false", server.Text("ProtocolVersion"),
            }),
        ]);
    }
}
