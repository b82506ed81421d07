using System.Globalization;
using ConnectAgent.Protocol.Hashing;

namespace ConnectAgent.ControlPlane.Chains;

/// <summary>Tells a chain with overrides from the one without, and from those with others (services DCH-8).</summary>
internal static class ChainHash
{
    private const int Length = 8;

    /// <summary>The hash; empty when nothing was changed.</summary>
    /// <param name="effective">Only the overrides that changed something.</param>
    public static string Of(ChainOverrides effective) => effective == ChainOverrides.None
        ? string.Empty
        : StructHash.OfRecord(
            string.Empty,
            ("OverrideMeshGateway", StructHash.OfRecord("MeshGatewayConfig", ("Mode", StructHash.Of(effective.MeshGatewayMode)))),
            ("OverrideProtocol", StructHash.Of(effective.Protocol)),
            ("OverrideConnectTimeout", StructHash.Of(effective.ConnectTimeout))).ToString("x", CultureInfo.InvariantCulture)[..Length];
}
