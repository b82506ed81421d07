using ConnectAgent.Caching;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Agent.Servers;

internal static class FetchContextExtensions
{
    /// <summary>The read that a fetch makes at the servers: for the entry's own token and datacenter, from the index that it holds.</summary>
    /// <param name="wait">How long the servers may hold it.</param>
    public static ServerQuery Query<TRequest, TValue>(this FetchContext<TRequest, TValue> context, TimeSpan wait)
        where TRequest : CacheRequest
        where TValue : class =>
        new(context.Request.Datacenter, context.Request.Token, new BlockingQuery(context.Index, wait));
}
