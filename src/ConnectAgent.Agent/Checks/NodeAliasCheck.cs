using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Timing;

namespace ConnectAgent.Agent.Checks;

/// <summary>A check that follows those of another node, or of a service there, as the catalog has them (services CHK-6): a blocking read at the servers.</summary>
#pragma warning disable CA1001 // The source holds no timer and no handle; disposing it would race with the loop that it ends.
internal sealed class NodeAliasCheck : IRunningCheck
#pragma warning restore CA1001
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private readonly RegisteredCheck _check;
    private readonly IServerClient _servers;
    private readonly AgentIdentity _agent;
    private readonly CheckRuntime _runtime;

    public NodeAliasCheck(RegisteredCheck check, IServerClient servers, AgentIdentity agent, CheckRuntime runtime)
    {
        (_check, _servers, _agent, _runtime) = (check, servers, agent, runtime);
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(() => RunAsync(_end.Token), CancellationToken.None);
        }
    }

    private string Node => _check.Definition.AliasNode;

    private string ServiceId => _check.Definition.AliasService;

    private string Token => _check.Token.Length > 0 ? _check.Token : _agent.AgentToken;

    public void End()
    {
        _ = _end.CancelAsync();

        // A report that is under way is done after this, and no other follows.
        lock (_gate)
        {
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var (index, failures) = (0UL, 0);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var read = await ReadAsync(NodeChecksRead.Instance, new BlockingQuery(index, Wait), cancellationToken);
                var step = read.StepFrom(index);
                failures = step == IndexStep.Broken ? failures + 1 : 0;
                index = read.NextFrom(index);
                Report(await ResultAsync(read.Value, cancellationToken), cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (ServerException error)
            {
                // Servers that cannot be reached say nothing about the node: its last result stays.
                (index, failures) = (0, failures + 1);
                if (error.Kind != FailureKind.Unreachable)
                {
                    Report(CheckResult.Critical($"Failure checking aliased node {Node}: {error.Message}"), cancellationToken);
                }
            }
            catch (Exception error)
            {
                failures++;
                _runtime.Logger.CheckBroke(_check.CheckId, error);
            }

            // Also after a success: whatever the servers do with indexes, this is no busy loop.
            var pause = failures == 0 ? Pace : RefreshBackoff.Pause(failures + RefreshBackoff.Free, _runtime.Random.NextDouble());
            await _runtime.Clock.PauseAsync(pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<CheckResult> ResultAsync(IReadOnlyList<HealthCheck> checks, CancellationToken cancellationToken)
    {
        if (ServiceId.Length > 0 && !checks.Any(check => check.ServiceId == ServiceId))
        {
            var node = await ReadAsync(NodeRead.Instance, default, cancellationToken);
            if (!node.Value.Services.ContainsKey(ServiceId))
            {
                return AliasRule.NotFound(ServiceId, Node);
            }
        }

        // An alias of the agent's own node leaves itself out.
        return AliasRule.Of(checks.Where(check =>
            (check.ServiceId.Length == 0 || check.ServiceId == ServiceId) && (check.CheckId != _check.CheckId || !Node.Equals(_agent.NodeName, StringComparison.OrdinalIgnoreCase))));
    }

    private Task<ServerRead<T>> ReadAsync<T>(IServerReadKind<NodeName, T> kind, BlockingQuery blocking, CancellationToken cancellationToken)
        where T : class =>
        _servers.ReadAsync(kind, new NodeName(Node), new ServerQuery(_agent.Datacenter, Token, blocking), cancellationToken);

    private void Report(CheckResult result, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                _runtime.Report(_check.CheckId, result with { Output = BoundedOutput.Bound(result.Output, _runtime.OutputSizeOf(_check.Definition)) });
            }
        }
    }
}
