namespace ConnectAgent.Http.Wire;

/// <summary>What a request takes that cannot be answered at once: one of the places of large ones, and a body that must go on coming.</summary>
internal sealed class RequestHold(LargeRequests large, TimeProvider clock)
{
    /// <summary>Takes the place, and watches that the body goes on coming.</summary>
    /// <exception cref="WireException">429.</exception>
    public void Begin(HttpContext context, string target)
    {
        large.Enter(context, target);
        PacedBody.Guard(context, clock);
    }

    public void End(HttpContext context) => large.Leave(context);
}
