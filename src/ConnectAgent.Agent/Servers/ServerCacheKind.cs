using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Agent.Servers;

/// <summary>A cache type that holds what one kind of read answers, as it is: all that such a type needs is this class and its registration.</summary>
internal abstract class ServerCacheKind<TRequest, TValue>(IServerClient servers) : CacheKind<TRequest, TValue>, IServerReadKind<TRequest, TValue>
    where TRequest : CacheRequest
    where TValue : class
{
    public virtual string? NotServed => null;

    public abstract string TargetOf(TRequest request);

    public abstract TValue Decode(TRequest request, ConsulAnswer answer);

    public override Task<ServerRead<TValue>?> FetchAsync(FetchContext<TRequest, TValue> context, CancellationToken cancellationToken) => servers.ReadAsync(
        this,
        context.Request,
        context.Query(FetchWait),
        cancellationToken)!;
}
