using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.Authority.BuiltIn;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.TestKit.Authority;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Authority;

/// <summary>Every profile under every kind of CA key, as <c>openssl</c> sees it (certificates section 4).</summary>
public sealed class CertificateProfileTests
{
    private static readonly string[] AuthorityExtensions =
        ["Key Usage", "Basic Constraints", "Subject Key Identifier", "Authority Key Identifier", "Subject Alternative Name"];

    [Theory] // CERT-40, -41, -43, -45, -46, -47, -62
    [InlineData("ec", 224, "ecdsa-with-SHA256", "ecdsa-with-SHA256")]
    [InlineData("ec", 256, "ecdsa-with-SHA256", "ecdsa-with-SHA256")]
    [InlineData("ec", 384, "ecdsa-with-SHA384", "ecdsa-with-SHA256")]
    [InlineData("ec", 521, "ecdsa-with-SHA512", "ecdsa-with-SHA256")]
    [InlineData("rsa", 2048, "sha256WithRSAEncryption", "sha256WithRSAEncryption")]
    [InlineData("rsa", 4096, "sha256WithRSAEncryption", "sha256WithRSAEncryption")]
    public async Task Root_leaf_and_cross_signed_root_under_each_key(string type, int bits, string rootSignature, string leafSignature)
    {
        await using var ca = await AuthorityFixture.StartAsync($$"""{"PrivateKeyType":"{{type}}","PrivateKeyBits":{{bits}}}""");
        var old = ca.Active;
        old.Should().Match<CaRoot>(root => root.PrivateKeyType == type && root.PrivateKeyBits == bits, "CERT-55");
        var leaf = await ca.SignAsync();
        await CheckRootAsync(old.RootCert, rootSignature);
        var leafText = await TextAsync(Pem.Certificate(leaf[0].RawData));
        leafText.Should().Contain($"Signature Algorithm: {leafSignature}").And.Contain("ASN1 OID: prime256v1").And.MatchRegex("X509v3 Basic Constraints: critical\n +CA:FALSE");
        await VerifyAsync(leaf, old);

        // Rotate away, so that this root cross-signs (CERT-41, CERT-46: as it was signed itself).
        await ca.PutAsync(type == "ec" && bits == 256 ? """{"PrivateKeyBits":384}""" : "{}");
        var block = ca.Active.IntermediateCerts.Should().ContainSingle().Subject;
        var text = await TextAsync(block);
        text.Should().Contain($"Signature Algorithm: {rootSignature}").And.MatchRegex("X509v3 Basic Constraints: critical\n +CA:TRUE\n");
        Order(text).Should().Equal(AuthorityExtensions);
        using var cross = CertificatePem.First(block);
        using var next = CertificatePem.First(ca.Active.RootCert);
        using var issuer = CertificatePem.First(old.RootCert);
        cross.SubjectName.RawData.Should().Equal(next.SubjectName.RawData);
        cross.IssuerName.RawData.Should().Equal(issuer.SubjectName.RawData);
        (cross.NotAfter - cross.NotBefore).Should().Be(TimeSpan.FromDays(7));
        var rotated = await ca.SignAsync();
        await VerifyAsync(rotated, old);
        await VerifyAsync(rotated, ca.Active);
    }

    [Theory] // CERT-61: each form of a given key
    [InlineData("EC PRIVATE KEY", 256)]
    [InlineData("EC PRIVATE KEY", 384)]
    [InlineData("PRIVATE KEY", 521)]
    [InlineData("PRIVATE KEY", 224)]
    [InlineData("RSA PRIVATE KEY", 2048)]
    [InlineData("PRIVATE KEY", 4096)]
    public async Task A_given_key_signs_whatever_its_form(string label, int bits)
    {
        var pem = KeyPem(label, bits);
        await using var ca = await AuthorityFixture.StartAsync();
        await ca.PutAsync($$"""{"PrivateKey":"{{pem.ReplaceLineEndings("\\n")}}"}""");
        ca.Active.PrivateKeyBits.Should().Be(bits);
        await VerifyAsync(await ca.SignAsync(), ca.Active);
        using var key = CaKey.FromPem(pem);
        ca.Active.SigningKeyId.Should().Be(ColonHex.Format(SHA256.HashData(key.PublicKey.ExportSubjectPublicKeyInfo())), "CERT-47");
    }

