using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.ControlPlane.Authority.BuiltIn;

/// <summary>What the two sides of a federation check in each other's certificates (certificates CERT-76, CERT-77).</summary>
internal static class IntermediateChecks
{
    /// <summary>CERT-76: what the primary checks in a secondary's request; its signature proves possession of the key.</summary>
    /// <exception cref="ProviderException">With the exact text.</exception>
    public static (CertificateRequest Request, IReadOnlyList<string> Uris) Request(string pem, string trustDomain)
    {
        if (!PemEncoding.TryFind(pem, out var fields))
        {
            throw new ProviderException("no PEM-encoded data found");
        }

        if (pem[fields.Label] != "CERTIFICATE REQUEST")
        {
            throw new ProviderException("first PEM-block should be CERTIFICATE REQUEST type");
        }

        CertificateRequest request;
        IReadOnlyList<string> uris;
        try
        {
            request = CertificateRequest.LoadSigningRequest(
                Convert.FromBase64String(pem[fields.Base64Data]),
                HashAlgorithmName.SHA256,
                CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions,
                RSASignaturePadding.Pkcs1);
            uris = SanExtension.Read(request.CertificateExtensions).Uris;
        }
        catch (Exception error) when (error is CryptographicException or AsnContentException)
        {
            throw new ProviderException("x509: CSR is malformed or its signature is invalid", inner: error);
        }

        if (uris.Count > 1)
        {
            throw new ProviderException($"incoming CSR has unexpected number of URIs: {uris.Count}");
        }

        foreach (var uri in uris.Where(uri => uri != "spiffe://" + trustDomain))
        {
            var theirs = SpiffeId.TryParse(uri, out var id, out _) ? id.Host : uri;
            throw new ProviderException($"incoming CSR domain \"{theirs}\" is not valid for our domain \"{trustDomain}\"");
        }

        return (request, uris);
    }

    /// <summary>CERT-77: what the secondary checks in what it got back.</summary>
    /// <exception cref="ProviderException">With the exact text.</exception>
    public static X509Certificate2 Answer(string pem, X509Certificate2 root, CaKey key, string trustDomain, DateTimeOffset now)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = CertificatePem.First(pem);
        }
        catch (ProviderException error)
        {
            throw new ProviderException("error parsing intermediate PEM: " + error.Message, inner: error);
        }

        if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is not { CertificateAuthority: true })
        {
            throw new ProviderException("intermediate is not a CA certificate");
        }

        var uris = SanExtension.Read(certificate.Extensions).Uris;
        if (uris.Count != 1)
        {
            throw new ProviderException($"incoming intermediate cert has unexpected number of URIs: {uris.Count}");
        }

        if (uris[0] != "spiffe://" + trustDomain)
        {
            throw new ProviderException($"incoming cert URI \"{uris[0]}\" does not match current URI: \"spiffe://{trustDomain}\"");
        }

        if (CertificateChains.Problem(certificate, [], root, now) is { } problem)
        {
            throw new ProviderException("could not verify intermediate cert against root: " + problem);
        }

        return key.Pairs(certificate) ? certificate : throw new ProviderException("intermediate cert is for a different private key");
    }
}
