using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Services;
using ConnectAgent.State;

namespace ConnectAgent.Http.LocalServices;

/// <summary>Reads one service of this agent, held until its hash is another (services AG-5, AG-6).</summary>
internal sealed class LocalServiceReader(LocalState state, IServerClient servers, BlockingLimits limits, TimeProvider clock, Random random)
{
    /// <summary>Reads a service.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="hash">What the caller has; empty: the answer comes at once.</param>
    /// <param name="options">Token and wait; an index does not count.</param>
    /// <param name="cancellationToken">The caller going away.</param>
    /// <exception cref="WireException">404: there is none, or not any more.</exception>
    /// <exception cref="Protocol.Errors.ServerException">403; also when the token lost its right during the wait (acl ACL-SEC-3).</exception>
    public async Task<(NodeService Service, string Hash)> ReadAsync(string id, string hash, ReadOptions options, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        var limit = limits.Of(options.Blocking, random.NextDouble());
        while (true)
        {
            // Both before the look, so that no change between is missed. What leaves the hash as it is answers nobody.
            using var watch = hash.Length > 0 ? state.Watch(id) : null;
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var rightsChanged = watch is null ? null : servers.RightsChangedAsync(over.Token);
            try
            {
                var rights = await servers.ResolveTokenAsync(options.Token, cancellationToken);
                var service = state.Current.Service(id)?.Visible
                    ?? throw new WireException(StatusCodes.Status404NotFound, "unknown service ID: " + id);
                await rights.RequireAsync(new AccessRequest(AclResource.Service, service.Name, AclAccess.Read), cancellationToken);
                var now = ContentHash.Of(service);
                var left = limit - clock.GetElapsedTime(start);
                if (watch is null || now != hash || left <= TimeSpan.Zero || state.IsReleased)
                {
                    return (service, now);
                }

                await Task.WhenAny(watch.Changed, rightsChanged!).WaitAsync(left, clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                // The next turn sees that no time is left, and answers with what there is.
            }
            finally
            {
                await over.CancelAsync();
            }
        }
    }
}
