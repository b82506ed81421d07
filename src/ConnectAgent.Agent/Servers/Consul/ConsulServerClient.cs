using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Client.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Agent.Servers.Consul;

/// <summary>
/// Servers over Consul's HTTP API. Reads work with any Consul server; leaves need the signing call of this product's own server
/// (docs/http-api.md), because the reference signs over RPC only (leaf-certificates LEAF-34).
/// </summary>
internal sealed class ConsulServerClient(
    ConsulServers servers, RemoteTokens tokens, ConsulServerOptions options, TimeProvider clock, Random random) : IServerClient, ILeafDelegate
{
    private const string TargetLimit = "servers.target";

    // Request lines of servers end at 1 MiB or less; no name that anybody uses comes near this.
    [Limit(TargetLimit, "characters", "refused", Refuses = true)]
    private const int LongestTarget = 32 * 1024;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(15);
    private int _held;

    public Task<ServerRead<CaRoots>> ReadRootsAsync(ServerQuery query, CancellationToken cancellationToken) =>
        ReadAsync(ConsulOperation.Roots, "/v1/connect/ca/roots?", query, ConsulReplies.Roots, cancellationToken);

    public async Task<ServerRead<RevocationList>> ReadRevokedAsync(ServerQuery query, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(ConsulOperation.Revoked, "/v1/connect/ca/revoked?", query, ConsulReplies.Revoked, cancellationToken);
        }
        catch (ServerException error) when (error.Kind == FailureKind.NotFound)
        {
            // The reference knows no revocation: its list is empty, and asked for again after the wait.
            if (query.Blocking.Blocks)
            {
                await Task.Delay(WaitOf(query), clock, cancellationToken);
            }

            return new ServerRead<RevocationList>(RevocationList.Empty, 1);
        }
    }

    public Task<ServerRead<IReadOnlyList<IntentionMatch>>> MatchIntentionsAsync(
        MatchNames names, ServerQuery query, CancellationToken cancellationToken)
    {
        // The API splits at the slash. Asking for the wildcards alone could miss a rule that denies, so this fails closed.
        if (names.Names.Any(name => name.Contains('/', StringComparison.Ordinal)))
        {
            throw new ServerException(FailureKind.Failed, "the servers cannot be asked for a name with a slash");
        }

        var target = "/v1/connect/intentions/match?by=" + (names.ByDestination ? "destination" : "source")
            + string.Concat(names.Names.Select(name => "&name=" + Uri.EscapeDataString(name))) + "&";
        return ReadAsync(ConsulOperation.Match, target, query, answer => ConsulReplies.Matches(answer, names), cancellationToken);
    }

    // Any server may answer, as for the reference's own agents (agent-cache section 8).
    public Task<ServerRead<ServiceHealth>> ReadHealthAsync(HealthQuestion question, ServerQuery query, CancellationToken cancellationToken) =>
        question.Service is "" or "." or ".."
            ? throw new ServerException(FailureKind.Failed, "the servers cannot be asked for a service of this name")
            : ReadAsync(ConsulOperation.Health, $"/v1/health/{question.Target}&stale=&", query, ConsulReplies.Health, cancellationToken);

    public ValueTask<TokenRights> ResolveTokenAsync(string token, CancellationToken cancellationToken) =>
        tokens.ResolveAsync(token, cancellationToken);

    public bool Knows(string token) => tokens.Knows(token);

    public Task<long> RightsChangedAsync(CancellationToken cancellationToken) => tokens.RightsChangedAsync(cancellationToken);

    public bool AclsAreOpen => tokens.AclsAreOpen;

    public void RememberRights(string token, IReadOnlyList<AclQuestion> allowed) => tokens.Remember(token, allowed);

    public Task<SignedLeaf> SignLeafAsync(
        ServiceId identity, ReadOnlyMemory<byte> certificateRequest, string token, CancellationToken cancellationToken)
    {
        var asked = new ConsulSignRequest(identity.Service, PemEncoding.WriteString("CERTIFICATE REQUEST", certificateRequest.Span));
        var body = JsonSerializer.SerializeToUtf8Bytes(asked, ConsulJson.Default.ConsulSignRequest);
        var target = "/v1/connect/ca/sign?dc=" + Uri.EscapeDataString(identity.Datacenter);
        return servers.CallAsync(
            Bounded(new ConsulCall(ConsulOperation.Sign, HttpMethod.Put, target, token, TimeSpan.Zero)
            {
                Datacenter = ElsewhereOf(identity.Datacenter),
                Subject = identity.Service,
                Body = body,
            }),
            ConsulReplies.Signature,
            cancellationToken);
    }

    public Task<ServerRead<T>> ReadLeafAsync<T>(
        ServiceId identity, ServerQuery query, Func<DelegatedLeaf, T> accept, CancellationToken cancellationToken)
        where T : class => ReadAsync(
            ConsulOperation.Leaf,
            "/v1/agent/connect/ca/leaf/" + Uri.EscapeDataString(identity.Service) + "?",
            query,
            answer => ConsulReplies.Leaf(answer, accept),
            cancellationToken);

    private async Task<ServerRead<T>> ReadAsync<T>(
        ConsulOperation operation, string target, ServerQuery query, Func<ConsulAnswer, ServerRead<T>> read, CancellationToken cancellationToken)
    {
        var call = Bounded(
            new ConsulCall(operation, HttpMethod.Get, target + "dc=" + Uri.EscapeDataString(query.Datacenter), query.Token, TimeSpan.Zero)
            {
                Datacenter = ElsewhereOf(query.Datacenter),
            });
        if (!query.Blocking.Blocks)
        {
            return await servers.CallAsync(call, read, cancellationToken);
        }

        var hold = WaitOf(query);
        try
        {
            if (Interlocked.Increment(ref _held) <= ConsulConnections.MostHeld)
            {
                // Whole milliseconds, at least one, as the reference's own client writes them (IDX-2).
                var wait = Math.Max(1, (long)hold.TotalMilliseconds);
                var held = string.Create(CultureInfo.InvariantCulture, $"{call.Target}&index={query.Blocking.Index}&wait={wait}ms");
                return await servers.CallAsync(call with { Target = held, Hold = hold }, read, cancellationToken);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _held);
        }

        // Over HTTP/1.1 each held read takes a connection; those above the bound are looked at from time to time.
        var pause = PollInterval * (1 + random.NextDouble());
        await Task.Delay(pause < hold ? pause : hold, clock, cancellationToken);
        return await servers.CallAsync(call, read, cancellationToken);
    }

    private static TimeSpan WaitOf(ServerQuery query) => query.Blocking.LimitedWait(LongestWait, LongestWait);

    private string ElsewhereOf(string datacenter) => datacenter == options.Datacenter ? string.Empty : datacenter;

    private static ConsulCall Bounded(ConsulCall call) => call.Target.Length <= LongestTarget
        ? call
        : throw new ServerException(FailureKind.Failed, "the names are too long to ask the servers for") { Limit = TargetLimit };
}
