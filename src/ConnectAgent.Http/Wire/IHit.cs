namespace ConnectAgent.Http.Wire;

/// <summary>
/// A second door to an endpoint, for the request that nearly all of its callers send and that memory can answer: no query that changes anything,
/// nothing escaped, all right. It answers at once and makes nothing. For every other request, and for all that is refused, it steps aside, and the
/// endpoint itself says what there is to say (docs/design/0014-hits.md). Many are registered.
/// </summary>
internal interface IHit
{
    /// <summary>The endpoint's route, for the metrics.</summary>
    string Route { get; }

    string Method { get; }

    /// <summary>Whether a target, as sent, may be one of its own.</summary>
    bool Takes(string target);

    /// <summary>Answers from memory.</summary>
    /// <param name="context">The request.</param>
    /// <param name="target">As sent; one that it takes.</param>
    /// <param name="answer">The answer being written.</param>
    /// <returns>False when nothing was done and the endpoint has to answer.</returns>
    bool TryAnswer(HttpContext context, string target, out Task answer);
}
