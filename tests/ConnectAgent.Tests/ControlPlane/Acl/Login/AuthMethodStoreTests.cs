using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using ConnectAgent.TestKit.Tokens;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Acl.Login;

/// <summary>Auth methods and their texts (acl ACL-AM-1 to ACL-AM-4).</summary>
public sealed class AuthMethodStoreTests : IDisposable
{
    private const string Names = "Invalid Auth Method: invalid Name. Only alphanumeric characters, '-' and '_' are allowed";
    private const string Sources = "Invalid Auth Method: exactly one of 'JWTValidationPubKeys', 'JWKSURL', or 'OIDCDiscoveryURL' must be set for type \"jwt\"";

    private readonly LoginFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    public static TheoryData<string, string, string, string, string> Wrong() => new()
    {
        // name, type, life, locality, text
        { "", "jwt", "0s", "", "Invalid Auth Method: no Name is set" },
        { "a b", "jwt", "0s", "", Names },
        { "é", "jwt", "0s", "", Names },
        { "a\n", "jwt", "0s", "", Names },
        { new string('a', 129), "jwt", "0s", "", Names },
        { "x", "", "0s", "", "Invalid Auth Method: Type should be one of: [jwt kubernetes]" },
        { "x", "JWT", "0s", "", "Invalid Auth Method: Type should be one of: [jwt kubernetes]" },
        { "x", "oidc", "0s", "", "Invalid Auth Method: Type should be one of: [jwt kubernetes]" },
        { "x", "jwt", "59s", "", "MaxTokenTTL 59s cannot be less than 1m0s" },
        { "x", "jwt", "-1s", "", "MaxTokenTTL -1s cannot be less than 1m0s" },
        { "x", "jwt", "24h1s", "", "MaxTokenTTL 24h0m1s cannot be more than 24h0m0s" },
        { "x", "jwt", "59s999999999ns", "", "MaxTokenTTL 59.999999999s cannot be less than 1m0s" },
        { "x", "jwt", "24h1ns", "", "MaxTokenTTL 24h0m0.000000001s cannot be more than 24h0m0s" },
        { "x", "jwt", "1m", "x", "Invalid Auth Method: TokenLocality should be one of 'local' or 'global'" },
        { "x", "jwt", "1m", "Local", "Invalid Auth Method: TokenLocality should be one of 'local' or 'global'" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_is_wrong_with_a_method(string name, string type, string life, string locality, string text)
    {
        _ = GoDuration.TryParseNanoseconds(life, out var ttl, out _);
        (await WhyNotAsync(new AuthMethod(name, type) { MaxTokenTtl = new ExactDuration(ttl), TokenLocality = locality, Config = Good() })).Should().Be(text);
    }

    public static TheoryData<string, string> WrongConfigurations() => new()
    {
        { "{}", Sources },
        { """{"JWTValidationPubKeys":[],"JWKSURL":""}""", Sources },
        { """{"JWTValidationPubKeys":["x"],"JWKSURL":"http://127.0.0.1/"}""", Sources },
        { """{"OIDCDiscoveryURL":"http://127.0.0.1/","JWKSURL":"http://127.0.0.1/"}""", Sources },
        {
            """{"JWKSURL":"http://127.0.0.1/"}""",
            "Invalid Auth Method: 'JWKSURL' is not supported by this agent, which fetches no keys: set 'JWTValidationPubKeys' to the public keys themselves"
        },
        {
            """{"OIDCDiscoveryURL":"http://127.0.0.1/"}""",
            "Invalid Auth Method: 'OIDCDiscoveryURL' is not supported by this agent, which fetches no keys: set 'JWTValidationPubKeys' to the public keys themselves"
        },
        { """{"JWTValidationPubKeys":["x"],"JWKSCACert":"y"}""", "Invalid Auth Method: 'JWKSCACert' must not be set together with 'JWTValidationPubKeys'" },
        { """{"JWTValidationPubKeys":["x"],"OIDCDiscoveryCACert":"y"}""", "Invalid Auth Method: 'OIDCDiscoveryCACert' must not be set together with 'JWTValidationPubKeys'" },
        { """{"JWTValidationPubKeys":["secret"]}""", "Invalid Auth Method: error parsing public key 'JWTValidationPubKeys[0]': no PEM block found" },
        {
            """{"JWTValidationPubKeys":"-----BEGIN PUBLIC KEY-----\nc2VjcmV0\n-----END PUBLIC KEY-----"}""",
            "Invalid Auth Method: error parsing public key 'JWTValidationPubKeys[0]': the PEM block cannot be read"
        },
        {
            """{"JWTValidationPubKeys":"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"}""",
            "Invalid Auth Method: error parsing public key 'JWTValidationPubKeys[0]': the PEM block must be a PUBLIC KEY, an RSA PUBLIC KEY or a CERTIFICATE"
        },
        { """{"Bogus":1,"JWTValidationPubKeys":["x"]}""", "Invalid Auth Method: error decoding config: 1 error occurred:\n\t* invalid config key \"Bogus\"\n\n" },
        {
            """{"BoundAudiences":[{}],"JWTValidationPubKeys":["x"]}""",
            "Invalid Auth Method: error decoding config: 1 error(s) decoding:\n\n* 'BoundAudiences[0]' expected type 'string', got unconvertible type 'map[string]interface {}'"
        },
        {
            """{"ExpirationLeeway":"soon","JWTValidationPubKeys":["x"]}""",
            "Invalid Auth Method: error decoding config: 1 error(s) decoding:\n\n* error decoding 'ExpirationLeeway': time: invalid duration \"soon\""
        },
    };

    [Theory]
    [MemberData(nameof(WrongConfigurations))]
    public async Task What_is_wrong_with_a_configuration(string config, string text)
    {
        var error = await WhyNotAsync(new AuthMethod("x", "jwt") { Config = config });
        error.Should().Be(text);
        error.Should().NotContain("c2VjcmV0");
    }

    [Fact]
    public async Task What_is_wrong_with_lists_and_mappings()
    {
        (await WhyNotAsync(Config(("JWTSupportedAlgs", new JsonArray("RS256", "HS256"))))).Should().Be(
            "Invalid Auth Method: 'JWTSupportedAlgs' holds \"HS256\", which is none of [ES256 ES384 ES512 PS256 PS384 PS512 RS256 RS384 RS512]");
        (await WhyNotAsync(Config(("JWTSupportedAlgs", new JsonArray("none"))))).Should().StartWith("Invalid Auth Method: 'JWTSupportedAlgs' holds \"none\"");
        (await WhyNotAsync(Config(("ClaimMappings", new JsonObject { ["a"] = "x", ["b"] = "x" })))).Should().Be(
            "Invalid Auth Method: 'ClaimMappings' maps more than one claim to \"x\"");
        (await WhyNotAsync(Config(("ListClaimMappings", new JsonObject { ["a"] = "x", ["b"] = "x" })))).Should().Be(
            "Invalid Auth Method: 'ListClaimMappings' maps more than one claim to \"x\"");
        (await WhyNotAsync(Config(("JWTValidationPubKeys", new JsonArray([.. Enumerable.Repeat("x", 65).Select(text => JsonValue.Create(text))]))))).Should().Be(
            "Invalid Auth Method: 'JWTValidationPubKeys' must not hold more than 64 keys");
    }

    [Fact]
    public async Task Keys_that_prove_little_or_nothing_are_refused()
    {
        using var small = RSA.Create(1024);
        using var curve = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);
        foreach (var key in new AsymmetricAlgorithm[] { small, curve })
        {
            (await WhyNotAsync(Key(key.ExportSubjectPublicKeyInfoPem()))).Should().EndWith(
                "the key must be ECDSA P-256, P-384 or P-521, or RSA of 2048 to 8192 bits");
        }

        // An exponent of 1 makes every signature its own proof.
        var noProof = new AsnWriter(AsnEncodingRules.DER);
        using (noProof.PushSequence())
        {
            noProof.WriteIntegerUnsigned(LoginFixture.Rsa.ExportParameters(includePrivateParameters: false).Modulus);
            noProof.WriteInteger(1);
        }

        (await WhyNotAsync(Key(PemEncoding.WriteString("RSA PUBLIC KEY", noProof.Encode())))).Should().StartWith("Invalid Auth Method: error parsing public key ");
        (await WhyNotAsync(Key(LoginFixture.Rsa.ExportPkcs8PrivateKeyPem()))).Should().EndWith(
            "the PEM block must be a PUBLIC KEY, an RSA PUBLIC KEY or a CERTIFICATE");
        (await WhyNotAsync(Key(LoginFixture.Rsa.ExportSubjectPublicKeyInfoPem() + "\n" + LoginFixture.P256.ExportSubjectPublicKeyInfoPem()))).Should().EndWith(
            "more than one PEM block");
    }

    [Fact] // ACL-AM-4, and the other two forms that public keys come in
    public void Keys_come_in_three_forms()
    {
        var from = DateTimeOffset.UnixEpoch;
        using var rsa = new CertificateRequest("CN=issuer", LoginFixture.Rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(from, from.AddDays(1));
        using var ecdsa = new CertificateRequest("CN=issuer", LoginFixture.P256, HashAlgorithmName.SHA256).CreateSelfSigned(from, from.AddDays(1));
        string[] forms = [LoginFixture.Rsa.ExportSubjectPublicKeyInfoPem(), LoginFixture.Rsa.ExportRSAPublicKeyPem(), rsa.ExportCertificatePem()];
        foreach (var pem in forms)
        {
            Believes(pem, BearerTokens.Sign(LoginFixture.Rsa, _fixture.Claims()));
        }

        Believes(ecdsa.ExportCertificatePem(), BearerTokens.Sign(LoginFixture.P256, _fixture.Claims()));
    }

    [Fact] // "other types are refused with a clear text", once the rest of it is right
    public async Task A_type_that_asks_others_is_refused()
    {
        (await WhyNotAsync(new AuthMethod("k", "kubernetes") { MaxTokenTtl = TimeSpan.FromSeconds(1) })).Should().Be(
            "MaxTokenTTL 1s cannot be less than 1m0s");
        (await WhyNotAsync(new AuthMethod("k", "kubernetes"))).Should().Be(
            "Invalid Auth Method: type \"kubernetes\" is not supported by this agent, which asks no Kubernetes API: use type \"jwt\" with "
            + "'JWTValidationPubKeys' set to the keys that sign the service accounts' tokens");
    }

    [Fact] // ACL-AM-3, and a name that is there already is replaced
    public async Task A_method_is_replaced_but_keeps_its_type()
    {
        var made = await _fixture.MethodAsync();
        (await WhyNotAsync(new AuthMethod("m", "kubernetes"))).Should().Be("the Type field of an Auth Method is immutable");
        var replaced = await _fixture.MethodAsync(method => method with { Type = "", Description = "new", MaxTokenTtl = TimeSpan.Zero });
        replaced.Should().BeEquivalentTo(made with
        {
            Description = "new",
            MaxTokenTtl = TimeSpan.Zero,
            ModifyIndex = replaced.ModifyIndex,
        });
        replaced.ModifyIndex.Should().BeGreaterThan(made.ModifyIndex);
        AuthMethodStore.Find(_fixture.State.Current, "m").Should().BeSameAs(replaced);
    }

    [Fact] // ACL-AM-2: at once, in one write
    public async Task A_method_goes_with_its_rules_and_its_tokens()
    {
        await _fixture.MethodAsync();
        await _fixture.MethodAsync(method => method with { Name = "other" });
        await _fixture.RuleAsync("service", "web");
        var rule = await _fixture.Rules.CreateAsync(new BindingRule("", "other") { BindType = "service", BindName = "db" });
        var gone = await _fixture.LoginAsync();
        var kept = await _fixture.Logins.LoginAsync("other", _fixture.Bearer(), new Dictionary<string, string>());
        var before = _fixture.State.LastIndex;

        await _fixture.Methods.DeleteAsync("m");

        _fixture.State.LastIndex.Should().Be(before + 1);
        _fixture.State.Current.Rows(LoginTables.AuthMethods).Keys.Should().Equal("other");
        _fixture.State.Current.Rows(LoginTables.BindingRules).Keys.Should().Equal(rule.Id);
        _fixture.State.Current.Rows(AclTables.Tokens).Keys.Should().Equal(kept.AccessorId);
        _fixture.Resolver.TryResolve(gone.SecretId).Should().BeNull();
        _fixture.Resolver.TryResolve(kept.SecretId).Should().NotBeNull();
        _fixture.State.Current.IndexOf(AclTables.Tokens).Should().Be(before + 1, "readers of it are to wake");
        await _fixture.Methods.DeleteAsync("m");
        _fixture.State.LastIndex.Should().Be(before + 1);
    }

    [Fact] // rows are on disk under names of their own
    public async Task Methods_and_rules_are_durable()
    {
        var folder = Directory.CreateTempSubdirectory("connect-agent-");
        var file = Path.Combine(folder.FullName, "state.db");
        AuthMethod method;
        BindingRule rule;
        using (var storage = new SqliteStateStorage(file, []))
        using (var state = new StateStore(storage, ControlPlaneTables.All))
        {
            method = await new AuthMethodStore(state).PutAsync(Config(("ClaimMappings", new JsonObject { ["svc"] = "service" })) with
            {
                MaxTokenTtl = new ExactDuration(300_000_000_001), // FA-24: to the nanosecond
                TokenLocality = "global",
                DisplayName = "d",
            });
            rule = await new BindingRuleStore(state).CreateAsync(
                new BindingRule("", "x") { BindType = "role", BindName = "${value.service}", Selector = "value.service==web", Description = "r" });
        }

        using (var storage = new SqliteStateStorage(file, []))
        using (var again = new StateStore(storage, ControlPlaneTables.All))
        {
            AuthMethodStore.Find(again.Current, "x").Should().Be(method);
            BindingRuleStore.Find(again.Current, rule.Id).Should().Be(rule);
        }

        folder.Delete(recursive: true);
    }

    private static string Good() => LoginFixture.Config().ToJsonString();

    private static AuthMethod Config(params (string Name, JsonNode Value)[] more) =>
        new("x", "jwt") { Config = LoginFixture.Config(more).ToJsonString() };

    private static AuthMethod Key(string pem) => Config(("JWTValidationPubKeys", new JsonArray(pem)));

    private void Believes(string pem, string bearer)
    {
        var settings = JwtSettings.Read(LoginFixture.Config(
            ("JWTValidationPubKeys", new JsonArray(pem)), ("JWTSupportedAlgs", new JsonArray("RS256", "ES256"))).ToJsonString());
        new JwtVerifier(_fixture.Clock).Verify(settings, bearer);
    }

    private async Task<string> WhyNotAsync(AuthMethod method)
    {
        var put = () => _fixture.Methods.PutAsync(method);
        var error = (await put.Should().ThrowAsync<ServerException>()).Which;
        error.Kind.Should().Be(FailureKind.Mistake);
        return error.Message;
    }
}
