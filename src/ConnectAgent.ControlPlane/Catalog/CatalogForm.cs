using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Services.Rules;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>Brings what is registered into the form in which it is kept (services CAT-4), and tells whether that is there already (CAT-5).</summary>
internal static class CatalogForm
{
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
        registration = CatalogRules.Complete(registration);
        var node = registration.Node;
        Require(CatalogTables.IsNodeName(node.Name), "Invalid node name: it has a control character");
        foreach (var check in registration.Checks)
        {
            Require(NameKey.Of(check.Node) == NameKey.Of(node.Name), $"check node {GoQuote.Of(check.Node)} does not match node {GoQuote.Of(node.Name)}");
        }

        return registration with
        {
            Node = (node with { Id = node.Id.ToLowerInvariant(), Datacenter = datacenter }).Completed(),
            Service = registration.Service?.Completed(),
            Checks = [.. registration.Checks.Select(static check => check.Completed())],
        };
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
