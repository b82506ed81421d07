namespace ConnectAgent.Client.Api;

/// <summary>A request that an agent refused, or that did not reach it; the message is the one that the reference's client library gives (clients GO-6).</summary>
/// <param name="message">It.</param>
/// <param name="status">Of the answer; 0 where there is none.</param>
/// <param name="nothingSent">Whether it cannot have reached an agent: there was no connection.</param>
internal sealed class ApiException(string message, int status = 0, bool nothingSent = false) : Exception(message)
{
    public int Status => status;

    public bool NothingSent => nothingSent;
}
