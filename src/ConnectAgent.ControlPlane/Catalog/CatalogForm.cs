using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>Brings what is registered into the form in which it is kept (services CAT-4), and tells whether that is there already (CAT-5).</summary>
internal static class CatalogForm
{
    private const int HeaviestWeight = 65_535;

    private static readonly JsonTypeInfo<CatalogNode> NodeJson = SparseJson.Of(CatalogRowJson.Default.CatalogNode);
    private static readonly JsonTypeInfo<NodeService> ServiceJson = SparseJson.Of(CatalogRowJson.Default.NodeService);
    private static readonly JsonTypeInfo<HealthCheck> CheckJson = SparseJson.Of(CatalogRowJson.Default.HealthCheck);

    public static bool AreSame(CatalogNode one, CatalogNode other) =>
        AreSame(one with { CreateIndex = 0, ModifyIndex = 0 }, other with { CreateIndex = 0, ModifyIndex = 0 }, NodeJson);

    public static bool AreSame(NodeService one, NodeService other) =>
        AreSame(one with { CreateIndex = 0, ModifyIndex = 0 }, other with { CreateIndex = 0, ModifyIndex = 0 }, ServiceJson);

    public static bool AreSame(HealthCheck one, HealthCheck other) =>
        AreSame(one with { CreateIndex = 0, ModifyIndex = 0 }, other with { CreateIndex = 0, ModifyIndex = 0 }, CheckJson);

    /// <summary>A registration with every default in it; its first mistake is told (CAT-2).</summary>
    /// <exception cref="ServerException">400.</exception>
    public static CatalogRegistration Of(CatalogRegistration registration, string datacenter)
    {
        var node = registration.Node;
        Require(node.Name.Length > 0, "Must provide node");
        Require(CatalogTables.IsNodeName(node.Name), "Invalid node name: it has a control character");
        RequireId(node.Id);
        Require(node.Address.Length > 0 || registration.SkipNodeUpdate, "Must provide address if SkipNodeUpdate is not set");
        return registration with
        {
            Node = (node with { Id = node.Id.ToLowerInvariant(), Datacenter = datacenter }).Completed(),
            Service = registration.Service is { } service ? Of(service) : null,
            Checks = [.. registration.Checks.Select(check => Of(check, node.Name))],
        };
    }

    private static NodeService Of(NodeService service)
    {
        Require(service.Name.Length > 0, "Must provide service name with ID");
        Require(service.Address is not ("0.0.0.0" or "::" or "[::]"), "Invalid service address");
        return (service with
        {
            Id = service.Id.Length > 0 ? service.Id : service.Name,
            Weights = service.Weights is { Passing: > 0 and <= HeaviestWeight, Warning: >= 0 and <= HeaviestWeight } ? service.Weights : ServiceWeights.Default,
        }).Completed();
    }

    private static HealthCheck Of(HealthCheck check, string node)
    {
        var id = check.CheckId.Length > 0 ? check.CheckId : check.Name;
        Require(id.Length > 0, "Must provide check name or ID");
        Require(
            check.Node.Length == 0 || NameKey.Of(check.Node) == NameKey.Of(node),
            $"check node {GoQuote.Of(check.Node)} does not match node {GoQuote.Of(node)}");
        return (check with
        {
            Node = node,
            CheckId = id,
            Status = check.Status.Length > 0 ? check.Status : CheckStatus.Critical,
            Type = check.Type.Length > 0 ? check.Type : CheckTypes.Of(check.Definition),
        }).Completed();
    }

    private static void RequireId(string id)
    {
        Require(id.Length is 0 or 36, "Bad node ID: uuid string is wrong length");
        Require(id.Length == 0 || Guid.TryParseExact(id, "D", out _), "Bad node ID: uuid is improperly formatted");
    }

    private static bool AreSame<T>(T one, T other, JsonTypeInfo<T> type) =>
        JsonSerializer.SerializeToUtf8Bytes(one, type).AsSpan().SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(other, type));

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ServerException(FailureKind.Invalid, otherwise);
        }
    }
}
