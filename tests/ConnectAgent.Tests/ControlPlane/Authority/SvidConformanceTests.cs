using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.TestKit.Authority;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Org.BouncyCastle.Pkix;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Authority;

/// <summary>
/// The MUSTs of SPIFFE-ID and X509-SVID, one test each, on the certificates that the built-in authority makes; certificates.md wins where it
/// asks for something else, and the test says so.
/// </summary>
public sealed class SvidConformanceTests(SigningFixture signing) : IClassFixture<SigningFixture>, IDisposable
{
    private const string Domain = SigningFixture.Domain;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static TheoryData<string> Names() => ["web", "Web_Service.V2", "a-b", "---", "0", "sp ace", "été", "100%", "q?x", "a#b", "ns:x@y"];

    public void Dispose() => _key.Dispose();

    // SPIFFE-ID section 2

    [Theory] // SPIFFE-ID 2: the scheme is "spiffe"; the URI has neither a query nor a fragment
    [MemberData(nameof(Names))]
    public async Task The_SPIFFE_ID_is_a_spiffe_URI_without_query_and_fragment(string service)
    {
        var uri = await LeafUriAsync(service);
        uri.Should().StartWith("spiffe://").And.NotContain("?").And.NotContain("#");
        Uri.TryCreate(uri, UriKind.Absolute, out var parsed).Should().BeTrue();
        (parsed!.Scheme, parsed.Query, parsed.Fragment).Should().Be(("spiffe", string.Empty, string.Empty));
    }

    [Fact] // SPIFFE-ID 2.1: the trust domain is not empty, without user info and port, and of lower-case letters, digits, dots, dashes, underscores
    public async Task The_trust_domain_is_a_lower_case_name_without_user_info_and_port()
    {
        foreach (var uri in new[] { await LeafUriAsync("web"), await RootUriAsync() })
        {
            var authority = uri["spiffe://".Length..].Split('/')[0];
            authority.Should().MatchRegex("^[a-z0-9._-]{1,255}$").And.Be(Domain);
        }
    }

    [Fact] // SPIFFE-ID 2.1: also where the configuration spells it otherwise (CERT-2)
    public void A_trust_domain_is_lower_case_whatever_the_cluster_is_called() =>
        TrustDomain.FromClusterId("AAAAAAAA-2222-3333-4444-555555555555").Should().MatchRegex("^[a-z0-9._-]{1,255}$");

    [Theory] // SPIFFE-ID 2.2: segments are not empty, neither "." nor "..", and the path does not end in a slash
    [MemberData(nameof(Names))]
    public async Task The_path_has_no_empty_and_no_relative_segment(string service)
    {
        var segments = (await LeafUriAsync(service))["spiffe://".Length..].Split('/')[1..];
        segments.Should().HaveCount(6).And.NotContain(string.Empty).And.NotContain(".").And.NotContain("..");
    }

