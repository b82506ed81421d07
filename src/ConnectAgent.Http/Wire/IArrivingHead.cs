namespace ConnectAgent.Http.Wire;

/// <summary>What a connection knows of the request head that comes in on it, as a feature of the connection; HTTP/2 has none.</summary>
internal interface IArrivingHead
{
    /// <summary>The head is whole: nothing is counted until <see cref="Next"/>.</summary>
    /// <returns>Whether it took a place of <see cref="LargeRequests"/>, which is the request's from now on.</returns>
    bool HandOver();

    /// <summary>The request is over: what comes in now is the next head.</summary>
    void Next();
}
