using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.TestKit.Authority;

/// <summary>What every kind of <see cref="ICertificateProvider"/> must do (ca section 6); derive a test class for each.</summary>
public abstract class CertificateProviderConformance
{
    private const string ClusterId = "AAAAAAAA-2222-3333-4444-555555555555";
    private const string Domain = "aaaaaaaa-2222-3333-4444-555555555555.consul";

    /// <summary>The clock that the providers use.</summary>
    protected ManualTimeProvider Clock { get; } = new();

    internal abstract ICertificateProvider Create();

    [Fact] // CA-80, CA-82
    public async Task The_chain_is_made_once_and_ends_in_a_self_signed_root()
    {
        using var provider = await PrimaryAsync();
        var chain = await provider.GenerateChainAsync(CancellationToken.None);
        (await provider.GenerateChainAsync(CancellationToken.None)).Should().Be(chain, "it is idempotent");
        using var root = CertificatePem.All(chain)[^1];
        root.SubjectName.RawData.Should().Equal(root.IssuerName.RawData);
        root.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority.Should().BeTrue();
        SanExtension.Read(root.Extensions).Uris.Should().Equal("spiffe://" + Domain);
    }

    [Fact] // CA-80: a row that was kept brings the same CA back, and renewing makes another one
    public async Task What_is_kept_brings_the_same_root_back()
    {
        using var provider = await PrimaryAsync();
        var chain = await provider.GenerateChainAsync(CancellationToken.None);
        var row = provider.Row;
        using var again = Create();
        await again.ConfigureAsync(Setup(isPrimary: true, id => row?.Id == id ? row : null), CancellationToken.None);
        (await again.GenerateChainAsync(CancellationToken.None)).Should().Be(chain);
        using var renewed = Create();
        await renewed.ConfigureAsync(Setup(isPrimary: true, id => row?.Id == id ? row : null) with { Renew = true }, CancellationToken.None);
        (await renewed.GenerateChainAsync(CancellationToken.None)).Should().NotBe(chain);
    }

    [Fact] // CA-80
    public async Task A_bad_configuration_is_refused_as_such()
    {
        using var provider = Create();
        var configure = () => provider.ConfigureAsync(
            Setup(isPrimary: true) with { Configuration = """{"LeafCertTTL":"1m"}""" }, CancellationToken.None);
        (await configure.Should().ThrowAsync<ProviderException>()).Which.Fault.Should().Be(ProviderFault.BadConfiguration);
    }

    [Fact] // CA-84, CA-87, CERT-43, CERT-49
    public async Task A_leaf_has_the_ordered_name_and_key_and_verifies()
    {
        using var provider = await PrimaryAsync();
        using var root = CertificatePem.All(await provider.GenerateChainAsync(CancellationToken.None))[^1];
        using var signer = CertificatePem.First(await provider.ActiveLeafSigningCertAsync(CancellationToken.None));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = CertificatePem.First(await provider.SignAsync(Order("web", key), CancellationToken.None));
        CertificateChains.Problem(leaf, [signer], root, Clock.GetUtcNow()).Should().BeNull();
        Judged(leaf, signer, root).Should().Be($"spiffe://{Domain}/ns/default/dc/dc1/svc/web");
        SanExtension.Read(leaf.Extensions).Uris.Should().Equal($"spiffe://{Domain}/ns/default/dc/dc1/svc/web");
        leaf.GetECDsaPublicKey()!.ExportSubjectPublicKeyInfo().Should().Equal(key.ExportSubjectPublicKeyInfo());
        leaf.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().Single().KeyIdentifier!.Value.ToArray()
            .Should().Equal(CertificateBuilder.IssuerKeyId(signer));
    }

