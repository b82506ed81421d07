using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.State;

namespace ConnectAgent.Http.LocalServices;

/// <summary>Reads one service of this agent out of its cache, held until its hash is another (services AG-5, AG-6).</summary>
internal sealed class LocalServiceReader(
    LocalState state, LocalServiceKind kind, AgentCache cache, IServerClient servers, AgentIdentity agent, BlockingLimits limits, TimeProvider clock, Random random)
{
    /// <summary>Reads a service.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="hash">What the caller has; empty: the answer comes at once.</param>
    /// <param name="options">Token and wait; an index does not count.</param>
    /// <param name="cancellationToken">The caller going away.</param>
    /// <exception cref="ServerException">
    /// 404: there is none, or not any more; 403, also when the token lost its right during the wait (acl ACL-SEC-3); 429: the cache is full of what is waited on.
    /// </exception>
    public async Task<ShownService> ReadAsync(string id, string hash, ReadOptions options, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        var limit = limits.Of(options.Blocking, random.NextDouble());
        CacheRead read = default;
        while (true)
        {
            var rights = await servers.ResolveTokenAsync(options.Token, cancellationToken);

            // What is not here makes no entry.
            var name = state.Current.Service(id)?.Visible.Name ?? throw LocalServiceKind.Unknown(id);
            await rights.RequireAsync(LocalServiceKind.RightTo(name), cancellationToken);
            CacheAnswer<ShownService> held;
            try
            {
                held = await cache.GetAsync(kind, new LocalServiceRequest(agent.Datacenter, options.Token, id, name), read, cancellationToken);
            }
            catch (ServerException error) when (error.Kind == FailureKind.NotFound && state.Current.Service(id) is not null)
            {
                // It went, and is back.
                continue;
            }

            if (held.Value.Service.Name != name)
            {
                // It is another's by now.
                continue;
            }

            var left = limit - clock.GetElapsedTime(start);
            if (hash.Length == 0 || held.Value.Hash != hash || left <= TimeSpan.Zero || cache.IsClosing)
            {
                return held.Value;
            }

            // What leaves the hash as it is answers nobody.
            read = new CacheRead(new BlockingQuery(held.Index, left));
        }
    }
}
