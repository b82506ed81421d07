namespace ConnectAgent.Client.Api;

/// <summary>A request that an agent refused, or that did not reach it; the message is the one that the reference's client library gives (clients GO-6).</summary>
/// <param name="message">It.</param>
/// <param name="status">Of the answer; 0 where there is none.</param>
internal sealed class ApiException(string message, int status = 0) : Exception(message)
{
    public int Status => status;
}
