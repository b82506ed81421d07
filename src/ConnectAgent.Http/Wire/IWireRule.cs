namespace ConnectAgent.Http.Wire;

/// <summary>
/// A rule for every request, whatever it asks for and whether memory knows the answer: a host that is not ours, an origin that is not trusted. Many, in the
/// order in which they were added; the first that refuses is what the caller is told.
/// </summary>
internal interface IWireRule
{
    /// <summary>Looks at a request before its path is.</summary>
    /// <param name="request">Its head alone: path and query have not been taken apart.</param>
    /// <returns>Why it is refused; null when it may go on. A rule that lets pass makes nothing and waits for nothing.</returns>
    WireException? Refuse(WireRequest request);
}
