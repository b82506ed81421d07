using ConnectAgent.Protocol.Telemetry;

namespace ConnectAgent.Http.Wire;

/// <summary>Makes what a caller asks for a step of a trace, where anybody listens.</summary>
internal static class TracedCall
{
    public static Task RunAsync(string name, WireRequest request, Func<Task> call) => AgentTrace.IsOn ? StepAsync(name, request, call) : call();

    private static async Task StepAsync(string name, WireRequest request, Func<Task> call)
    {
        using var activity = AgentTrace.StartCall(name, request.Context.Request.Headers.TraceParent);
        try
        {
            await call();
        }
        catch (Exception error)
        {
            activity.Failed(error);
            throw;
        }
    }
}
