using ConnectAgent.Protocol.Services;

namespace ConnectAgent.ControlPlane.Chains;

/// <summary>Tells a chain with overrides from the one without, and from those with others (services DCH-8).</summary>
internal static class ChainHash
{
    /// <summary>The hash; empty when nothing was changed.</summary>
    /// <param name="effective">Only the overrides that changed something.</param>
    public static string Of(ChainOverrides effective) => effective == ChainOverrides.None
        ? string.Empty
        : ContentHash.OfOverrides(effective.MeshGatewayMode, effective.Protocol, effective.ConnectTimeout);
}
