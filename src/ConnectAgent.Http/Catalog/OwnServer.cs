using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;
using Microsoft.Extensions.Hosting;

namespace ConnectAgent.Http.Catalog;

/// <summary>
/// Keeps this server in its own catalog: its node, the service <c>consul</c> and the check <c>serfHealth</c> (services AE-4). They are there before the
/// first request, and again after a restored snapshot or whatever else has changed them.
/// </summary>
internal sealed class OwnServer(
    CatalogStore catalog,
    StateStore store,
    ServerContact contact,
    OwnNode node,
    OwnServerOptions options,
    TimeProvider clock,
    Random random,
    ILogger<OwnServer> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    // What the reference says of a server that is the only one, and votes.
    private static readonly Dictionary<string, string> Meta = new(StringComparer.Ordinal)
    {
        ["non_voter"] = "false",
        ["raft_version"] = "3",
        ["read_replica"] = "false",
        ["serf_protocol_current"] = "2",
        ["serf_protocol_max"] = "5",
        ["serf_protocol_min"] = "1",
        ["version"] = ApiVersion.Number,
    };

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await TryRegisterAsync();
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var name = node.Current.Name;
        Topic[] topics =
        [
            Topic.Row(CatalogTables.Nodes, NameKey.Of(name)),
            Topic.Row(CatalogTables.Services, CatalogTables.KeyOf(name, CatalogReads.OwnService)),
            Topic.Row(CatalogTables.Checks, CatalogTables.KeyOf(name, CatalogRows.SerfHealth)),
        ];
        var generation = store.Current.Generation;
        while (true)
        {
            using var watch = store.Watches.Watch(topics);
            var configured = node.Changed;
            var state = store.Current;
            var isLost = state.Generation != generation || CatalogRows.FindNode(state, name) is null;
            generation = state.Generation;
            var isRegistered = await TryRegisterAsync();
            if (isLost)
            {
                // With the node went what the agent in this process had registered on it.
                contact.IsRestored();
            }

            var wait = isRegistered ? Task.WhenAny(watch.Changed, configured) : Task.Delay(Pause + (Pause * random.NextDouble()), clock, stoppingToken);
            await wait.WaitAsync(stoppingToken);
        }
    }

    private async Task<bool> TryRegisterAsync()
    {
        try
        {
            await catalog.RegisterServerAsync(Registration());
            return true;
        }
        catch (ServerException error)
        {
            logger.ServerNotRegistered(error.Message);
            return false;
        }
    }

    private CatalogRegistration Registration() => new(node.Current)
    {
        Service = new NodeService { Id = CatalogReads.OwnService, Name = CatalogReads.OwnService, Port = options.Port, Meta = Meta },
        Checks =
        [
            new HealthCheck
            {
                CheckId = CatalogRows.SerfHealth, Name = "Serf Health Status", Status = CheckStatus.Passing, Output = "Agent alive and reachable",
            },
        ],
    };
}

/// <summary>What a server says of itself.</summary>
/// <param name="Port">Of the servers' own protocol; 0 for none.</param>
internal sealed record OwnServerOptions(int Port);

// Event ids 3500-3599.
internal static partial class OwnServerLog
{
    [LoggerMessage(3501, LogLevel.Error, "This server is not in its own catalog: {Reason}")]
    public static partial void ServerNotRegistered(this ILogger logger, string reason);
}
