namespace ConnectAgent.Http.Wire;

/// <summary>What a connection counts of the request head that comes in on it, as a feature of the connection; HTTP/2 has none.</summary>
internal interface IArrivingHead
{
    /// <summary>
    /// Whether the head that has come is a large one. The web server keeps the texts of the last head for the next one on the connection, for as long as it
    /// is open, so a connection ends with the answer to such a head.
    /// </summary>
    bool IsLarge { get; }

    /// <summary>The head is whole: it counts no more among what comes in on all connections.</summary>
    void Whole();

    /// <summary>What comes in now is no head. It is called once more for each reason.</summary>
    void Pause();

    /// <summary>One reason is over; without any, what comes in now is the next head.</summary>
    void Resume();

    /// <summary>Hands over the place of <see cref="LargeRequests"/> that the head has taken.</summary>
    /// <returns>Whether it has taken one.</returns>
    bool TakePlace();

    /// <summary>
    /// What comes in now is a body whose length nobody knows, with trailers that the web server keeps: all of it goes on being counted, also what comes
    /// after the answer.
    /// </summary>
    void BeginBody();

    /// <summary>The answer to that request begins. What was sent before, as "100 Continue", is none.</summary>
    void BeginAnswer();

    /// <summary>All of that body has come; what comes in now is the next head.</summary>
    void EndBody();
}
