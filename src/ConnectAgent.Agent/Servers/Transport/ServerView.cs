namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>Tells how the servers are; looking asks none of them.</summary>
public interface IServerStatus
{
    /// <summary>Every server, in the order of the configuration; the embedded control plane is one.</summary>
    IReadOnlyList<ServerView> Servers();

    /// <summary>How busy the signing of leaves is; null where remote servers sign, which tell nothing of it.</summary>
    SigningView? Signing();
}

/// <summary>The signing of leaves, which the CA's configuration holds to a rate (ca CA-70).</summary>
/// <param name="Waiting">Leaves that wait for their turn now.</param>
/// <param name="Refused">Leaves that were refused a turn since the start.</param>
public sealed record SigningView(int Waiting, long Refused);

/// <summary>One server as operators may see it.</summary>
/// <param name="Address">Scheme, host and port; <c>embedded</c> for the control plane in this process.</param>
/// <param name="State"><c>healthy</c>, <c>failing</c>, or <c>unknown</c> (not asked yet).</param>
/// <param name="Current">Whether new calls go there.</param>
/// <param name="LastError">What failed last; stays when all is well again.</param>
/// <param name="RoundTripMs">Of the last call that was not held; null before the first.</param>
/// <param name="OpenBlockingQueries">Calls that it is holding now.</param>
/// <param name="LastIndex">The index of the last read that it answered; 0 before the first.</param>
public sealed record ServerView(
    string Address, string State, bool Current, ServerFault? LastError, double? RoundTripMs, int OpenBlockingQueries, ulong LastIndex);

/// <summary>A failure of a server.</summary>
/// <param name="NextAttempt">When it is asked again; null: with the next call.</param>
public sealed record ServerFault(string Text, DateTimeOffset At, DateTimeOffset? NextAttempt);
