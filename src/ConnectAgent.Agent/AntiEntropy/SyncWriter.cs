using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>Carries steps out, so many at once, and tells how each went.</summary>
internal sealed class SyncWriter(IServerClient servers, SyncMetrics metrics, ILogger<SyncWriter> logger) : IDisposable
{
    [Limit("sync.writes", "writes to the catalog at once", "the others wait")]
    private const int MostWrites = 64;

    private readonly SemaphoreSlim _places = new(MostWrites);

    /// <summary>Carries one out.</summary>
    /// <param name="step">What.</param>
    /// <param name="agentToken">The agent's own; what is not here any more may go under it when its own token is refused.</param>
    /// <param name="group">Whose; remembers what was logged.</param>
    /// <param name="cancellationToken">The agent stops.</param>
    public async Task<StepResult> RunAsync(SyncStep step, string agentToken, SyncGroup group, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            await SendAsync(step, step.Token, agentToken, cancellationToken);
            metrics.Wrote(OperationOf(step), "done");
            if (step is RegisterStep)
            {
                logger.Synced(step.Subject);
            }
            else
            {
                logger.Removed(step.Subject);
            }

            return StepResult.Done;
        }
        catch (ServerException error)
        {
            var result = error.Kind switch
            {
                FailureKind.Unreachable or FailureKind.RateLimited => StepResult.Unreachable,
                _ => StepResult.Refused,
            };
            metrics.Wrote(OperationOf(step), result == StepResult.Unreachable ? "unreachable" : IsDenied(error) ? "denied" : "refused");
            Log(step, error, result, group);
            return result;
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    private async Task SendAsync(SyncStep step, string token, string agentToken, CancellationToken cancellationToken)
    {
        try
        {
            switch (step)
            {
                case RegisterStep { Registration: var registration }:
                    await servers.RegisterAsync(registration, token, cancellationToken);
                    break;
                case DeregisterStep { Deregistration: var deregistration }:
                    await servers.DeregisterAsync(deregistration, token, cancellationToken);
                    break;
            }
        }
        catch (ServerException error) when (step is DeregisterStep && IsDenied(error) && token != agentToken)
        {
            // The token of a service is often deleted with it; the agent may remove what is on its node.
            await SendAsync(step, agentToken, agentToken, cancellationToken);
        }
        catch (ServerException error) when (step is DeregisterStep && error.Message.StartsWith("Unknown ", StringComparison.Ordinal))
        {
            // CAT-8: it is gone already, which is what was wanted.
        }
    }

    private void Log(SyncStep step, ServerException error, StepResult result, SyncGroup group)
    {
        if (group.Failure == error.Message)
        {
            return;
        }

        group.Failure = error.Message;
        if (result == StepResult.Unreachable)
        {
            logger.WriteFailed(step.Subject, error.Message);
        }
        else
        {
            logger.WriteRefused(step.Subject, error.Message);
        }
    }

    private static string OperationOf(SyncStep step) => step is RegisterStep ? "register" : "deregister";

    private static bool IsDenied(ServerException error) => error.Kind is FailureKind.PermissionDenied or FailureKind.UnknownToken;
}

/// <summary>How a step went.</summary>
internal enum StepResult
{
    Done,

    /// <summary>This write, and no other, will not do.</summary>
    Refused,

    /// <summary>No write will do for the moment.</summary>
    Unreachable,
}
