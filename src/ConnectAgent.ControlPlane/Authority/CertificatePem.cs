using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>Reads certificates from PEM text (certificates CERT-63).</summary>
internal static class CertificatePem
{
    private const string Label = "CERTIFICATE";

    /// <summary>The first block, which must be a certificate.</summary>
    /// <exception cref="ProviderException">With the text of CERT-63.</exception>
    public static X509Certificate2 First(string pem) => PemEncoding.TryFind(pem, out var fields)
        ? pem[fields.Label] == Label ? Load(pem[fields.Base64Data]) : throw new ProviderException("first PEM-block should be CERTIFICATE type")
        : throw new ProviderException("no PEM-encoded data found");

    /// <summary>All blocks, at least one, each a certificate.</summary>
    /// <exception cref="ProviderException">With the text of CERT-63.</exception>
    public static List<X509Certificate2> All(string pem)
    {
        List<X509Certificate2> all = [First(pem)];
        ReadOnlySpan<char> rest = pem;
        PemEncoding.TryFind(rest, out var fields);
        rest = rest[fields.Location.End..];
        while (PemEncoding.TryFind(rest, out fields))
        {
            all.Add(rest[fields.Label] is Label
                ? Load(rest[fields.Base64Data].ToString()) : throw new ProviderException("PEM-block should be CERTIFICATE type"));
            rest = rest[fields.Location.End..];
        }

        return all;
    }

    private static X509Certificate2 Load(string base64)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(Convert.FromBase64String(base64));
        }
        catch (CryptographicException error)
        {
            throw new ProviderException("x509: malformed certificate", inner: error);
        }
    }
}
