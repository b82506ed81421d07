using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.TestKit.Servers;

/// <summary>A CA of the scripted server; small, but its certificates are real.</summary>
internal sealed class ScriptedAuthority
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;
    private int _serial;

    private readonly IReadOnlyList<CaRoot> _former;

    public ScriptedAuthority(int generation, IReadOnlyList<CaRoot> former)
    {
        Generation = generation;
        _former = [.. former.Select(root => root with { Active = false })];
        var request = new CertificateRequest($"CN=root {generation}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        _root = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(150));
    }

    public int Generation { get; }

    private string KeyId => ColonHex.Format(_root.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifierBytes.Span);

    public CaRoots Document() => new()
    {
        ActiveRootId = $"root-{Generation}",
        TrustDomain = ScriptedServerClient.TrustDomainName,
        Roots =
        [
            .. _former,
            new CaRoot
            {
                Id = $"root-{Generation}",
                Name = "root",
                SerialNumber = 1,
                SigningKeyId = KeyId,
                ExternalTrustDomain = "11111111-2222-3333-4444-555555555555",
                NotBefore = DateTimeOffset.UnixEpoch.AddYears(50),
                NotAfter = DateTimeOffset.UnixEpoch.AddYears(150),
                RootCert = Pem.Certificate(_root.RawData),
                Active = true,
                PrivateKeyType = "ec",
                PrivateKeyBits = 256,
            },
        ],
    };

    public string Sign(ServiceId identity, ReadOnlyMemory<byte> certificateRequest, DateTimeOffset now, TimeSpan life, bool verifies)
    {
        var asked = CertificateRequest.LoadSigningRequest(
            certificateRequest.Span,
            HashAlgorithmName.SHA256,
            out _,
            verifies ? CertificateRequestLoadOptions.Default : CertificateRequestLoadOptions.SkipSignatureValidation);
        var leaf = new CertificateRequest(LeafSubject.Of(identity), asked.PublicKey, HashAlgorithmName.SHA256);
        leaf.CertificateExtensions.Add(SanExtension.Create(identity.ToString(), leaf.SubjectName));
        leaf.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            _root, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using var certificate = leaf.Create(
            _root.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), now, now + life, BitConverter.GetBytes(++_serial));
        return Pem.Certificate(certificate.RawData);
    }
}
