using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>What the signer checks in a CSR before a key is touched (certificates CERT-73 to CERT-75).</summary>
internal static class CsrVerification
{
    // A CSR for one name is under 1 kB; this leaves room for RSA keys.
    private const int LargestRequest = 16 * 1024;

    /// <summary>Checks a CSR against the identity it is for; its own signature proves possession of the key (CERT-75).</summary>
    public static PublicKey Verify(ServiceId identity, ReadOnlySpan<byte> certificateRequest, string datacenter)
    {
        if (certificateRequest.Length > LargestRequest)
        {
            throw new ServerException(FailureKind.Invalid, $"CSR is larger than {LargestRequest} bytes");
        }

        CertificateRequest request;
        SubjectNames names;
        try
        {
            request = CertificateRequest.LoadSigningRequest(
                certificateRequest.ToArray(), HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
            names = SanExtension.Read(request.CertificateExtensions);
        }
        catch (Exception error) when (error is CryptographicException or AsnContentException)
        {
            throw new ServerException(FailureKind.Invalid, "x509: CSR is malformed or its signature is invalid", error);
        }

        if (names.Uris.Count != 1)
        {
            throw new ServerException(FailureKind.Invalid, $"CSR SAN contains an invalid number of URIs: {names.Uris.Count}");
        }

        if (names.Emails.Count > 0)
        {
            throw new ServerException(FailureKind.Invalid, "CSR SAN does not allow specifying email addresses");
        }

        if (!SpiffeId.TryParse(names.Uris[0], out var asked, out var wrong))
        {
            throw new ServerException(FailureKind.Invalid, wrong);
        }

        if (asked is not ServiceId)
        {
            throw new ServerException(FailureKind.Invalid, "SPIFFE ID in CSR must be a service or agent ID");
        }

        if (names.Uris[0] != identity.ToString())
        {
            throw new ServerException(FailureKind.Invalid, $"CSR asks for {names.Uris[0]}, but the request is for {identity}");
        }

        return identity.Datacenter == datacenter
            ? request.PublicKey
            : throw new ServerException(
                FailureKind.Invalid, $"SPIFFE ID in CSR from a different datacenter: {identity.Datacenter}, we are {datacenter}");
    }
}
