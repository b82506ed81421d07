using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.TestKit.Tokens;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Acl.Login;

/// <summary>Real tokens by real keys, and what is wrong with the others (acl ACL-AM-4, ACL-LOG-2).</summary>
public sealed class JwtVerifierTests : IDisposable
{
    private const string Unsigned = "error verifying token signature: no known key successfully validated the token signature";
    private const string WrongAlgorithm = "error verifying token signature: its algorithm is none of 'JWTSupportedAlgs'";
    private const string Parts = "error parsing token: square/go-jose: compact JWS format must have three parts";

    private static readonly JsonArray All = [.. JwtKeys.Algorithms.Select(name => JsonValue.Create(name))];

    private readonly LoginFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("PS384")]
    [InlineData("PS512")]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("ES512")]
    public void Each_algorithm_is_checked_with_its_key(string algorithm)
    {
        var token = SignedWith(algorithm);
        Accepts(token, ("JWTSupportedAlgs", All.DeepClone()));
        WhyNot(Flipped(token, part: 2), ("JWTSupportedAlgs", All.DeepClone())).Should().Be(Unsigned);
        WhyNot(token, ("JWTSupportedAlgs", new JsonArray([.. JwtKeys.Algorithms.Where(name => name != algorithm).Select(name => JsonValue.Create(name))])))
            .Should().Be(WrongAlgorithm);
    }

    [Fact] // ACL-AM-4: only RS256 counts where the method says nothing
    public void The_default_is_RS256()
    {
        Accepts(SignedWith("RS256"));
        foreach (var other in JwtKeys.Algorithms.Where(name => name != "RS256"))
        {
            WhyNot(SignedWith(other)).Should().Be(WrongAlgorithm, other);
        }
    }

    [Fact]
    public void A_key_of_nobody_is_refused()
    {
        WhyNot(BearerTokens.Sign(LoginFixture.OtherRsa, _fixture.Claims())).Should().Be(Unsigned);
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        WhyNot(BearerTokens.Sign(stranger, _fixture.Claims()), ("JWTSupportedAlgs", All.DeepClone())).Should().Be(Unsigned);
    }

    [Fact] // a key of another kind than the header names is not even tried
    public void A_key_serves_its_own_algorithm_only()
    {
        var token = BearerTokens.Compose(
            BearerTokens.Header("ES256"), _fixture.Claims().ToJsonString(), input => LoginFixture.P384.SignData(input, HashAlgorithmName.SHA256));
        WhyNot(token, ("JWTSupportedAlgs", All.DeepClone())).Should().Be(Unsigned);
    }

    [Theory] // the header chooses nothing: neither no signature, nor the public key as a shared one
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("NONE")]
    [InlineData("")]
    [InlineData("rs256")]
    public void An_unsigned_token_is_refused(string algorithm)
    {
        var claims = _fixture.Claims().ToJsonString();
        WhyNot(BearerTokens.Compose(BearerTokens.Header(algorithm), claims, _ => [])).Should().Be(WrongAlgorithm);
        WhyNot(BearerTokens.Compose(BearerTokens.Header("RS256"), claims, _ => [])).Should().Be(Unsigned);
    }

    [Theory]
    [InlineData("HS256")]
    [InlineData("RS256")]
    public void The_public_key_is_no_shared_secret(string algorithm)
    {
        byte[][] secrets =
        [
            Encoding.ASCII.GetBytes(LoginFixture.Rsa.ExportSubjectPublicKeyInfoPem()), LoginFixture.Rsa.ExportSubjectPublicKeyInfo(),
            LoginFixture.Rsa.ExportRSAPublicKey(),
        ];
        foreach (var secret in secrets)
        {
            var token = BearerTokens.Compose(BearerTokens.Header(algorithm), _fixture.Claims().ToJsonString(), input => HMACSHA256.HashData(secret, input));
            WhyNot(token).Should().Be(algorithm == "HS256" ? WrongAlgorithm : Unsigned);
        }
    }

    [Fact] // RFC 7518, section 3.4: the two numbers side by side, not the structure that certificates use
    public void An_ECDSA_signature_in_DER_is_refused()
    {
        var token = BearerTokens.Compose(
            BearerTokens.Header("ES256"),
            _fixture.Claims().ToJsonString(),
            input => LoginFixture.P256.SignData(input, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        WhyNot(token, ("JWTSupportedAlgs", All.DeepClone())).Should().Be(Unsigned);
    }

    [Fact]
    public void Claims_of_another_token_are_refused()
    {
        var mine = _fixture.Bearer(("svc", "web")).Split('.');
        var theirs = _fixture.Bearer(("svc", "db")).Split('.');
        WhyNot($"{mine[0]}.{theirs[1]}.{mine[2]}").Should().Be(Unsigned);
        WhyNot(Flipped(_fixture.Bearer(), part: 2)).Should().Be(Unsigned);
    }

    [Fact]
    public void A_cut_token_is_refused_wherever_it_was_cut()
    {
        var token = _fixture.Bearer();
        for (var length = 0; length < token.Length; length += 7)
        {
            WhyNot(token[..length]).Should().MatchRegex(
                "^(missing jwt|error parsing token: (square/go-jose: compact JWS format must have three parts|its signature is not base64url)|" + Unsigned + ")$");
        }
    }

    [Theory]
    [InlineData("", "missing jwt")]
    [InlineData(" \n", "missing jwt")]
    [InlineData("garbage", Parts)]
    [InlineData("a.b", Parts)]
    [InlineData("a.b.c.d.e", Parts)]
    [InlineData("..", "error parsing token: its header is not a JSON object")]
    [InlineData("a.b.c", "error parsing token: its header is not base64url")]
    [InlineData("e30=.e30.e30", "error parsing token: its header is not base64url")]
    [InlineData("e30 .e30.e30", "error parsing token: its header is not base64url")]
    [InlineData("e30.e30.e30", "error parsing token: its header names no algorithm")]
    [InlineData("W10.e30.e30", "error parsing token: its header is not a JSON object")]
    [InlineData("{\"payload\":\"e30\",\"signature\":\"e30\"}", Parts)]
    public void A_text_that_is_no_token_is_refused(string token, string text) => WhyNot(token).Should().Be(text);

    [Fact] // a name twice means one thing to one reader and another to the next; what must be understood is not
    public void A_header_with_a_trap_is_refused()
    {
        var claims = _fixture.Claims().ToJsonString();
        byte[] Sign(byte[] input) => LoginFixture.Rsa.SignData(input, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        WhyNot(BearerTokens.Compose("""{"alg":"none","alg":"RS256"}""", claims, Sign)).Should().Be(
            "error parsing token: its header is not a JSON object");
        WhyNot(BearerTokens.Compose("""{"alg":"RS256","crit":["b64"],"b64":false}""", claims, Sign)).Should().Be(
            "error parsing token: its header has critical extensions");
        WhyNot(BearerTokens.Compose("""{"alg":["RS256"]}""", claims, Sign)).Should().Be("error parsing token: its header names no algorithm");
        WhyNot(BearerTokens.Compose("""{"alg":"RS256"}""", """{"iss":"issuer","iss":"x"}""", Sign)).Should().Be(
            "error parsing token: its payload is not a JSON object");
        WhyNot(BearerTokens.Compose("""{"alg":"RS256"}""", "[]", Sign)).Should().Be("error parsing token: its payload is not a JSON object");
        WhyNot(BearerTokens.Compose("""{"alg":"RS256"}""", new string('[', 40) + new string(']', 40), Sign)).Should().Be(
            "error parsing token: its payload is not a JSON object");

        // Other fields are the issuer's business: one that names a key that nobody knows hides no known key.
        Accepts(BearerTokens.Compose("""{"alg":"RS256","kid":"x","typ":"at+jwt","jku":"https://127.0.0.1:1/","x":{}}""", claims, Sign));
    }

    [Fact]
    public void A_huge_token_is_refused_and_a_large_one_taken()
    {
        Accepts(_fixture.Bearer(("pad", new string('x', 20_000))));
        WhyNot(_fixture.Bearer(("pad", new string('x', 25_000)))).Should().Be("error parsing token: it is longer than 32768 characters");
        WhyNot(new string('.', 1_000_000)).Should().Be("error parsing token: it is longer than 32768 characters");
    }

    [Fact]
    public void Space_around_a_token_does_not_count() => Accepts($" {_fixture.Bearer()}\n");

    [Theory] // ACL-LOG-2
    [InlineData("iss", "\"other\"", "error validating claims: square/go-jose/jwt: validation failed, invalid issuer claim (iss)")]
    [InlineData("iss", "\"Issuer\"", "error validating claims: square/go-jose/jwt: validation failed, invalid issuer claim (iss)")]
    [InlineData("iss", "null", "error validating claims: square/go-jose/jwt: validation failed, invalid issuer claim (iss)")]
    [InlineData("iss", "[\"issuer\"]", "error validating claims: square/go-jose/jwt: validation failed, invalid issuer claim (iss)")]
    [InlineData("aud", "\"other\"", "error validating claims: aud claim does not match any bound audience")]
    [InlineData("aud", "[\"other\",\"more\",3]", "error validating claims: aud claim does not match any bound audience")]
    [InlineData("aud", "[]", "error validating claims: aud claim does not match any bound audience")]
    [InlineData("aud", "null", "error validating claims: aud claim does not match any bound audience")]
    [InlineData("aud", "[\"other\",\"them\"]", null)]
    [InlineData("aud", "\"them\"", null)]
    [InlineData("exp", "\"soon\"", "error validating claims: exp is not a number of seconds")]
    [InlineData("nbf", "{}", "error validating claims: nbf is not a number of seconds")]
    [InlineData("iat", "true", "error validating claims: iat is not a number of seconds")]
    [InlineData("exp", "0", "error validating claims: square/go-jose/jwt: validation failed, token is expired (exp)")]
    [InlineData("exp", "-1e300", "error validating claims: square/go-jose/jwt: validation failed, token is expired (exp)")]
    [InlineData("exp", "1e18", null)]
    [InlineData("nbf", "1e18", "error validating claims: square/go-jose/jwt: validation failed, token not valid yet (nbf)")]
    public void A_claim_that_does_not_fit_is_refused(string name, string value, string? text)
    {
        var token = _fixture.Bearer((name, JsonNode.Parse(value)));
        if (text is null)
        {
            Accepts(token);
            return;
        }

        WhyNot(token).Should().Be(text);
    }

    [Theory] // seconds after the clock's time; ACL-AM-4's leeways: what a token says has the clock skew, what it does not say is filled in
    [InlineData(null, null, -59, null)]
    [InlineData(null, null, -61, "expired")]
    [InlineData(null, null, 209, null)] // nothing but its end: it begins 150 s before that, and 60 s may be the clocks'
    [InlineData(null, null, 211, "not valid yet")]
    [InlineData(59, null, 600, null)]
    [InlineData(61, null, 600, "not valid yet")] // without nbf it begins when it was made
    [InlineData(61, -10, 600, "future")]
    [InlineData(-10, 59, 600, null)]
    [InlineData(-10, 61, 600, "not valid yet")]
    [InlineData(-209, null, null, null)] // without its end it lives 150 s, and 60 s may be the clocks'
    [InlineData(-211, null, null, "expired")]
    [InlineData(null, -209, null, null)]
    [InlineData(null, -211, null, "expired")]
    [InlineData(-500, -209, null, null)]
    [InlineData(null, null, null, "no issue time")]
    public void Times_have_their_leeways(int? issued, int? begins, int? ends, string? text)
    {
        var token = Timed(issued, begins, ends);
        if (text is null)
        {
            Accepts(token);
            return;
        }

        WhyNot(token).Should().StartWith("error validating claims: ").And.Contain(text);
    }

    [Fact] // ACL-AM-4: 0 is the default, below it there is none
    public void Leeways_can_be_set_and_switched_off()
    {
        Accepts(Timed(0, 0, -90), ("ClockSkewLeeway", "2m"));
        WhyNot(Timed(0, 0, -1), ("ClockSkewLeeway", "-1ns")).Should().Contain("expired");
        WhyNot(Timed(0, 0, -1), ("ClockSkewLeeway", -1)).Should().Contain("expired");
        Accepts(Timed(0, 0, -59), ("ClockSkewLeeway", 0));
        Accepts(Timed(-400, null, null), ("ExpirationLeeway", "10m"));
        WhyNot(Timed(-61, null, null), ("ExpirationLeeway", "-1ns")).Should().Contain("expired");
        Accepts(Timed(null, null, 600), ("NotBeforeLeeway", "10m"));
        WhyNot(Timed(null, null, 600)).Should().Contain("not valid yet");
    }

    [Fact]
    public void What_the_method_does_not_bind_may_be_anything()
    {
        var token = _fixture.Bearer(("iss", null), ("aud", "anyone"));
        Accepts(token, ("BoundIssuer", ""), ("BoundAudiences", new JsonArray()));
    }

    [Fact] // ACL-AM-4: claims by name, and by a path of RFC 6901
    public void Claims_are_taken_under_their_mapped_names()
    {
        var claims = () => new (string, JsonNode?)[]
        {
            ("svc", "web"), ("n", 7), ("f", 1.50m), ("yes", true), ("gone", null), ("list", new JsonArray("a", 2, false)), ("one", "x"),
            ("org", JsonNode.Parse("""{"team":{"name":"core"},"a/b":"slash","m~n":"tilde","list":["p","q"]}""")), ("/odd", "path wins"),
        };
        var identity = Accepts(
            _fixture.Bearer(claims()),
            ("ClaimMappings", JsonNode.Parse("""
                {"svc":"service","n":"number","f":"fraction","yes":"flag","gone":"gone","absent":"absent","/org/team/name":"team",
                 "/org/a~1b":"slash","/org/m~0n":"tilde","/org/list/1":"second","/org/list/9":"ninth","/svc/x":"too deep","/odd":"odd"}
                """)!),
            ("ListClaimMappings", JsonNode.Parse("""{"list":"all","one":"single","/org/list":"nested","none":"none"}""")!));
        identity.Values.Should().BeEquivalentTo(new Dictionary<string, string>
        {
            ["service"] = "web",
            ["number"] = "7",
            ["fraction"] = "1.50",
            ["flag"] = "true",
            ["gone"] = "",
            ["absent"] = "",
            ["team"] = "core",
            ["slash"] = "slash",
            ["tilde"] = "tilde",
            ["second"] = "q",
            ["ninth"] = "",
            ["too deep"] = "",
            ["odd"] = "",
        });
        identity.Lists.Should().BeEquivalentTo(new Dictionary<string, string[]>
        {
            ["all"] = ["a", "2", "false"],
            ["single"] = ["x"],
            ["nested"] = ["p", "q"],
            ["none"] = [],
        });
        WhyNot(_fixture.Bearer(claims()), ("ClaimMappings", new JsonObject { ["org"] = "x" })).Should().Be(
            "error extracting claims: claim 'org' is no text, number or truth value");
        WhyNot(_fixture.Bearer(claims()), ("ListClaimMappings", new JsonObject { ["org"] = "x" })).Should().Be(
            "error extracting claims: claim 'org' is no text, number or truth value");
    }

    [Fact] // no token in errors
    public void No_error_repeats_the_token()
    {
        var bad = _fixture.Bearer(("aud", "bad-audience"), ("sub", "some-subject"));
        foreach (var token in new[] { bad, Flipped(bad, part: 2), bad + "!", bad[..^9] })
        {
            var text = WhyNot(token);
            text.Should().NotContainAny(bad.Split('.')).And.NotContainAny("some-subject", "bad-audience");
        }
    }

    private static string Flipped(string token, int part)
    {
        var parts = token.Split('.');
        var middle = parts[part].Length / 2;
        parts[part] = parts[part][..middle] + (parts[part][middle] == 'A' ? 'B' : 'A') + parts[part][(middle + 1)..];
        return string.Join('.', parts);
    }

    private static string WhyNot(JwtVerifier verifier, string token, (string Name, JsonNode Value)[] config)
    {
        var verify = () => verifier.Verify(JwtSettings.Read(LoginFixture.Config(config).ToJsonString()), token);
        var error = verify.Should().Throw<ServerException>().Which;
        error.Kind.Should().Be(FailureKind.Mistake);
        return error.Message;
    }

    private string SignedWith(string algorithm) => algorithm switch
    {
        "ES256" => BearerTokens.Sign(LoginFixture.P256, _fixture.Claims(), algorithm),
        "ES384" => BearerTokens.Sign(LoginFixture.P384, _fixture.Claims(), algorithm),
        "ES512" => BearerTokens.Sign(LoginFixture.P521, _fixture.Claims(), algorithm),
        _ => BearerTokens.Sign(LoginFixture.Rsa, _fixture.Claims(), algorithm),
    };

    private string Timed(int? issued, int? begins, int? ends)
    {
        var now = _fixture.Clock.GetUtcNow().ToUnixTimeSeconds();
        var claims = _fixture.Claims();
        foreach (var (name, after) in new[] { ("iat", issued), ("nbf", begins), ("exp", ends) })
        {
            claims.Remove(name);
            if (after is { } seconds)
            {
                claims[name] = now + seconds;
            }
        }

        return BearerTokens.Sign(LoginFixture.Rsa, claims);
    }

    private LoginIdentity Accepts(string token, params (string Name, JsonNode Value)[] config) =>
        new JwtVerifier(_fixture.Clock).Verify(JwtSettings.Read(LoginFixture.Config(config).ToJsonString()), token);

    private string WhyNot(string token, params (string Name, JsonNode Value)[] config) =>
        WhyNot(new JwtVerifier(_fixture.Clock), token, config);
}
