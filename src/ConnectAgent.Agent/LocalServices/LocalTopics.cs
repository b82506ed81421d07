using ConnectAgent.State;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>What readers of the local state wait for (<see cref="LocalState.Watch"/>).</summary>
internal static class LocalTopics
{
    private const string Services = "services";
    private const string Checks = "checks";

    /// <summary>Any service.</summary>
    public static Topic AllServices { get; } = new(Services);

    /// <summary>Any check, or a result.</summary>
    public static Topic AllChecks { get; } = new(Checks);

    /// <summary>One service, whether it is there or not; its checks are another topic.</summary>
    public static Topic Service(string id) => new(Services, id);

    /// <summary>The checks of a service and their results; those of the node for an empty ID.</summary>
    public static Topic ChecksOf(string serviceId) => new(Checks, serviceId);
}
