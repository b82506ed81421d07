using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.ControlPlane.Authority.BuiltIn;

/// <summary>Signs with a key of its own or a given one (ca section 3). An instance serves one configuration; its key is imported once.</summary>
/// <param name="takeSerial">CERT-48.</param>
/// <param name="clock">Dates of certificates.</param>
internal sealed class BuiltInProvider(Func<ulong> takeSerial, TimeProvider clock) : ICertificateProvider
{
    private const string ProviderName = "consul";

    private ProviderSetup _setup = new(string.Empty, string.Empty, false, "{}", static _ => null);
    private string _id = string.Empty;
    private Issuer? _issuer;
    private CaKey? _requested;

    public CaSettings Settings { get; private set; } = new();

    public IReadOnlyDictionary<string, string>? State => Settings.TestState;

    public ProviderRow? Row { get; private set; }

    public bool SupportsCrossSigning => !Settings.DisableCrossSigning;

    private string TrustDomainName => TrustDomain.FromClusterId(_setup.ClusterId);

    public Task ConfigureAsync(ProviderSetup setup, CancellationToken cancellationToken)
    {
        Settings = CaSettingsDecoder.Decode(setup.Configuration);
        _setup = setup;
        _id = IdOf(Settings, setup.IsPrimary);
        Row = setup.Renew ? null : setup.FindRow(_id);
        _issuer = Row is null ? null : Load(Row);
        return Task.CompletedTask;
    }

    public Task<string> GenerateChainAsync(CancellationToken cancellationToken)
    {
        if (!_setup.IsPrimary)
        {
            throw new ProviderException("provider is not the root certificate authority");
        }

        if (_issuer is not null)
        {
            return Task.FromResult(Pem.Certificate(_issuer.Certificate.RawData));
        }

        X509Certificate2? given = null;
        if (Settings.RootCert.Length > 0)
        {
            try
            {
                given = CertificatePem.First(Settings.RootCert);
            }
            catch (ProviderException)
            {
                // The caller reads it, too, and has its own words for what is wrong with it (CA-32).
                return Task.FromResult(Settings.RootCert);
            }
        }

        var key = MakeKey();
        if (given is not null && !key.Pairs(given))
        {
            throw new ProviderException("x509: provided PrivateKey doesn't match parent's PublicKey", ProviderFault.BadConfiguration);
        }

        var root = given?.RawData ?? CertificateBuilder.SelfSignedRoot(
            key, NewName(), _setup.ClusterId, takeSerial(), clock.GetUtcNow(), Settings.RootCertTtl);
        Row = new ProviderRow(_id, key.ExportPkcs8(), root);
        _issuer = new Issuer(X509CertificateLoader.LoadCertificate(root), key);
        return Task.FromResult(Pem.Certificate(root));
    }

    // The root signs leaves itself (CA-83).
    public Task GenerateLeafSigningCertAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<string> ActiveLeafSigningCertAsync(CancellationToken cancellationToken) =>
        Task.FromResult(_issuer is null ? string.Empty : Pem.Certificate(_issuer.Certificate.RawData));

    public Task<IntermediateRequest> GenerateIntermediateCsrAsync(CancellationToken cancellationToken)
    {
        if (_setup.IsPrimary)
        {
            throw new ProviderException("provider is the root certificate authority, cannot generate an intermediate CSR");
        }

        // The former signer goes on until the answer is there.
        _requested?.Dispose();
        _requested = CaKey.Generate(Settings.PrivateKeyType, Settings.PrivateKeyBits);
        var request = new CertificateRequest(
            LeafSubject.OfCommonName(NewName()), _requested.PublicKey, HashAlgorithmName.SHA256, _requested.IsRsa ? RSASignaturePadding.Pkcs1 : null);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(SanExtension.Create(new SigningId(TrustDomainName).ToString(), request.SubjectName));
        var der = request.CreateSigningRequest(_requested.Generator);
        return Task.FromResult(new IntermediateRequest(PemEncoding.WriteString("CERTIFICATE REQUEST", der) + "\n", string.Empty));
    }

    public Task SetIntermediateAsync(string intermediate, string root, string opaque, CancellationToken cancellationToken)
    {
        if (_setup.IsPrimary)
        {
            throw new ProviderException("cannot set an intermediate using another root in the primary datacenter");
        }

        var key = _requested ?? throw NotInitialized();
        using var trusted = CertificatePem.First(root);
        var certificate = IntermediateChecks.Answer(intermediate, trusted, key, TrustDomainName, clock.GetUtcNow());
        Row = new ProviderRow(_id, key.ExportPkcs8(), trusted.RawData, certificate.RawData);
        (_issuer, _requested) = (new Issuer(certificate, key), null);
        return Task.CompletedTask;
    }

