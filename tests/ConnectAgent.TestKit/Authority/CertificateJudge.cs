using System.Text;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Pkix;
using Org.BouncyCastle.X509;

namespace ConnectAgent.TestKit.Authority;

/// <summary>
/// The second judge of certificates beside <c>openssl</c>, which shares no code with it nor with the product: BouncyCastle follows the path from a leaf to
/// a root and looks at signatures, names, times, basic constraints and key usages (RFC 5280 section 6), and at what a leaf may, may not and is called
/// (X509-SVID sections 2 to 5, certificates CERT-43).
/// </summary>
public static class CertificateJudge
{
    private const int DigitalSignature = 0;
    private const int CertificateSigning = 5;
    private const int ListSigning = 6;

    /// <summary>Accepts a chain, or says why not.</summary>
    /// <param name="chain">PEM: the leaf, and what leads from it to a root.</param>
    /// <param name="roots">PEM: what is trusted.</param>
    /// <param name="at">When; now unless it is given.</param>
    /// <returns>The one URI that the leaf names.</returns>
    /// <exception cref="PkixCertPathValidatorException">The path is not valid.</exception>
    /// <exception cref="InvalidOperationException">The leaf may do what no leaf may, or not what each must; or its name is none of the root's trust domain.</exception>
    public static string Accept(string chain, string roots, DateTimeOffset? at = null)
    {
        var (given, trusted) = (Read(chain), Read(roots));

        // The shortest way to a root: what follows may lead on to a former one that is not trusted any more.
        var length = given.FindIndex(block => trusted.Exists(root => root.SubjectDN.Equivalent(block.IssuerDN))) + 1;
        var path = given.Take(length == 0 ? given.Count : length).ToList();
        var parameters = new PkixParameters(new HashSet<TrustAnchor>(trusted.Select(static root => new TrustAnchor(root, nameConstraints: null))))
        {
            IsRevocationEnabled = false,
            Date = (at ?? TimeProvider.System.GetUtcNow()).UtcDateTime,
        };
        var root = new PkixCertPathValidator().Validate(new PkixCertPath(path), parameters).TrustAnchor.TrustedCert;
        RequireLeaf(path[0]);
        return UriOf(path[0], root);
    }

    // X509-SVID sections 4.1, 4.3 and 4.4.
    private static void RequireLeaf(X509Certificate leaf)
    {
        var usage = leaf.GetKeyUsage();
        if (usage?[DigitalSignature] != true || usage[CertificateSigning] || usage[ListSigning] || leaf.GetBasicConstraints() >= 0)
        {
            throw new InvalidOperationException("the leaf may sign certificates or revocation lists, or no handshake");
        }

        var sides = leaf.GetExtendedKeyUsage()?.ToList() ?? [];
        if (!sides.Contains(KeyPurposeID.id_kp_serverAuth) || !sides.Contains(KeyPurposeID.id_kp_clientAuth))
        {
            throw new InvalidOperationException("the leaf is not for both sides of a connection");
        }
    }

    // X509-SVID sections 2 and 5.1: one name, of the trust domain whose root vouches for it. A root that somebody else made names none (ca CA-34).
    private static string UriOf(X509Certificate leaf, X509Certificate root)
    {
        if (Uris(leaf) is not [var uri])
        {
            throw new InvalidOperationException("the leaf has not exactly one URI");
        }

        var domain = Uris(root) is [var own] ? own + "/" : "spiffe://";
        return uri.StartsWith(domain, StringComparison.Ordinal) ? uri : throw new InvalidOperationException($"the leaf names {uri}, which is not below {domain}");
    }

    private static List<string> Uris(X509Certificate certificate) =>
    [
        .. (certificate.GetSubjectAlternativeNames() ?? []).Where(static name => (int)name[0] == GeneralName.UniformResourceIdentifier)
            .Select(static name => (string)name[1]),
    ];

    private static List<X509Certificate> Read(string pem) => [.. new X509CertificateParser().ReadCertificates(Encoding.ASCII.GetBytes(pem))];
}
