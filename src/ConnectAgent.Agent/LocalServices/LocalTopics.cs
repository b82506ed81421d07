using ConnectAgent.State;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>What readers of the local state wait for (<see cref="LocalState.Watch"/>).</summary>
internal sealed class LocalTopics(LocalTables tables)
{
    /// <summary>Any service.</summary>
    public Topic AllServices { get; } = Topic.Any(tables.Services);

    /// <summary>Any check, or a result.</summary>
    public Topic AllChecks { get; } = Topic.Any(tables.Checks);

    /// <summary>One service, whether it is there or not; its checks are another topic.</summary>
    public Topic Service(string id) => Topic.Row(tables.Services, id);

    /// <summary>The checks of a service and their results; those of the node for an empty ID.</summary>
    public Topic ChecksOf(string serviceId) => Topic.Rows(tables.ChecksOf, serviceId);
}
