using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.Catalog;

/// <summary>Reads the checks of a node, those of its services included (services HLT-6). A node that is not there has none.</summary>
internal sealed class NodeChecksRead : IServerReadKind<NodeName, IReadOnlyList<HealthCheck>>
{
    public static NodeChecksRead Instance { get; } = new();

    public string Name => "node-checks";

    public string NotServed => NodeRead.Instance.NotServed;

    public string TargetOf(NodeName request) => $"/v1/health/node/{request.Escaped}?";

    /// <inheritdoc/>
    public IReadOnlyList<HealthCheck> Decode(NodeName request, ConsulAnswer answer) =>
        [.. answer.Parse(CatalogJson.Default.AnsweredCheckArray).Select(check => (check ?? throw answer.Garbage("null among the checks")).ToCheck())];
}