    [Theory] // SPIFFE-ID 2.2: a service may be called so, but then it has no identity
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("/")]
    public void A_name_that_would_change_the_path_is_no_identity(string service) =>
        SpiffeId.TryParse(new ServiceId(Domain, "dc1", service).ToString(), out _, out _).Should().BeFalse();

    [Theory] // SPIFFE-ID 2.2 allows letters, digits, dots, dashes and underscores only, and no escapes. CERT-20 wins: other names are escaped, as in the reference
    [MemberData(nameof(Names))]
    public async Task The_path_is_of_the_allowed_characters_or_escaped_as_the_reference_does(string service)
    {
        var last = (await LeafUriAsync(service)).Split('/')[^1];
        last.Should().MatchRegex("^([a-zA-Z0-9._~$&+,:;=@-]|%[0-9A-F]{2})+$");
        if (service.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
        {
            last.Should().Be(service);
        }
    }

    [Fact] // SPIFFE-ID 2.3: at most 2048 bytes
    public async Task No_SPIFFE_ID_is_longer_than_2048_bytes()
    {
        var sign = () => LeafAsync(new string('a', 2048));
        (await sign.Should().ThrowAsync<ServerException>()).WithMessage("SPIFFE ID in CSR is longer than 2048 bytes");
    }

    // X509-SVID section 2 and 3: leaves

    [Theory] // X509-SVID 2: exactly one URI SAN
    [MemberData(nameof(Names))]
    public async Task A_leaf_has_exactly_one_URI_name_and_it_is_the_SPIFFE_ID(string service)
    {
        using var leaf = await LeafAsync(service);
        var names = SanExtension.Read(leaf.Extensions);
        names.Uris.Should().Equal(new ServiceId(Domain, "dc1", service).ToString());
        (names.DnsNames.Count, names.Emails.Count, names.Addresses.Count, names.Others).Should().Be((0, 0, 0, 0));
    }

    [Fact] // X509-SVID 3.1: a leaf's SPIFFE ID has a path that is not the root
    public async Task A_leaf_has_an_identity_with_a_path() =>
        new Uri(await LeafUriAsync("web")).AbsolutePath.Should().Be("/ns/default/dc/dc1/svc/web");

    [Fact] // X509-SVID 4.1: cA is false on leaves
    public async Task A_leaf_is_no_authority()
    {
        using var leaf = await LeafAsync("web");
        leaf.Extensions.OfType<X509BasicConstraintsExtension>().Should().ContainSingle().Which.CertificateAuthority.Should().BeFalse();
        (await TextOfAsync(leaf)).Should().MatchRegex("X509v3 Basic Constraints: critical\n +CA:FALSE\n");
    }

    [Fact] // X509-SVID 4.3: the key usage is there and critical, with digitalSignature
    public async Task A_leaf_may_sign_handshakes()
    {
        using var leaf = await LeafAsync("web");
        var usage = leaf.Extensions.OfType<X509KeyUsageExtension>().Should().ContainSingle().Subject;
        usage.Critical.Should().BeTrue();
        usage.KeyUsages.Should().HaveFlag(X509KeyUsageFlags.DigitalSignature);
    }

    [Fact] // X509-SVID 4.3: a leaf has neither keyCertSign nor cRLSign
    public async Task A_leaf_may_sign_neither_certificates_nor_revocation_lists()
    {
        using var leaf = await LeafAsync("web");
        var usages = leaf.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages;
        (usages & (X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign)).Should().Be(X509KeyUsageFlags.None);
        (await TextOfAsync(leaf)).Should().NotContain("Certificate Sign").And.NotContain("CRL Sign");
    }

    [Fact] // X509-SVID 4.4: where there is an extended key usage, it has both serverAuth and clientAuth
    public async Task A_leaf_is_for_both_sides_of_a_connection()
    {
        using var leaf = await LeafAsync("web");
        var usages = leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().Should().ContainSingle().Subject.EnhancedKeyUsages;
        usages.Cast<Oid>().Select(oid => oid.Value).Should().BeEquivalentTo("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
    }

    [Fact] // RFC 5280 4.2.1.6, CERT-70: a certificate without a subject has critical names
    public async Task A_leaf_without_a_subject_has_critical_names()
    {
        using var leaf = await LeafAsync("---");
        leaf.Subject.Should().BeEmpty();
        leaf.Extensions.Single(extension => extension.Oid!.Value == "2.5.29.17").Critical.Should().BeTrue();
    }

    // X509-SVID section 3.2: signing certificates

    [Fact] // X509-SVID 3.2: the SPIFFE ID of a signing certificate has no path; it is the trust domain's own
    public async Task A_signing_certificate_has_the_trust_domains_identity_without_a_path() =>
        (await RootUriAsync()).Should().Be("spiffe://" + Domain);

    [Fact] // X509-SVID 2
    public async Task A_signing_certificate_has_exactly_one_URI_name()
    {
        using var root = await signing.RootAsync();
        var names = SanExtension.Read(root.Extensions);
        (names.Uris.Count, names.DnsNames.Count, names.Emails.Count, names.Addresses.Count, names.Others).Should().Be((1, 0, 0, 0, 0));
    }

    [Fact] // X509-SVID 4.1: cA is true on signing certificates
    public async Task A_signing_certificate_is_an_authority()
    {
        using var root = await signing.RootAsync();
        var constraints = root.Extensions.OfType<X509BasicConstraintsExtension>().Should().ContainSingle().Subject;
        (constraints.CertificateAuthority, constraints.Critical).Should().Be((true, true));
        (await TextOfAsync(root)).Should().MatchRegex("X509v3 Basic Constraints: critical\n +CA:TRUE\n");
    }

    [Fact] // X509-SVID 4.3: the key usage is there and critical, with keyCertSign
    public async Task A_signing_certificate_may_sign_certificates()
    {
        using var root = await signing.RootAsync();
        var usage = root.Extensions.OfType<X509KeyUsageExtension>().Should().ContainSingle().Subject;
        usage.Critical.Should().BeTrue();
        usage.KeyUsages.Should().HaveFlag(X509KeyUsageFlags.KeyCertSign);
    }

    [Fact] // X509-SVID 3.2: a signing certificate is not used to authenticate. CERT-40 gives it digitalSignature all the same; its identity keeps it out
    public async Task A_signing_certificate_is_nobodys_peer_and_is_issued_to_nobody()
    {
        var uri = await RootUriAsync();
        SpiffeId.Parse(uri).Should().BeOfType<SigningId>("authorize takes service identities only (AUTHZ-10 no. 6)");
        using var root = await signing.RootAsync();
        root.Extensions.OfType<X509EnhancedKeyUsageExtension>().Should().BeEmpty("it is for neither side of a connection");
        var sign = () => signing.SignAsync(SigningFixture.Web, SigningFixture.RequestOf(_key, (6, uri)));
        (await sign.Should().ThrowAsync<ServerException>()).WithMessage("SPIFFE ID in CSR must be a service or agent ID");
    }

    // X509-SVID section 5: validation

    [Theory] // X509-SVID 5.1: the path validates, by .NET, by openssl and by BouncyCastle
    [MemberData(nameof(Names))]
    public async Task A_leaf_validates_against_the_trust_domains_root(string service)
    {
        using var leaf = await LeafAsync(service);
        using var root = await signing.RootAsync();
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.Build(leaf).Should().BeTrue(string.Join(' ', chain.ChainStatus.Select(status => status.StatusInformation)));
        foreach (var purpose in new[] { "sslserver", "sslclient" })
        {
            var (code, errors) = await OpenSslAsync(leaf, root, purpose);
            code.Should().Be(0, errors);
        }

        CertificateJudge.Accept(leaf.ExportCertificatePem(), root.ExportCertificatePem()).Should().Be(new ServiceId(Domain, "dc1", service).ToString());
    }

    [Fact] // X509-SVID 5.1: another trust domain's root vouches for nobody here
    public async Task A_leaf_does_not_validate_against_another_root()
    {
        var other = new SigningFixture();
        await other.InitializeAsync();
        using var stranger = await other.RootAsync();
        using var leaf = await LeafAsync("web");
        (await OpenSslAsync(leaf, stranger, "sslserver")).Code.Should().NotBe(0);
        var judge = () => CertificateJudge.Accept(leaf.ExportCertificatePem(), stranger.ExportCertificatePem());
        judge.Should().Throw<PkixCertPathValidatorException>();
        await other.DisposeAsync();
    }

    [Fact] // X509-SVID 5.2: who gets a certificate with other names than he asked for takes none of it; the agent checks what the signer returns
    public async Task A_leaf_is_asked_for_with_one_URI_and_nothing_else()
    {
        var request = CertificateRequest.LoadSigningRequest(
            LeafIssuer.CreateRequest(SigningFixture.Web, _key),
            HashAlgorithmName.SHA256,
            CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
        request.SubjectName.Name.Should().Be("CN=web.svc.default.11111111.consul", "CERT-70");
        var extension = request.CertificateExtensions.Should().ContainSingle("CERT-70: no key usage is asked for").Subject;
        (extension.Oid!.Value, extension.Critical).Should().Be(("2.5.29.17", false));
        SanExtension.Read(request.CertificateExtensions).Uris.Should().Equal(SigningFixture.Web.ToString());
        request.OtherRequestAttributes.Should().BeEmpty();
        var (code, text, errors) = await OpenSslOfAsync(
            "CERTIFICATE REQUEST", LeafIssuer.CreateRequest(SigningFixture.Web, _key), ["req", "-noout", "-text", "-verify"]);
        code.Should().Be(0, errors);
        text.Should().Contain("Version: 1 (0x0)").And.Contain("Signature Algorithm: ecdsa-with-SHA256");
    }

    [Fact] // CERT-70: without a subject the names are critical in the request, too
    public void A_request_without_a_subject_has_critical_names()
    {
        var request = CertificateRequest.LoadSigningRequest(
            LeafIssuer.CreateRequest(new ServiceId(Domain, "dc1", "---"), _key),
            HashAlgorithmName.SHA256,
            CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
        request.SubjectName.Name.Should().BeEmpty();
        request.CertificateExtensions.Should().ContainSingle().Which.Critical.Should().BeTrue();
    }

    private static async Task<string> TextOfAsync(X509Certificate2 certificate)
    {
        var (code, text, errors) = await OpenSslOfAsync("CERTIFICATE", certificate.RawData, ["x509", "-noout", "-text"]);
        code.Should().Be(0, errors);
        return text;
    }

    private static async Task<(int Code, string Output, string Errors)> OpenSslOfAsync(string label, byte[] der, string[] arguments)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, PemEncoding.WriteString(label, der), Encoding.ASCII);
            return await RunningProcess.RunAsync("openssl", arguments[0] == "verify" ? [.. arguments, file] : [.. arguments, "-in", file]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<(int Code, string Errors)> OpenSslAsync(X509Certificate2 leaf, X509Certificate2 root, string purpose)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, root.ExportCertificatePem());
            var (code, output, errors) = await OpenSslOfAsync(
                "CERTIFICATE", leaf.RawData, ["verify", "-x509_strict", "-purpose", purpose, "-CAfile", file]);
            return (code, output + errors);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private Task<X509Certificate2> LeafAsync(string service)
    {
        var identity = new ServiceId(Domain, "dc1", service);
        return signing.SignAsync(identity, LeafIssuer.CreateRequest(identity, _key));
    }

    private async Task<string> LeafUriAsync(string service)
    {
        using var leaf = await LeafAsync(service);
        return SanExtension.Read(leaf.Extensions).Uris.Single();
    }

    private async Task<string> RootUriAsync()
    {
        using var root = await signing.RootAsync();
        return SanExtension.Read(root.Extensions).Uris.Single();
    }
}
