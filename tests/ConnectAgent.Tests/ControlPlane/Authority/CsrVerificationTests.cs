using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.TestKit.Authority;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Authority;

/// <summary>What the signer refuses (certificates CERT-73 to CERT-75), each with its text; and what it leaves out of the certificate.</summary>
public sealed class CsrVerificationTests(SigningFixture signing) : IClassFixture<SigningFixture>, IDisposable
{
    private const int Email = 1;
    private const int Dns = 2;
    private const int Uri = 6;
    private const int Ip = 7;
    private const int RegisteredId = 8;
    private const string Domain = SigningFixture.Domain;
    private const string KeyText = "CSR key must be ECDSA P-256, P-384 or P-521, or RSA of 2048 to 8192 bits";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    private static string WebUri => SigningFixture.Web.ToString();

    [Fact] // CERT-73 no. 4
    public Task No_URI_is_refused() => RefusedAsync(SigningFixture.RequestOf(_key, (Dns, "web")), "CSR SAN contains an invalid number of URIs: 0");

    [Fact]
    public Task No_names_at_all_are_refused() =>
        RefusedAsync(SigningFixture.RequestOf(_key, Array.Empty<X509Extension>()), "CSR SAN contains an invalid number of URIs: 0");

    [Fact] // CERT-73 no. 4
    public Task Several_URIs_are_refused_even_the_same_twice() =>
        RefusedAsync(SigningFixture.RequestOf(_key, (Uri, WebUri), (Uri, WebUri)), "CSR SAN contains an invalid number of URIs: 2");

    [Fact] // CERT-73 no. 5
    public Task An_email_address_is_refused() => RefusedAsync(
        SigningFixture.RequestOf(_key, (Uri, WebUri), (Email, "root@localhost")), "CSR SAN does not allow specifying email addresses");

    [Theory] // stricter than CERT-74, which would copy DNS names and addresses: the certificate has one name, and who asks for more must learn that
    [InlineData(Dns, "web")]
    [InlineData(Dns, "*")]
    [InlineData(Ip, "abcd")]
    [InlineData(RegisteredId, "x")]
    public Task An_extra_name_is_refused(int tag, string text) => RefusedAsync(
        SigningFixture.RequestOf(_key, (Uri, WebUri), (tag, text)), "CSR SAN does not allow specifying names other than one URI");

    [Fact]
    public Task Two_name_extensions_are_refused() => RefusedAsync(
        SigningFixture.HandMade(
            _key,
            _key.ExportSubjectPublicKeyInfo(),
            0,
            SigningFixture.ExtensionRequest(SigningFixture.Names((Uri, WebUri)), SigningFixture.Names((Uri, WebUri)))),
        "x509: CSR is malformed*");

    [Fact]
    public Task Bytes_behind_the_names_are_refused() => RefusedAsync(
        SigningFixture.RequestOf(_key, new X509Extension("2.5.29.17", [.. SigningFixture.Names((Uri, WebUri)).RawData, 5, 0], critical: false)),
        "x509: CSR is malformed: subjectAltName");

    [Theory] // CERT-73 no. 6, 7, 9, 11, and the name that was authorized
    [InlineData("zork", "SPIFFE ID must have 'spiffe' scheme")]
    [InlineData("https://x.consul/ns/default/dc/dc1/svc/web", "SPIFFE ID must have 'spiffe' scheme")]
    [InlineData("spiffe://x.consul/web", "SPIFFE ID is not in the expected format: spiffe://x.consul/web")]
    [InlineData($"spiffe://{Domain}", "SPIFFE ID in CSR must be a service or agent ID")]
    [InlineData($"spiffe://{Domain}/agent/server/dc/dc1", "SPIFFE ID in CSR must be a service or agent ID")]
    [InlineData($"spiffe://{Domain}/gateway/mesh/dc/dc1", "SPIFFE ID in CSR must be a service or agent ID")]
    [InlineData($"spiffe://{Domain}/ns/default/dc/dc2/svc/web", "SPIFFE ID in CSR from a different datacenter: dc2, we are dc1")]
    [InlineData("spiffe://other.consul/ns/default/dc/dc1/svc/web", $"SPIFFE ID in CSR from a different trust domain: other.consul, we are {Domain}")]
    [InlineData($"spiffe://{Domain}/ns/default/dc/dc1/svc/api", $"CSR asks for spiffe://{Domain}/ns/default/dc/dc1/svc/api, but*")]
    [InlineData($"spiffe://{Domain}/ns/foo/dc/dc1/svc/web", $"CSR asks for spiffe://{Domain}/ns/foo/dc/dc1/svc/web, but*")]
    [InlineData($"spiffe://{Domain}/ap/p1/ns/default/dc/dc1/svc/web", $"CSR asks for spiffe://{Domain}/ap/p1/ns/default/dc/dc1/svc/web, but*")]
    [InlineData($"spiffe://{Domain}/ns/default/dc/dc1/svc/web?x=1", $"CSR asks for spiffe://{Domain}/ns/default/dc/dc1/svc/web?x=1, but*")]
    [InlineData($"spiffe://{Domain}/ns/default/dc/dc1/svc/web#x", $"CSR asks for spiffe://{Domain}/ns/default/dc/dc1/svc/web#x, but*")]
    [InlineData($"spiffe://{Domain}:443/ns/default/dc/dc1/svc/web", $"SPIFFE ID in CSR from a different trust domain: {Domain}:443, we are {Domain}")]
    [InlineData($"spiffe://root@{Domain}/ns/default/dc/dc1/svc/web", $"CSR asks for spiffe://root@{Domain}/ns/default/dc/dc1/svc/web, but*")]
    [InlineData($"spiffe://{Domain}/ns/default/dc/dc1/svc/w%65b", $"CSR asks for spiffe://{Domain}/ns/default/dc/dc1/svc/w%65b, but*")]
    [InlineData($"SPIFFE://{Domain}/ns/default/dc/dc1/svc/web", $"CSR asks for SPIFFE://{Domain}/ns/default/dc/dc1/svc/web, but*")]
    public Task Another_name_than_the_authorized_one_is_refused(string uri, string text) =>
        RefusedAsync(SigningFixture.RequestOf(_key, (Uri, uri)), text);

