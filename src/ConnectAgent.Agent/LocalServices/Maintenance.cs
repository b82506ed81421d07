using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>Maintenance mode is a critical check of a reserved ID (services AG-2, AG-3).</summary>
internal static class Maintenance
{
    public const string NodeCheckId = "_node_maintenance";

    private const string ServicePrefix = "_service_maintenance:";

    /// <summary>The check's ID.</summary>
    public static string CheckIdOf(string serviceId) => ServicePrefix + serviceId;

    /// <summary>Whether a check says that its service or the node is in maintenance (AG-20).</summary>
    public static bool IsMaintenance(string checkId) => checkId == NodeCheckId || checkId.StartsWith(ServicePrefix, StringComparison.Ordinal);

    /// <summary>The check of a service.</summary>
    /// <param name="reason">Empty for none.</param>
    /// <param name="token">The service's.</param>
    public static RegisteredCheck OfService(string serviceId, string reason, string token) =>
        Of(CheckIdOf(serviceId), "Service Maintenance Mode", "service", reason) with { ServiceId = serviceId, Token = token };

    /// <summary>The check of the node.</summary>
    /// <param name="reason">Empty for none.</param>
    /// <param name="token">The caller's.</param>
    public static RegisteredCheck OfNode(string reason, string token) => Of(NodeCheckId, "Node Maintenance Mode", "node", reason) with { Token = token };

    private static RegisteredCheck Of(string id, string name, string what, string reason) => new()
    {
        CheckId = id,
        Name = name,
        Notes = reason.Length > 0 ? reason : $"Maintenance mode is enabled for this {what}, but no reason was provided. This is a default message.",
        Type = "maintenance",
        Status = CheckStatus.Critical,
    };
}
