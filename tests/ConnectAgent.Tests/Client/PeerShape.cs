using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Tests.Http;

namespace ConnectAgent.Tests.Client;

/// <summary>A certificate that a test makes: a good one, unless something else is said.</summary>
internal sealed record PeerShape
{
    public const string ForServers = "1.3.6.1.5.5.7.3.1";
    public const string ForClients = "1.3.6.1.5.5.7.3.2";

    public string[] Uris { get; init; } = [InProcessAgent.UriOf("api")];

    public DateTimeOffset From { get; init; } = TimeProvider.System.GetUtcNow().AddMinutes(-1);

    public DateTimeOffset Until { get; init; } = TimeProvider.System.GetUtcNow().AddHours(1);

    public bool IsAuthority { get; init; }

    public string[] Uses { get; init; } = [ForClients, ForServers];

    public X509KeyUsageFlags KeyUsage { get; init; } = X509KeyUsageFlags.DigitalSignature;

    public X509Certificate2 SignedBy(X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=peer", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        Array.ForEach(Uris, uri => names.AddUri(new Uri(uri)));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(IsAuthority, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(KeyUsage, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. Uses.Select(use => new Oid(use))], false));

        // By its key and name: the validity periods of a chain need not be nested (certificates section 3).
        using var authorityKey = authority.GetECDsaPrivateKey()!;
        using var signed = request.Create(authority.SubjectName, X509SignatureGenerator.CreateForECDsa(authorityKey), From, Until, RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>A CA of a mesh that nobody knows, by the same name.</summary>
    public static X509Certificate2 Foreign(X509Certificate2 like)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(like.SubjectName, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        return request.CreateSelfSigned(new DateTimeOffset(like.NotBefore), new DateTimeOffset(like.NotAfter));
    }
}