    [Fact]
    public async Task An_identity_longer_than_a_certificate_may_hold_is_refused()
    {
        var room = 2048 - $"spiffe://{Domain}/ns/default/dc/dc1/svc/".Length;
        var fits = new ServiceId(Domain, "dc1", new string('a', room));
        using var leaf = await SignedAsync(fits, LeafIssuer.CreateRequest(fits, _key));
        SanExtension.Read(leaf.Extensions).Uris.Should().Equal(fits.ToString());
        var over = new ServiceId(Domain, "dc1", new string('a', room + 1));
        await RefusedAsync(LeafIssuer.CreateRequest(over, _key), "SPIFFE ID in CSR is longer than 2048 bytes", over);
    }

    [Fact] // CERT-75
    public async Task A_signature_by_another_key_is_refused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = SigningFixture.ExtensionRequest(SigningFixture.Names((Uri, WebUri)));
        using var good = await SignedAsync(
            SigningFixture.Web, SigningFixture.HandMade(_key, _key.ExportSubjectPublicKeyInfo(), 0, names));
        await RefusedAsync(SigningFixture.HandMade(_key, other.ExportSubjectPublicKeyInfo(), 0, names), "x509: CSR signature is invalid");
    }

    [Fact] // CERT-75
    public Task A_broken_signature_is_refused()
    {
        var request = LeafIssuer.CreateRequest(SigningFixture.Web, _key);
        request[^1] ^= 1;
        return RefusedAsync(request, "x509: CSR signature is invalid");
    }

    [Fact]
    public async Task Keys_of_other_kinds_and_sizes_are_refused()
    {
        foreach (var curve in new[] { ECCurve.CreateFromValue("1.3.132.0.33"), ECCurve.CreateFromValue("1.3.132.0.10") })
        {
            using var key = ECDsa.Create(curve);
            await RefusedAsync(SigningFixture.RequestOf(key, (Uri, WebUri)), KeyText);
        }

        using var weak = RSA.Create(1024);
        await RefusedAsync(RequestOf(weak), KeyText);
    }

    [Fact]
    public async Task An_exponent_that_makes_any_signature_good_is_refused()
    {
        using var rsa = RSA.Create(2048);
        foreach (var exponent in new[] { 1, 2 })
        {
            var key = WithExponent(rsa.ExportParameters(false).Modulus!, exponent);
            await RefusedAsync(
                SigningFixture.HandMade(_key, key, 0, SigningFixture.ExtensionRequest(SigningFixture.Names((Uri, WebUri)))), KeyText);
        }
    }

    [Fact] // keys of other makers of CSRs
    public async Task Accepted_keys_get_into_the_certificate()
    {
        foreach (var curve in new[] { ECCurve.NamedCurves.nistP256, ECCurve.NamedCurves.nistP384, ECCurve.NamedCurves.nistP521 })
        {
            using var key = ECDsa.Create(curve);
            using var leaf = await SignedAsync(SigningFixture.Web, SigningFixture.RequestOf(key, (Uri, WebUri)));
            leaf.PublicKey.ExportSubjectPublicKeyInfo().Should().Equal(key.ExportSubjectPublicKeyInfo());
        }

        using var rsa = RSA.Create(2048);
        using var rsaLeaf = await SignedAsync(SigningFixture.Web, RequestOf(rsa));
        rsaLeaf.PublicKey.ExportSubjectPublicKeyInfo().Should().Equal(rsa.ExportSubjectPublicKeyInfo());
    }

    [Theory] // openssl makes requests that .NET cannot
    [InlineData("ed25519")] // nothing here verifies it
    [InlineData("ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit")] // who describes a curve chooses its generator
    [InlineData("rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048")]
    public async Task A_key_of_an_odd_kind_is_refused(string algorithm, params string[] options)
    {
        using var file = new TemporaryFile();
        var (code, _, errors) = await RunningProcess.RunAsync("openssl", [
            "req", "-new", "-newkey", algorithm, .. options, "-nodes", "-keyout", "/dev/null", "-subj", "/CN=x",
            "-addext", "subjectAltName=URI:" + WebUri, "-outform", "DER", "-out", file.Path]);
        code.Should().Be(0, errors);
        await RefusedAsync(await File.ReadAllBytesAsync(file.Path), KeyText);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    public Task Cut_off_bytes_are_refused(int length) =>
        RefusedAsync(LeafIssuer.CreateRequest(SigningFixture.Web, _key)[..length], "x509: CSR is malformed");

    [Fact]
    public Task Bytes_behind_the_request_are_refused() =>
        RefusedAsync([.. LeafIssuer.CreateRequest(SigningFixture.Web, _key), 0], "x509: CSR is malformed");

    [Fact]
    public Task A_certificate_is_no_request() => RefusedAsync(
        SigningFixture.Signed(_key, _key.ExportSubjectPublicKeyInfo()), "x509: CSR is malformed");

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public Task Another_version_is_refused(int version) => RefusedAsync(
        SigningFixture.HandMade(
            _key, _key.ExportSubjectPublicKeyInfo(), version, SigningFixture.ExtensionRequest(SigningFixture.Names((Uri, WebUri)))),
        "x509: CSR is malformed");

    [Fact]
    public async Task An_oversized_request_is_refused_before_it_is_read()
    {
        await RefusedAsync(new byte[(16 * 1024) + 1], "CSR is larger than 16384 bytes");
        var padding = new X509Extension("1.2.3.4", new byte[17 * 1024], critical: false);
        await RefusedAsync(SigningFixture.RequestOf(_key, SigningFixture.Names((Uri, WebUri)), padding), "CSR is larger than 16384 bytes");
    }

    [Fact] // CERT-74
    public async Task What_else_a_request_asks_for_is_left_out()
    {
        var request = SigningFixture.RequestOf(
            _key,
            SigningFixture.Names((Uri, WebUri)),
            new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true),
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true),
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3")], critical: true),
            new X509Extension("1.2.3.4", [5, 0], critical: true));
        using var leaf = await SignedAsync(SigningFixture.Web, request);
        leaf.Extensions.Select(extension => extension.Oid!.Value).Should().Equal(
            "2.5.29.15", "2.5.29.37", "2.5.29.19", "2.5.29.14", "2.5.29.35", "2.5.29.17");
        leaf.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority.Should().BeFalse();
        leaf.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages.Should().NotHaveFlag(X509KeyUsageFlags.KeyCertSign);
        leaf.Subject.Should().Be("CN=web.svc.default.11111111.consul", "the request's subject was CN=x");
    }

    private static byte[] WithExponent(byte[] modulus, int exponent)
    {
        var key = new AsnWriter(AsnEncodingRules.DER);
        using (key.PushSequence())
        {
            key.WriteIntegerUnsigned(modulus);
            key.WriteInteger(exponent);
        }

        var whole = new AsnWriter(AsnEncodingRules.DER);
        using (whole.PushSequence())
        {
            using (whole.PushSequence())
            {
                whole.WriteObjectIdentifier("1.2.840.113549.1.1.1");
                whole.WriteNull();
            }

            whole.WriteBitString(key.Encode());
        }

        return whole.Encode();
    }

    private static byte[] RequestOf(RSA key)
    {
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(SigningFixture.Names((Uri, WebUri)));
        return request.CreateSigningRequest();
    }

    private async Task<X509Certificate2> SignedAsync(ServiceId identity, byte[] request)
    {
        var leaf = await signing.SignAsync(identity, request);
        using var root = await signing.RootAsync();
        CertificateJudge.Accept(leaf.ExportCertificatePem(), root.ExportCertificatePem()).Should().Be(identity.ToString());
        return leaf;
    }

    private async Task RefusedAsync(byte[] request, string text, ServiceId? identity = null)
    {
        var sign = () => signing.SignAsync(identity ?? SigningFixture.Web, request);
        (await sign.Should().ThrowAsync<ServerException>()).WithMessage(text).Which.Kind.Should().Be(FailureKind.Invalid);
    }

    private sealed class TemporaryFile : IDisposable
    {
        public string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }
}