    [Fact] // CA-87, CERT-48
    public async Task Many_threads_sign_at_once_with_serials_of_their_own()
    {
        using var provider = await PrimaryAsync();
        await provider.GenerateChainAsync(CancellationToken.None);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var serials = new System.Collections.Concurrent.ConcurrentBag<string>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 64), async (i, cancellationToken) =>
        {
            using var leaf = CertificatePem.First(await provider.SignAsync(Order("web" + i, key), cancellationToken));
            serials.Add(leaf.SerialNumber);
        });
        serials.Should().OnlyHaveUniqueItems().And.HaveCount(64);
    }

    [Fact] // CA-85, CA-86, CA-88, CERT-42, CERT-72
    public async Task A_secondary_gets_its_intermediate_and_signs_under_the_primarys_root()
    {
        using var primary = await PrimaryAsync();
        var rootPem = await primary.GenerateChainAsync(CancellationToken.None);
        using var root = CertificatePem.All(rootPem)[^1];
        using var secondary = Create();
        await secondary.ConfigureAsync(Setup(isPrimary: false), CancellationToken.None);
        var request = await secondary.GenerateIntermediateCsrAsync(CancellationToken.None);
        var pem = await primary.SignIntermediateAsync(request.Request, CancellationToken.None);
        await secondary.SetIntermediateAsync(pem, Pem.Certificate(root.RawData), request.Opaque, CancellationToken.None);

        using var intermediate = CertificatePem.First(await secondary.ActiveLeafSigningCertAsync(CancellationToken.None));
        intermediate.Extensions.OfType<X509BasicConstraintsExtension>().Single().Should().Match<X509BasicConstraintsExtension>(
            constraints => constraints.CertificateAuthority && constraints.HasPathLengthConstraint && constraints.PathLengthConstraint == 0);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = CertificatePem.First(await secondary.SignAsync(Order("web", key), CancellationToken.None));
        CertificateChains.Problem(leaf, [intermediate], root, Clock.GetUtcNow()).Should().BeNull();
        Judged(leaf, intermediate, root).Should().Be($"spiffe://{Domain}/ns/default/dc/dc1/svc/web");
    }

    [Fact] // CERT-76
    public async Task An_intermediate_for_another_cluster_is_refused()
    {
        using var primary = await PrimaryAsync();
        await primary.GenerateChainAsync(CancellationToken.None);
        using var foreign = Create();
        await foreign.ConfigureAsync(Setup(isPrimary: false) with { ClusterId = "other" }, CancellationToken.None);
        var request = await foreign.GenerateIntermediateCsrAsync(CancellationToken.None);
        var sign = () => primary.SignIntermediateAsync(request.Request, CancellationToken.None);
        await sign.Should().ThrowAsync<ProviderException>().WithMessage($"incoming CSR domain \"other.consul\" is not valid for our domain \"{Domain}\"");
    }

    [Fact] // CA-89, CERT-41
    public async Task Cross_signing_keeps_subject_and_key_and_adds_our_trust()
    {
        using var mine = await PrimaryAsync();
        using var myRoot = CertificatePem.All(await mine.GenerateChainAsync(CancellationToken.None))[^1];
        using var other = await PrimaryAsync("other");
        using var otherRoot = CertificatePem.All(await other.GenerateChainAsync(CancellationToken.None))[^1];
        using var crossed = CertificatePem.First(await mine.CrossSignAsync(otherRoot, TimeSpan.FromDays(7), CancellationToken.None));
        crossed.SubjectName.RawData.Should().Equal(otherRoot.SubjectName.RawData);
        crossed.IssuerName.RawData.Should().Equal(myRoot.SubjectName.RawData);
        crossed.PublicKey.ExportSubjectPublicKeyInfo().Should().Equal(otherRoot.PublicKey.ExportSubjectPublicKeyInfo());
        CertificateBuilder.IssuerKeyId(crossed).Should().Equal(CertificateBuilder.IssuerKeyId(otherRoot));
        (crossed.NotAfter - crossed.NotBefore).Should().Be(TimeSpan.FromDays(7));
        CertificateChains.Problem(crossed, [], myRoot, Clock.GetUtcNow()).Should().BeNull();
    }

    [Fact] // CA-82, CA-85, CA-86
    public async Task Each_side_refuses_the_others_work()
    {
        using var primary = await PrimaryAsync();
        using var secondary = Create();
        await secondary.ConfigureAsync(Setup(isPrimary: false), CancellationToken.None);
        await Refuses(() => secondary.GenerateChainAsync(CancellationToken.None), "provider is not the root certificate authority");
        await Refuses(
            () => primary.GenerateIntermediateCsrAsync(CancellationToken.None),
            "provider is the root certificate authority, cannot generate an intermediate CSR");
        await Refuses(
            () => primary.SetIntermediateAsync("x", "x", string.Empty, CancellationToken.None),
            "cannot set an intermediate using another root in the primary datacenter");
    }

    [Fact] // CA-81
    public async Task Neither_state_nor_text_forms_show_the_key()
    {
        using var provider = await PrimaryAsync();
        await provider.GenerateChainAsync(CancellationToken.None);
        var shown = string.Join(' ', provider.State?.Select(pair => pair.Key + pair.Value) ?? []) + provider + provider.Row + provider.Settings;
        shown.Should().NotContain("PRIVATE").And.NotContain("PrivateKey");
        if (provider.Row is { } row)
        {
            shown.Should().NotContain(Convert.ToBase64String(row.PrivateKey.Span)[..20]);
        }
    }

    private static ProviderSetup Setup(bool isPrimary, Func<string, ProviderRow?>? find = null, string path = "") =>
        new(ClusterId, "dc1", isPrimary, $$"""{"Path":"{{path}}"}""", find ?? (static _ => null));

    private string Judged(X509Certificate2 leaf, X509Certificate2 signer, X509Certificate2 root) =>
        CertificateJudge.Accept(leaf.ExportCertificatePem() + "\n" + signer.ExportCertificatePem(), root.ExportCertificatePem(), Clock.GetUtcNow());

    private static async Task Refuses(Func<Task> call, string text) =>
        (await call.Should().ThrowAsync<ProviderException>()).WithMessage(text);

    private static LeafOrder Order(string service, ECDsa key)
    {
        var identity = new ServiceId(Domain, "dc1", service);
        var request = new CertificateRequest("CN=ignored", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(SanExtension.Create(identity.ToString(), request.SubjectName));
        return new LeafOrder(identity, request.PublicKey, request.CreateSigningRequest());
    }

    private async Task<ICertificateProvider> PrimaryAsync(string path = "")
    {
        var provider = Create();
        await provider.ConfigureAsync(Setup(isPrimary: true, path: path), CancellationToken.None);
        return provider;
    }
}
