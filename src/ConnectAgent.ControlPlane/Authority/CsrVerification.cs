using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>What the signer checks in a CSR before a key is touched (certificates CERT-73 to CERT-75).</summary>
internal static class CsrVerification
{
    // A CSR for one name is under 1 kB; this leaves room for RSA keys.
    [Limit(LengthLimit, "bytes", "refused", Refuses = true)]
    private const int LargestRequest = 16 * 1024;
    private const string LengthLimit = "ca.csr";

    private const string BadSignature = "x509: CSR signature is invalid";

    /// <summary>Checks a CSR against the identity it is for; its own signature proves possession of the key (CERT-75).</summary>
    /// <returns>The CSR's key, the only thing that is taken from it (CERT-74).</returns>
    /// <exception cref="ServerException"><see cref="FailureKind.Invalid"/>: whatever the bytes are, nothing else is thrown.</exception>
    public static PublicKey Verify(ServiceId identity, ReadOnlySpan<byte> certificateRequest, string datacenter)
    {
        if (certificateRequest.Length > LargestRequest)
        {
            throw Refused($"CSR is larger than {LargestRequest} bytes", LengthLimit);
        }

        // The signature comes last: no arithmetic with a key before it is known to be of a kind that we sign.
        var der = certificateRequest.ToArray();
        var request = Load(der, CertificateRequestLoadOptions.SkipSignatureValidation, "x509: CSR is malformed");
        CheckNames(identity, ReadNames(request), datacenter);
        using var common = CsrKey.AsCommon(request.PublicKey);
        if (common is null && !CsrKey.IsAccepted(request.PublicKey))
        {
            throw Refused(CsrKey.Accepted);
        }

        // Nearly all: the key was imported once, which costs more than to check the signature, and what was parsed stands.
        if (common is not null && TrySplit(der, out var signed, out var signature))
        {
            return IsSignedBy(common, signed.Span, signature) ? request.PublicKey : throw Refused(BadSignature);
        }

        return Load(der, CertificateRequestLoadOptions.Default, BadSignature).PublicKey;
    }

    // RFC 2986 section 4: what is signed, how, and the signature; false for another way to sign than ECDSA with SHA-256.
    private static bool TrySplit(byte[] der, out ReadOnlyMemory<byte> signed, out byte[] signature)
    {
        const string EcdsaWithSha256 = "1.2.840.10045.4.3.2";
        (signed, signature) = (default, []);
        try
        {
            var request = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
            signed = request.ReadEncodedValue();
            var algorithm = request.ReadSequence();
            if (algorithm.ReadObjectIdentifier() != EcdsaWithSha256 || algorithm.HasData)
            {
                return false;
            }

            signature = request.ReadBitString(out var unused);
            return unused == 0 && !request.HasData;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static bool IsSignedBy(ECDsa key, ReadOnlySpan<byte> signed, byte[] signature)
    {
        try
        {
            return key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static void CheckNames(ServiceId identity, SubjectNames names, string datacenter)
    {
        if (names.Uris.Count != 1)
        {
            throw Refused($"CSR SAN contains an invalid number of URIs: {names.Uris.Count}");
        }

        if (names.Emails.Count > 0)
        {
            throw Refused("CSR SAN does not allow specifying email addresses");
        }

        // They would not get into the certificate; a caller who asks for them must learn that.
        if (names.DnsNames.Count + names.Addresses.Count + names.Others > 0)
        {
            throw Refused("CSR SAN does not allow specifying names other than one URI");
        }

        var uri = names.Uris[0];
        if (uri.Length > SpiffeId.Longest)
        {
            throw Refused($"SPIFFE ID in CSR is longer than {SpiffeId.Longest} bytes", SpiffeId.LengthLimit);
        }

        if (!SpiffeId.TryParse(uri, out var asked, out var wrong))
        {
            throw Refused(wrong);
        }

        if (asked is not ServiceId service)
        {
            throw Refused("SPIFFE ID in CSR must be a service or agent ID");
        }

        if (service.Datacenter != datacenter || identity.Datacenter != datacenter)
        {
            var theirs = service.Datacenter != datacenter ? service.Datacenter : identity.Datacenter;
            throw Refused($"SPIFFE ID in CSR from a different datacenter: {theirs}, we are {datacenter}");
        }

        if (!service.IsInTrustDomain(identity.Host))
        {
            throw Refused($"SPIFFE ID in CSR from a different trust domain: {service.Host}, we are {identity.Host}");
        }

        if (uri != identity.ToString())
        {
            throw Refused($"CSR asks for {uri}, but the request is for {identity}");
        }
    }

    private static CertificateRequest Load(byte[] der, CertificateRequestLoadOptions options, string otherwise)
    {
        try
        {
            return CertificateRequest.LoadSigningRequest(
                der, HashAlgorithmName.SHA256, options | CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
        }
        catch (Exception error) when (error is CryptographicException or AsnContentException or NotSupportedException or ArgumentException)
        {
            throw new ServerException(FailureKind.Invalid, otherwise, error);
        }
    }

    private static SubjectNames ReadNames(CertificateRequest request)
    {
        try
        {
            return SanExtension.Read(request.CertificateExtensions);
        }
        catch (AsnContentException error)
        {
            throw new ServerException(FailureKind.Invalid, "x509: CSR is malformed: subjectAltName", error);
        }
    }

    private static ServerException Refused(string text, string? limit = null) => new(FailureKind.Invalid, text) { Limit = limit };
}