    public ValueTask<string> SignAsync(LeafOrder order, CancellationToken cancellationToken)
    {
        var issuer = _issuer ?? throw NotInitialized();
        return new(Pem.Certificate(CertificateBuilder.Leaf(
            order.Identity, order.PublicKey, issuer, takeSerial(), clock.GetUtcNow(), Settings.LeafCertTtl)));
    }

    public Task<string> SignIntermediateAsync(string request, CancellationToken cancellationToken)
    {
        var issuer = _setup.IsPrimary ? _issuer ?? throw NotInitialized() : throw new ProviderException("not the primary datacenter");
        var (asked, uris) = IntermediateChecks.Request(request, TrustDomainName);
        return Task.FromResult(Pem.Certificate(CertificateBuilder.Intermediate(
            asked, uris, issuer, takeSerial(), clock.GetUtcNow(), Settings.IntermediateCertTtl)));
    }

    public Task<string> CrossSignAsync(X509Certificate2 root, TimeSpan life, CancellationToken cancellationToken)
    {
        if (Settings.DisableCrossSigning)
        {
            throw new ProviderException("cross-signing disabled");
        }

        var issuer = _setup.IsPrimary ? _issuer ?? throw NotInitialized() : throw new ProviderException("not the primary datacenter");
        return Task.FromResult(Pem.Certificate(CertificateBuilder.CrossSigned(root, issuer, takeSerial(), clock.GetUtcNow(), life)));
    }

    // A root that somebody else made may be one that signs no lists: verifiers would take none from it.
    public Task<byte[]?> SignRevocationListAsync(RevocationListOrder order, CancellationToken cancellationToken)
    {
        var issuer = _issuer ?? throw NotInitialized();
        return Task.FromResult(issuer.Certificate.Extensions.OfType<X509KeyUsageExtension>().All(static usage => usage.KeyUsages.HasFlag(X509KeyUsageFlags.CrlSign))
            ? CertificateBuilder.RevocationList(issuer, takeSerial(), order)
            : null);
    }

    // Its row goes in the write that replaces it.
    public Task CleanUpAsync(bool providerChanges, string otherConfiguration, CancellationToken cancellationToken) => Task.CompletedTask;

    public void CheckUpdate(string oldConfiguration, string newConfiguration)
    {
        // Any configuration may follow any other.
    }

    public void Stop()
    {
        // There is no background work.
    }

    public void Dispose()
    {
        _issuer?.Dispose();
        _requested?.Dispose();
    }

    // CA-40: what leads to another key or root leads to another id.
    private static string IdOf(CaSettings settings, bool isPrimary) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        $"{settings.PrivateKey},{settings.RootCert},{settings.PrivateKeyType},{settings.PrivateKeyBits},{isPrimary}")));

    private static ProviderException NotInitialized() => new("provider not initialized");

    private static Issuer? Load(ProviderRow row)
    {
        var certificate = row.IntermediateCertificate ?? row.RootCertificate;
        if (certificate.IsEmpty)
        {
            return null;
        }

        try
        {
            var key = CaKey.FromPkcs8(row.PrivateKey.Span);
            var loaded = X509CertificateLoader.LoadCertificate(certificate.Span);
            return key.Pairs(loaded) ? new Issuer(loaded, key) : throw new ProviderException("the stored key is another than its certificate's");
        }
        catch (CryptographicException error)
        {
            throw new ProviderException("the stored key or its certificate cannot be read", inner: error);
        }
    }

    private CaKey MakeKey()
    {
        if (Settings.PrivateKey.Length == 0)
        {
            return CaKey.Generate(Settings.PrivateKeyType, Settings.PrivateKeyBits);
        }

        try
        {
            return CaKey.FromPem(Settings.PrivateKey);
        }
        catch (ProviderException error)
        {
            // The reference quotes the key here (CA-32).
            throw new ProviderException($"error generating CA: error parsing private key \"<redacted>\": {error.Message}", inner: error);
        }
    }

    // CERT-38: a new one for each CA certificate that is made.
    private string NewName() => CommonNames.ForAuthority(
        _setup.IsPrimary, CommonNames.UniqueLabel(BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)))), ProviderName, _setup.ClusterId);
}
