using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Client;

namespace ConnectAgent.Proxy.Requests;

/// <summary>Who makes the requests of a connection, and what is told of its certificate.</summary>
internal sealed class MeshPeer
{
    public MeshPeer(PeerIdentity identity)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(identity.Chain[0]);
        (Identity, Subject, Hash) = (identity, certificate.Subject, Convert.ToHexStringLower(SHA256.HashData(identity.Chain[0])));
    }

    public PeerIdentity Identity { get; }

    /// <summary>The distinguished name; often empty.</summary>
    public string Subject { get; }

    /// <summary>SHA-256 of the certificate in lower-case hexadecimal.</summary>
    public string Hash { get; }
}
