using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Agent.Servers.Consul;

/// <summary>
/// Servers over Consul's HTTP API. Reads work with any Consul server; leaves need the signing call of this product's own server
/// (docs/http-api.md), because the reference signs over RPC only (leaf-certificates LEAF-34).
/// </summary>
internal sealed class ConsulServerClient(
    ConsulServers servers, RemoteTokens tokens, ConsulServerOptions options, TimeProvider clock, Random random) : IServerClient
{
    private const string TargetLimit = "servers.target";

    // Request lines of servers end at 1 MiB or less; no name that anybody uses comes near this.
    [Limit(TargetLimit, "characters", "refused", Refuses = true)]
    private const int LongestTarget = 32 * 1024;

    private static readonly TimeSpan WholeWait = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(15);
    private int _held;

    public async Task<ServerRead<TValue>> ReadAsync<TRequest, TValue>(
        IServerReadKind<TRequest, TValue> kind, TRequest request, ServerQuery query, CancellationToken cancellationToken)
        where TValue : class
    {
        var body = kind.BodyOf(request);
        var call = Bounded(new ConsulCall(
            ConsulOperation.Read, body.IsEmpty ? HttpMethod.Get : HttpMethod.Post, kind.TargetOf(request) + "dc=" + Uri.EscapeDataString(query.Datacenter), query.Token, TimeSpan.Zero)
        {
            Kind = kind.Name,
            Datacenter = ElsewhereOf(query.Datacenter),
            WaitsForOthers = kind.WaitsForOthers,
            NotServed = kind.NotServed,
            Body = body.IsEmpty ? null : body.ToArray(),
        });
        try
        {
            return await HoldAsync(call, query, answer => Read(kind, request, answer), cancellationToken);
        }
        catch (ServerException error) when (error.Kind == FailureKind.Unsupported && kind.Absent is not null)
        {
            // It is asked for again after the wait.
            if (query.Blocking.Blocks)
            {
                await Task.Delay(WaitOf(query), clock, cancellationToken);
            }

            return new ServerRead<TValue>(kind.Absent, 1);
        }
    }

    public ValueTask<TokenRights> ResolveTokenAsync(string token, CancellationToken cancellationToken) =>
        tokens.ResolveAsync(token, cancellationToken);

    public bool Knows(string token) => tokens.Knows(token);

    public Task<long> RightsChangedAsync(CancellationToken cancellationToken) => tokens.RightsChangedAsync(cancellationToken);

    public bool AclsAreOpen => tokens.AclsAreOpen;

    public bool Vouches(string token) => tokens.Vouches(token);

    public void RememberRights(string token, IReadOnlyList<AccessRequest> allowed) => tokens.Remember(token, allowed);

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

    public Task RegisterAsync(CatalogRegistration registration, string token, CancellationToken cancellationToken) => WriteAsync(
        "register",
        registration.Node.Datacenter,
        $"{registration.Node.Name}/{registration.Service?.Id}/{(registration.Checks is [var check, ..] ? check.CheckId : string.Empty)}",
        CatalogBodies.Of(registration),
        token,
        cancellationToken);

    public Task DeregisterAsync(CatalogDeregistration deregistration, string token, CancellationToken cancellationToken) => WriteAsync(
        "deregister",
        deregistration.Datacenter,
        $"{deregistration.Node}/{deregistration.ServiceId}/{deregistration.CheckId}",
        CatalogBodies.Of(deregistration),
        token,
        cancellationToken);

    // 0 is no index, and is told: the engine backs off as after a failure (agent-cache CACHE-17, http-conventions IDX-10).
    private static ServerRead<TValue> Read<TRequest, TValue>(IServerReadKind<TRequest, TValue> kind, TRequest request, ConsulAnswer answer)
        where TValue : class
    {
        var index = !kind.IsIndexed ? 1 : answer.Index ?? throw answer.Garbage("no X-Consul-Index that is a number");
        return new ServerRead<TValue>(kind.Decode(request, answer), index);
    }

    private async Task<T> HoldAsync<T>(ConsulCall call, ServerQuery query, Func<ConsulAnswer, T> read, CancellationToken cancellationToken)
    {
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

    private Task<bool> WriteAsync(string name, string datacenter, string subject, byte[] body, string token, CancellationToken cancellationToken)
    {
        var target = datacenter.Length > 0 ? datacenter : options.Datacenter;
        return servers.CallAsync(
            new ConsulCall(ConsulOperation.CatalogWrite, HttpMethod.Put, $"/v1/catalog/{name}?dc={Uri.EscapeDataString(target)}", token, TimeSpan.Zero)
            {
                Datacenter = ElsewhereOf(target),
                Subject = subject,
                Body = body,
                NotServed = $"the servers have no catalog of services (PUT /v1/catalog/{name})",
            },
            ConsulReplies.Written,
            cancellationToken);
    }

    private static TimeSpan WaitOf(ServerQuery query) => query.Blocking.LimitedWait(WholeWait, WholeWait);

    private string ElsewhereOf(string datacenter) => datacenter == options.Datacenter ? string.Empty : datacenter;

    private static ConsulCall Bounded(ConsulCall call) => call.Target.Length <= LongestTarget
        ? call
        : throw new ServerException(FailureKind.Failed, "the names are too long to ask the servers for") { Limit = TargetLimit };
}
