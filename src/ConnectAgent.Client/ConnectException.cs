namespace ConnectAgent.Client;

/// <summary>A request that an agent refused or that reached none, a credential that is not there, or a peer that is not who it should be.</summary>
/// <param name="message">What was wrong. Of a refusal it is <c>Unexpected response code: STATUS (TEXT)</c>, as Consul's clients write it.</param>
/// <param name="status">The HTTP status of the answer; 0 where there is none.</param>
/// <param name="innerException">What led to it; null for nothing.</param>
public sealed class ConnectException(string message, int status = 0, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The HTTP status of the answer; 0 where there is none: no agent was reached, or no agent was asked.</summary>
    public int Status => status;
}
