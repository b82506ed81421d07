using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.Agent.Leaves;

/// <summary>Makes a key and a CSR, has it signed, and checks what comes back (leaf-certificates LEAF-30). The key stays here.</summary>
internal sealed class LeafIssuer(IServerClient servers)
{
    /// <summary>Issues a new leaf with a new key (LEAF-32).</summary>
    /// <exception cref="ServerException">From the signer, or because its answer is not what was asked for.</exception>
    public async Task<ServerRead<LeafCertificate>> IssueAsync(
        ServiceId identity, string token, ulong previousIndex, CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signed = await servers.SignLeafAsync(identity, CreateRequest(identity, key), token, cancellationToken);

        // LEAF-54: readers rely on an index that grows, whatever the server gives.
        var index = Math.Max(signed.Index, previousIndex + 1);
        return new ServerRead<LeafCertificate>(Read(identity, key, signed.CertificatePem, index), index);
    }

    /// <summary>The PKCS#10 of CERT-70: common name and one URI, nothing else.</summary>
    internal static byte[] CreateRequest(ServiceId identity, ECDsa key)
    {
        var request = new CertificateRequest(LeafSubject.Of(identity), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(SanExtension.Create(identity.ToString(), request.SubjectName));
        return request.CreateSigningRequest();
    }

    private static LeafCertificate Read(ServiceId identity, ECDsa key, string pem, ulong index)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            using var publicKey = certificate.GetECDsaPublicKey();
            if (publicKey is null || !publicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
            {
                throw new ServerException(FailureKind.Failed, "the signer returned a certificate for another key");
            }

            var uris = SanExtension.Read(certificate.Extensions).Uris;
            if (uris.Count != 1 || uris[0] != identity.ToString())
            {
                throw new ServerException(FailureKind.Failed, "the signer returned a certificate for another identity");
            }

            var issuer = certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier;
            return new LeafCertificate
            {
                SerialNumber = ColonHex.FormatSerial(certificate.SerialNumberBytes.Span),
                CertPem = pem,
                PrivateKeyPem = key.ExportECPrivateKeyPem() + "\n",
                Service = identity.Service,
                ServiceUri = uris[0],
                ValidAfter = new DateTimeOffset(certificate.NotBefore.ToUniversalTime()),
                ValidBefore = new DateTimeOffset(certificate.NotAfter.ToUniversalTime()),
                CreateIndex = index,
                ModifyIndex = index,
                AuthorityKeyId = issuer is { } id ? ColonHex.Format(id.Span) : string.Empty,
            };
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException or System.Formats.Asn1.AsnContentException)
        {
            throw new ServerException(FailureKind.Failed, "the signer returned no certificate that can be read", error);
        }
    }
}
