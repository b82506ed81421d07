using System.Text;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Pkix;
using Org.BouncyCastle.X509;

namespace ConnectAgent.TestKit.Authority;

/// <summary>
/// The second judge of certificates beside <c>openssl</c>, which shares no code with it nor with the product: BouncyCastle follows the path from a leaf to
/// a root and looks at signatures, names, times, basic constraints and key usages (RFC 5280 section 6), and at what a leaf may and may not do (certificates
/// CERT-43).
/// </summary>
public static class CertificateJudge
{
    private const int DigitalSignature = 0;
    private const int CertificateSigning = 5;

    /// <summary>Accepts a chain, or says why not.</summary>
    /// <param name="chain">PEM: the leaf, and what leads from it to a root.</param>
    /// <param name="roots">PEM: what is trusted.</param>
    /// <param name="at">When; now unless it is given.</param>
    /// <returns>The URIs that the leaf names.</returns>
    /// <exception cref="PkixCertPathValidatorException">The path is not valid.</exception>
    /// <exception cref="InvalidOperationException">The leaf may do what no leaf may, or not what each must.</exception>
    public static IReadOnlyList<string> Accept(string chain, string roots, DateTimeOffset? at = null)
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
        new PkixCertPathValidator().Validate(new PkixCertPath(path), parameters);
        var leaf = path[0];
        var usage = leaf.GetKeyUsage();
        if (usage?[DigitalSignature] != true || usage[CertificateSigning] || leaf.GetBasicConstraints() >= 0)
        {
            throw new InvalidOperationException("the leaf may sign certificates, or nothing at all");
        }

        return [.. (leaf.GetSubjectAlternativeNames() ?? []).Where(static name => (int)name[0] == GeneralName.UniformResourceIdentifier).Select(static name => (string)name[1])];
    }

    private static List<X509Certificate> Read(string pem) => [.. new X509CertificateParser().ReadCertificates(Encoding.ASCII.GetBytes(pem))];
}
