using System.Collections.Immutable;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>The CA's part of the state. The private key lives here and nowhere else (ca CA-41).</summary>
/// <param name="ClusterId">As made or configured, case kept (certificates CERT-1, CERT-3).</param>
/// <param name="Roots">Sorted by ID (CA-2).</param>
/// <param name="Signer">The active provider's key and certificate.</param>
internal sealed record AuthorityState(
    string ClusterId, ImmutableArray<CaRoot> Roots, SigningMaterial Signer);

/// <summary>What signs leaves.</summary>
/// <param name="Key">PKCS#8, DER.</param>
/// <param name="Certificate">DER.</param>
internal sealed record SigningMaterial(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Certificate)
{
    // Records print their members; a key must not reach a log that way.
    public override string ToString() => "signing material";
}
