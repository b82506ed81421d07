using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Authority;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Certificates as <c>openssl</c> sees them (certificates sections 2 to 5).</summary>
public sealed class LeafCertificateTests(SharedAgent shared) : IClassFixture<SharedAgent>
{
    private const string Domain = "11111111-2222-3333-4444-555555555555.consul";

    [Fact] // CERT-43, CERT-44, CERT-47, CERT-49; the dump of certificates.md as the oracle
    public async Task A_leaf_is_what_openssl_says_it_must_be()
    {
        var leaf = await shared.LeafAsync("web");
        var text = await OpenSslAsync(["x509", "-noout", "-text", "-certopt", "ext_parse"], (string)leaf["CertPEM"]!);
        text.Should().Contain("Version: 3 (0x2)").And.Contain("Signature Algorithm: ecdsa-with-SHA256")
            .And.Contain("Subject: CN = web.svc.default.11111111.consul").And.Contain("ASN1 OID: prime256v1")
            .And.Contain($"URI:spiffe://{Domain}/ns/default/dc/dc1/svc/web");
        text.Should().MatchRegex("X509v3 Key Usage: critical\n +Digital Signature, Key Encipherment, Data Encipherment, Key Agreement");
        text.Should().MatchRegex("X509v3 Extended Key Usage: *\n +TLS Web Client Authentication, TLS Web Server Authentication");
        text.Should().MatchRegex("X509v3 Basic Constraints: critical\n +CA:FALSE");
        text.Should().MatchRegex("X509v3 Subject Key Identifier: *\n +([0-9A-F]{2}:){31}[0-9A-F]{2}\n");
        text.Should().MatchRegex("X509v3 Authority Key Identifier: *\n +([0-9A-F]{2}:){31}[0-9A-F]{2}\n");
        text.Should().NotContain("DNS:").And.NotContain("X509v3 Subject Alternative Name: critical");
        Order(text).Should().Equal(
            "Key Usage", "Extended Key Usage", "Basic Constraints", "Subject Key Identifier", "Authority Key Identifier", "Subject Alternative Name");
        var (from, to) = (DateTimeOffset.Parse((string)leaf["ValidAfter"]!), DateTimeOffset.Parse((string)leaf["ValidBefore"]!));
        (to - from).Should().Be(TimeSpan.FromHours(72));
    }

    [Fact] // CERT-40, CERT-46
    public async Task The_root_is_what_openssl_says_it_must_be()
    {
        var roots = await shared.RootsAsync();
        var text = await OpenSslAsync(["x509", "-noout", "-text"], (string)roots["Roots"]![0]!["RootCert"]!);
        text.Should().MatchRegex("Subject: CN = pri-[0-9a-z]{1,8}\\.consul\\.ca\\.11111111\\.consul\n").And.Contain($"URI:spiffe://{Domain}\n");
        text.Should().MatchRegex("X509v3 Key Usage: critical\n +Digital Signature, Certificate Sign, CRL Sign");
        text.Should().MatchRegex("X509v3 Basic Constraints: critical\n +CA:TRUE\n");
        Order(text).Should().Equal("Key Usage", "Basic Constraints", "Subject Key Identifier", "Authority Key Identifier", "Subject Alternative Name");
        var fingerprint = await OpenSslAsync(["x509", "-noout", "-fingerprint", "-sha1"], (string)roots["Roots"]![0]!["RootCert"]!);
        fingerprint.Trim().Split('=')[1].ToLowerInvariant().Should().Be((string)roots["ActiveRootID"]!, "CERT-50");
    }

    [Theory] // CERT-20, CERT-21, LEAF-1
    [InlineData("web")]
    [InlineData("Web_Service.V2")]
    [InlineData("sp%20ace")]
    [InlineData("%C3%A9t%C3%A9")]
    [InlineData("---")]
    [InlineData("100%25")]
    public async Task A_leaf_verifies_against_the_roots_and_pairs_with_its_key(string path)
    {
        var leaf = await shared.LeafAsync(path);
        using var folder = new TemporaryFolder();
        var chain = folder.Write("leaf.pem", (string)leaf["CertPEM"]!);
        var roots = folder.Write("roots.pem", await shared.Agent.Http.GetStringAsync(new Uri("/v1/connect/ca/roots?pem=true", UriKind.Relative)));
        var (code, output, errors) = await RunningProcess.RunAsync("openssl", ["verify", "-x509_strict", "-CAfile", roots, chain]);
        (output + errors).Should().Contain("OK");
        code.Should().Be(0);
        CertificateJudge.Accept((string)leaf["CertPEM"]!, await File.ReadAllTextAsync(roots)).Should().Be((string)leaf["ServiceURI"]!);
        var ofCertificate = await OpenSslAsync(["x509", "-noout", "-pubkey"], (string)leaf["CertPEM"]!);
        var ofKey = await OpenSslAsync(["pkey", "-pubout"], (string)leaf["PrivateKeyPEM"]!);
        ofKey.Should().Be(ofCertificate);
    }

    [Fact] // CERT-47: the identifier is SHA-256 over the whole SubjectPublicKeyInfo
    public async Task The_key_identifier_is_the_hash_of_the_public_key()
    {
        var leaf = await shared.LeafAsync("web");
        var pem = await OpenSslAsync(["x509", "-noout", "-pubkey"], (string)leaf["CertPEM"]!);
        var expected = Convert.ToHexString(SHA256.HashData(PemEncoding.TryFind(pem, out var fields)
            ? Convert.FromBase64String(pem[fields.Base64Data]) : []));
        var text = await OpenSslAsync(["x509", "-noout", "-ext", "subjectKeyIdentifier"], (string)leaf["CertPEM"]!);
        text.Replace(":", string.Empty, StringComparison.Ordinal).Should().Contain(expected);
    }

    private static IEnumerable<string> Order(string text) => text.Split('\n')
        .Where(line => line.Contains("X509v3 ", StringComparison.Ordinal) && !line.Contains("extensions", StringComparison.Ordinal))
        .Select(line => line.Trim()["X509v3 ".Length..].Split(':')[0]);

    private static async Task<string> OpenSslAsync(string[] arguments, string input)
    {
        var (code, output, errors) = await RunningProcess.RunAsync("openssl", arguments, input: input);
        code.Should().Be(0, errors);
        return output;
    }
}

/// <summary>One agent for a class of tests.</summary>
public sealed class SharedAgent : IAsyncLifetime
{
    public AgentProcess Agent { get; private set; } = null!;

    public async Task InitializeAsync() => Agent = await AgentProcess.StartAsync();

    public async Task DisposeAsync() => await Agent.DisposeAsync();

    public Task<JsonObject> LeafAsync(string escapedName) => GetAsync("/v1/agent/connect/ca/leaf/" + escapedName);

    public Task<JsonObject> RootsAsync() => GetAsync("/v1/agent/connect/ca/roots");

    private async Task<JsonObject> GetAsync(string path) =>
        JsonNode.Parse(await Agent.Http.GetStringAsync(new Uri(path, UriKind.Relative)))!.AsObject();
}
