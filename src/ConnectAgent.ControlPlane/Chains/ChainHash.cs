using System.Globalization;
using ConnectAgent.Protocol.Hashing;

namespace ConnectAgent.ControlPlane.Chains;

/// <summary>Tells a chain with overrides from the one without, and from those with others (services DCH-8).</summary>
internal static class ChainHash
{
    private const int Length = 8;

    /// <summary>The hash; empty when nothing was changed.</summary>
    /// <param name="effective">Only the overrides that changed something.</param>
    public static string Of(ChainOverrides effective)
    {
        if (effective == ChainOverrides.None)
        {
            return string.Empty;
        }

        var gateway = new RecordHash("MeshGatewayConfig"u8);
        gateway.Add("Mode"u8, effective.MeshGatewayMode);
        var hash = new RecordHash([]);
        hash.Add("OverrideMeshGateway"u8, gateway.Value);
        hash.Add("OverrideProtocol"u8, effective.Protocol);
        hash.Add("OverrideConnectTimeout"u8, StructuralHash.Of(effective.ConnectTimeout));
        return hash.Value.ToString("x", CultureInfo.InvariantCulture)[..Length];
    }
}
