using System.Diagnostics;

namespace ConnectAgent.Protocol.Telemetry;

/// <summary>
/// What the agent does, for traces. While nobody listens, which is so unless <c>telemetry.otlp_endpoint</c> is set, nothing is made. What a cache hit
/// answers is never traced. No tag ever holds a token, a key or a certificate.
/// </summary>
public static class AgentTrace
{
    /// <summary>The name to listen to.</summary>
    public const string SourceName = "ConnectAgent";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Whether anybody listens.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <summary>Begins a step of what the agent does.</summary>
    /// <param name="name">Area and verb, such as <c>cache.fetch</c>.</param>
    /// <returns>Its end is the end of the step; null when nobody listens.</returns>
    public static Activity? Start(string name) => Source.StartActivity(name);

    /// <summary>Begins what a caller asks for.</summary>
    /// <param name="name">As for <see cref="Start"/>.</param>
    /// <param name="parent">The caller's own step, as W3C Trace Context has it in <c>traceparent</c>; anything else is none.</param>
    public static Activity? StartCall(string name, string? parent) =>
        Source.StartActivity(name, ActivityKind.Server, ActivityContext.TryParse(parent, null, isRemote: true, out var context) ? context : default);

    /// <summary>Marks a step as failed, by the kind of the error alone: texts may spell what a caller sent.</summary>
    public static void Failed(this Activity? activity, Exception error) => activity?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", error.GetType().Name);
}
