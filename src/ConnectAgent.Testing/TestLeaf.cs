using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.Testing;

/// <summary>The certificate of one service with its key, as the agent hands it out.</summary>
public sealed class TestLeaf : IDisposable
{
    internal TestLeaf(LeafCertificate leaf)
    {
        (Service, SpiffeId, SerialNumber) = (leaf.Service, new Uri(leaf.ServiceUri), leaf.SerialNumber);
        (CertificatePem, PrivateKeyPem) = (leaf.CertPem, leaf.PrivateKeyPem);
        (NotBefore, NotAfter) = (leaf.ValidAfter, leaf.ValidBefore);
        using var pair = X509Certificate2.CreateFromPem(CertificatePem, PrivateKeyPem);

        // A key that was only read from text cannot be used in a handshake everywhere.
        Certificate = X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), password: null);
        Intermediates.ImportFromPem(CertificatePem);
        Intermediates[0].Dispose();
        Intermediates.RemoveAt(0);
    }

    /// <summary>The service's name.</summary>
    public string Service { get; }

    /// <summary>The only name in the certificate: <c>spiffe://TRUST-DOMAIN/ns/default/dc/DATACENTER/svc/SERVICE</c>.</summary>
    public Uri SpiffeId { get; }

    /// <summary>In lower-case hex with colons, as authorize and <see cref="TestMesh.RevokeAsync"/> take it.</summary>
    public string SerialNumber { get; }

    /// <summary>The leaf, then its intermediates.</summary>
    public string CertificatePem { get; }

    /// <summary>Its key, an <c>EC PRIVATE KEY</c>.</summary>
    public string PrivateKeyPem { get; }

    /// <summary>From when on it is valid, by the mesh's clock.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>To when it is valid, by the mesh's clock.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>The leaf with its key, good for TLS; it goes when this is disposed of.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>What a peer needs between the leaf and a root; often nothing.</summary>
    public X509Certificate2Collection Intermediates { get; } = [];

    /// <summary>The service's SPIFFE ID; never the key.</summary>
    /// <returns>The text of <see cref="SpiffeId"/>.</returns>
    public override string ToString() => SpiffeId.OriginalString;

    /// <summary>Lets go of the certificates.</summary>
    public void Dispose()
    {
        Certificate.Dispose();
        foreach (var one in Intermediates)
        {
            one.Dispose();
        }
    }
}
