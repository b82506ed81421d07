using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Revocation;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;

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

    public static Task<ServerRead<ServiceHealth>> ReadHealthAsync(
        this IServerClient client, HealthQuery question, ServerQuery query, CancellationToken cancellationToken) =>
        client.ReadAsync(HealthRead.Instance, question, query, cancellationToken);
}
