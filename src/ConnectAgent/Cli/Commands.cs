using System.CommandLine;
using ConnectAgent.Cli.Acl;
using ConnectAgent.Cli.Catalog;
using ConnectAgent.Cli.ConfigEntries;
using ConnectAgent.Cli.Connect;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Cli.Inspection;
using ConnectAgent.Cli.Intentions;
using ConnectAgent.Cli.Leaf;
using ConnectAgent.Cli.Operator;
using ConnectAgent.Cli.Services;
using ConnectAgent.Cli.Tls;
using ConnectAgent.Cli.Watch;

namespace ConnectAgent.Cli;

/// <summary>All commands (clients section 5).</summary>
internal static class Commands
{
    // What the reference has, and this product does not.
    private static readonly (string Name, string What)[] Absent =
    [
        ("kv", "key/value store"), ("session", "sessions"), ("lock", "locks"), ("event", "user events"), ("exec", "remote execution"),
        ("join", "gossip between agents: set connect_agent.servers, or -server-addr"), ("keyring", "gossip, and so no keys of it"), ("peering", "peering of clusters"),
    ];

    public static RootCommand Create()
    {
        var root = new RootCommand("A local agent that gives every service an identity and an answer.");
        IEnumerable<Command> all =
        [
            AgentCommand.Create(), ValidateCommand.Create(), VersionCommand.Create(), SnapshotCommand.Create(),
            .. AgentCommands.Create(), MaintCommand.Create(), IntentionCommands.Create(), ConfigCommands.Create(ConfigShowCommand.Create()), ConnectCommands.Create(),
            AclCommands.Create(), .. LoginCommands.Create(), CatalogCommands.Create(), OperatorCommands.Create(), RttCommand.Create(), DebugCommand.Create(), KeygenCommand.Create(),
            LeafCommands.Create(), RootsCommands.Create(), AuthorizeCommand.Create(), RevokeCommand.Create(), ServersCommand.Create(), CacheCommands.Create(), DoctorCommand.Create(), CompletionCommand.Create(root),
            ServicesCommands.Create(), TlsCommands.Create(), WatchCommand.Create(), MonitorCommand.Create(),
            .. Absent.Select(static absent => CliCommand.NotServed(absent.Name, absent.What)),
        ];
        foreach (var command in all)
        {
            root.Subcommands.Add(command);
        }

        return root;
    }
}
