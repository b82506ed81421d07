using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>What the end of a call tells (design decision 8).</summary>
internal enum CallOutcome
{
    /// <summary>Nothing: the caller left, its body broke off, or the call was released with others.</summary>
    TellsNothing,

    /// <summary>The server answered as Consul does, if only with a refusal.</summary>
    Answered,

    /// <summary>It failed for this call: its key, its kind or its datacenter.</summary>
    CallFailed,

    /// <summary>The call was sent, and the transport failed: the server is lost to all calls.</summary>
    ServerLost,
}

/// <summary>How far the transport came.</summary>
internal enum TransportFault
{
    /// <summary>No connection was made, so nothing was sent.</summary>
    NotConnected,

    /// <summary>Nothing came in time.</summary>
    Silent,

    /// <summary>The connection broke, or what came is no HTTP.</summary>
    Broken,
}

/// <summary>A failure of the transport.</summary>
internal sealed class TransportException(TransportFault fault, Exception inner) : Exception("the transport failed", inner)
{
    public TransportFault Fault { get; } = fault;
}

/// <summary>The call was refused here and was not sent.</summary>
internal sealed class NotSentException(Exception inner) : Exception("not sent", inner);

/// <summary>The server is left, so a call that it was holding ended: no failure of its own.</summary>
internal sealed class ReleasedException(Exception inner) : Exception("the server is left", inner);

/// <summary>Marks the failure of an answer that came and cannot be used.</summary>
internal sealed class GarbageException : Exception;

/// <summary>An answer that is no success, with what it says about the next try.</summary>
internal sealed class RefusedException(ServerException failure, TimeSpan? retryAfter) : Exception(failure.Message)
{
    public ServerException Failure { get; } = failure;

    /// <summary>How long the server asks to be spared; null when it does not.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter > TimeSpan.Zero ? retryAfter : null;
}

internal static class CallOutcomes
{
    /// <summary>What the end of a call tells.</summary>
    /// <param name="error">Null when it succeeded.</param>
    /// <param name="call">Which ended.</param>
    public static CallOutcome Of(Exception? error, ConsulCall call) => error switch
    {
        null => CallOutcome.Answered,
        RefusedException { RetryAfter: null, Failure.Kind: FailureKind.Unreachable } => CallOutcome.CallFailed,
        RefusedException => CallOutcome.Answered,
        ServerException { Kind: not FailureKind.Unreachable } => CallOutcome.Answered,
        ServerException { InnerException: ReleasedException or NotSentException } => CallOutcome.TellsNothing,
        ServerException { InnerException: TransportException { Fault: TransportFault.Silent } } =>
            call.IsAnsweredByTheServerItself ? CallOutcome.ServerLost : CallOutcome.CallFailed,
        ServerException { InnerException: TransportException } => CallOutcome.ServerLost,
        ServerException => CallOutcome.CallFailed,
        _ => CallOutcome.TellsNothing,
    };

    /// <summary>Whether a failed call cannot have reached the server, so that even a write may be tried elsewhere.</summary>
    public static bool NothingWasSent(ServerException error) =>
        error.InnerException is NotSentException or TransportException { Fault: TransportFault.NotConnected };
}
