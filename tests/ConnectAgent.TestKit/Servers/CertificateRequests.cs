using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.TestKit.Servers;

/// <summary>PKCS#10 requests as an agent makes them.</summary>
public static class CertificateRequests
{
    /// <summary>DER, for one URI.</summary>
    public static byte[] For(SpiffeId identity, ECDsa key)
    {
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(SanExtension.Create(identity.ToString(), request.SubjectName));
        return request.CreateSigningRequest();
    }
}