    [Theory] // CERT-61: exact texts, and never a word of the key
    [InlineData("", "no PEM-encoded data found")]
    [InlineData("not a key", "no PEM-encoded data found")]
    [InlineData("-----BEGIN THING-----\nAAAA\n-----END THING-----\n", "unknown PEM block type for signing key: THING")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "private key is not a valid format")]
    [InlineData("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", "private key is not a valid format")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", "private key is not a valid format")]
    public void What_is_no_key_is_refused(string pem, string text)
    {
        var read = () => CaKey.FromPem(pem);
        read.Should().Throw<ProviderException>().WithMessage(text);
    }

    [Fact] // limits ca.rsa_key; its primes are not tested first
    public void A_key_of_too_many_bits_is_refused()
    {
        var pem = PemEncoding.WriteString("RSA PRIVATE KEY", new byte[1024 * 1024]);
        var read = () => CaKey.FromPem(pem);
        var refusal = read.Should().Throw<ProviderException>().Which;
        (refusal.Message, refusal.Limit).Should().Be(("private key has more than 8192 bits", "ca.rsa_key"));
    }

    [Fact] // what is not generated is not taken either
    public void A_key_of_too_few_bits_is_refused()
    {
        using var key = RSA.Create(512);
        var pem = key.ExportPkcs8PrivateKeyPem();
        var read = () => CaKey.FromPem(pem);
        read.Should().Throw<ProviderException>().WithMessage("private key has 512 bits, an RSA key has at least 1024");
    }

    [Fact] // CERT-61
    public void A_curve_that_no_peer_knows_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName("secp256k1"));
        var pem = key.ExportPkcs8PrivateKeyPem();
        var read = () => CaKey.FromPem(pem);
        read.Should().Throw<ProviderException>().WithMessage("private key is not a valid format");
    }

    [Theory] // CERT-62
    [InlineData("ec", 257, "error generating ECDSA private key: unknown curve length 257")]
    [InlineData("dsa", 256, "unknown private key type requested: dsa")]
    public void An_unknown_kind_of_key_is_not_generated(string type, int bits, string text)
    {
        var generate = () => CaKey.Generate(type, bits);
        generate.Should().Throw<ProviderException>().WithMessage(text);
    }

    [Theory] // CERT-49: a given root has whatever identifier it carries, 20 bytes or none
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_given_root_signs_under_the_identifier_that_it_carries(bool hasIdentifier)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var ca = await AuthorityFixture.StartAsync();
        var (config, root) = Given(ca, key, authority: true, hasIdentifier, days: 365);
        await ca.PutAsync(config);
        var expected = hasIdentifier
            ? root.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifierBytes.ToArray()
            : SHA256.HashData(key.ExportSubjectPublicKeyInfo());
        expected.Should().HaveCount(hasIdentifier ? 20 : 32);
        ca.Active.SigningKeyId.Should().Be(ColonHex.Format(expected));
        ca.Active.RootCert.Should().Be(Pem.Certificate(root.RawData));
        var leaf = await ca.SignAsync();
        leaf[0].Extensions.OfType<X509AuthorityKeyIdentifierExtension>().Single().KeyIdentifier!.Value.ToArray().Should().Equal(expected);
        ca.Problem(leaf, ca.Active).Should().BeNull();
        ca.Problem(leaf, ca.Roots.Entries.Select(entry => entry.Root).Single(old => !old.Active)).Should().BeNull("it was cross-signed");
        ca.Log.Lines.Should().ContainSingle(line => line.Contains("has no URI of this cluster", StringComparison.Ordinal), "CA-34: only a warning");
    }

    [Theory] // CA-34: what cannot sign never becomes active
    [InlineData("other key", "error configuring provider: x509: provided PrivateKey doesn't match parent's PublicKey")]
    [InlineData("no authority", "error configuring provider: root certificate is not a CA certificate")]
    [InlineData("expired", "error configuring provider: root certificate is expired")]
    public async Task A_root_that_cannot_work_is_refused(string flaw, string text)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var ca = await AuthorityFixture.StartAsync();
        var before = ca.Store.Current;
        var (config, _) = Given(ca, key, flaw != "no authority", hasIdentifier: true, days: flaw == "expired" ? -1 : 365);
        if (flaw == "other key")
        {
            config = config.Replace(
                key.ExportECPrivateKeyPem().ReplaceLineEndings("\\n"), other.ExportECPrivateKeyPem().ReplaceLineEndings("\\n"), StringComparison.Ordinal);
        }

        var put = () => ca.PutAsync(config);
        await put.Should().ThrowAsync<ConnectAgent.Protocol.Errors.ServerException>().WithMessage(text);
        ca.Store.Current.Should().BeSameAs(before);
        (await ca.SignAsync()).Should().ContainSingle();
    }

    [Fact] // CERT-42, CERT-72
    public async Task A_secondarys_intermediate_is_what_openssl_says_it_must_be()
    {
        await using var ca = await AuthorityFixture.StartAsync();
        var serial = 100UL;
        using var primary = new BuiltInProvider(() => ++serial, ca.Clock);
        await primary.ConfigureAsync(Setup(isPrimary: true), CancellationToken.None);
        var root = await primary.GenerateChainAsync(CancellationToken.None);
        using var secondary = new BuiltInProvider(() => ++serial, ca.Clock);
        await secondary.ConfigureAsync(Setup(isPrimary: false), CancellationToken.None);
        var request = await secondary.GenerateIntermediateCsrAsync(CancellationToken.None);
        var (code, asked, errors) = await RunningProcess.RunAsync("openssl", ["req", "-noout", "-text", "-verify"], input: request.Request);
        code.Should().Be(0, errors);
        asked.Should().MatchRegex("Subject: CN = sec-[0-9a-z]{1,8}\\.consul\\.ca\\.11111111\\.consul\n").And.MatchRegex("X509v3 Basic Constraints: critical\n +CA:TRUE\n")
            .And.Contain($"URI:spiffe://{AuthorityFixture.ClusterId}.consul\n");
        var text = await TextAsync(await primary.SignIntermediateAsync(request.Request, CancellationToken.None));
        text.Should().MatchRegex("X509v3 Basic Constraints: critical\n +CA:TRUE, pathlen:0\n").And.MatchRegex("Subject: CN = sec-");
        Order(text).Should().Equal(AuthorityExtensions);
        using var certificate = CertificatePem.First(root);
        certificate.Subject.Should().StartWith("CN=pri-");
    }

    private static ProviderSetup Setup(bool isPrimary) => new(AuthorityFixture.ClusterId, "dc1", isPrimary, "{}", static _ => null);

    private static string KeyPem(string label, int bits)
    {
        if (bits >= 1024)
        {
            using var rsa = RSA.Create(bits);
            return label == "PRIVATE KEY" ? rsa.ExportPkcs8PrivateKeyPem() : rsa.ExportRSAPrivateKeyPem();
        }

        using var ec = ECDsa.Create(ECCurve.CreateFromValue(bits switch
        {
            224 => "1.3.132.0.33",
            256 => "1.2.840.10045.3.1.7",
            384 => "1.3.132.0.34",
            _ => "1.3.132.0.35",
        }));
        return label == "PRIVATE KEY" ? ec.ExportPkcs8PrivateKeyPem() : ec.ExportECPrivateKeyPem();
    }

    private static (string Config, X509Certificate2 Root) Given(AuthorityFixture ca, ECDsa key, bool authority, bool hasIdentifier, int days)
    {
        var request = new CertificateRequest("CN=given", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, false, 0, critical: true));
        if (hasIdentifier)
        {
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        }

        var now = ca.Clock.GetUtcNow();
        var root = request.CreateSelfSigned(now.AddDays(-2), now.AddDays(days));
        var config = $$"""
            {"PrivateKey":"{{key.ExportECPrivateKeyPem().ReplaceLineEndings("\\n")}}","RootCert":"{{root.ExportCertificatePem().ReplaceLineEndings("\\n")}}"}
            """;
        return (config.Trim(), root);
    }

    private static async Task CheckRootAsync(string pem, string signature)
    {
        var text = await TextAsync(pem);
        text.Should().Contain($"Signature Algorithm: {signature}").And.MatchRegex("Subject: CN = pri-[0-9a-z]{1,8}\\.consul\\.ca\\.11111111\\.consul\n")
            .And.MatchRegex("X509v3 Key Usage: critical\n +Digital Signature, Certificate Sign, CRL Sign").And.MatchRegex("X509v3 Basic Constraints: critical\n +CA:TRUE\n");
        Order(text).Should().Equal(AuthorityExtensions);
        var identifiers = Regex.Matches(text, "(?:Subject|Authority) Key Identifier: *\n +(?<id>[0-9A-F:]+)\n", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5))
            .Select(match => match.Groups["id"].Value).ToList();
        identifiers.Should().HaveCount(2).And.OnlyContain(id => id == identifiers[0] && id.Length == (32 * 3) - 1);
    }

    private static IEnumerable<string> Order(string text) => text.Split('\n')
        .Where(line => line.Contains("X509v3 ", StringComparison.Ordinal) && !line.Contains("extensions", StringComparison.Ordinal))
        .Select(line => line.Trim()["X509v3 ".Length..].Split(':')[0]);

    private static async Task<string> TextAsync(string pem)
    {
        var (code, output, errors) = await RunningProcess.RunAsync("openssl", ["x509", "-noout", "-text"], input: pem);
        code.Should().Be(0, errors);
        return output;
    }

    // The clock of the fixture stands in 2026; openssl is told so.
    private static async Task VerifyAsync(X509Certificate2Collection chain, CaRoot root)
    {
        var folder = Directory.CreateTempSubdirectory("connect-agent-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "root.pem"), root.RootCert);
            await File.WriteAllTextAsync(Path.Combine(folder, "chain.pem"), string.Concat(chain.Skip(1).Select(block => Pem.Certificate(block.RawData))));
            await File.WriteAllTextAsync(Path.Combine(folder, "leaf.pem"), Pem.Certificate(chain[0].RawData));
            string[] untrusted = chain.Count > 1 ? ["-untrusted", Path.Combine(folder, "chain.pem")] : [];
            var (code, output, errors) = await RunningProcess.RunAsync(
                "openssl",
                ["verify", "-x509_strict", "-attime", "1767225700", "-CAfile", Path.Combine(folder, "root.pem"), .. untrusted, Path.Combine(folder, "leaf.pem")]);
            (output + errors).Should().Contain("OK");
            code.Should().Be(0);
            CertificateJudge.Accept(chain.ExportCertificatePems(), root.RootCert, DateTimeOffset.FromUnixTimeSeconds(1767225700)).Should().EndWith("/svc/web");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
