using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.CentralConfig;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Revocation;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.TestKit.Servers;

/// <summary>The product's kinds of reads by name, for tests that see only the seam.</summary>
public static class ServerReads
{
    public static Task<ServerRead<CaRoots>> ReadRootsAsync(this IServerClient client, ServerQuery query, CancellationToken cancellationToken) =>
        client.ReadAsync(RootsRead.Instance, new RootsRequest(query.Datacenter), query, cancellationToken);

    public static Task<ServerRead<RevocationList>> ReadRevokedAsync(this IServerClient client, ServerQuery query, CancellationToken cancellationToken) =>
        client.ReadAsync(RevocationRead.Instance, new RevocationRequest(query.Datacenter), query, cancellationToken);

    public static Task<ServerRead<IReadOnlyList<IntentionMatch>>> MatchIntentionsAsync(
        this IServerClient client, MatchNames names, ServerQuery query, CancellationToken cancellationToken) =>
        client.ReadAsync(MatchRead.Instance, names, query, cancellationToken);

    public static Task<ServerRead<DiscoveryList>> ReadHealthAsync(
        this IServerClient client, InstancesQuery question, ServerQuery query, CancellationToken cancellationToken) =>
        client.ReadAsync(DiscoveryReads.Health, question, query, cancellationToken);

    public static Task<ServerRead<NodeView>> ReadNodeAsync(
        this IServerClient client, string node, ServerQuery query, CancellationToken cancellationToken) =>
        client.ReadAsync(NodeRead.Instance, new NodeName(node), query, cancellationToken);

    public static Task<ServerRead<IReadOnlyList<HealthCheck>>> ReadNodeChecksAsync(
        this IServerClient client, string node, ServerQuery query, CancellationToken cancellationToken) =>
        client.ReadAsync(NodeChecksRead.Instance, new NodeName(node), query, cancellationToken);

    internal static Task<ServerRead<ConfigEntryList>> ReadConfigEntriesAsync(
        this IServerClient client, string kind, ServerQuery query, CancellationToken cancellationToken) =>
        client.ReadAsync(new ConfigEntriesKind(client), new ConfigEntriesRequest(query.Datacenter, query.Token, kind), query, cancellationToken);
}
