using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Tokens;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Acl.Login;

/// <summary>Whatever comes as a bearer token, a configuration or a bind name: a result or a clear error, never anything else.</summary>
public sealed class LoginFuzzTests : IDisposable
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ":", ",", "\"alg\"", "\"RS256\"", "\"none\"", "\"iss\"", "\"issuer\"", "\"aud\"", "\"us\"", "\"exp\"", "\"nbf\"", "\"iat\"",
        "\"svc\"", "\"groups\"", "1767225600", "1767226200", "-1", "1e400", "-1e400", "1.5", "null", "true", "\"\\ud800\"", "\"\\u0000\"", "\"", "\\", " ", "\u00e9", "\0",
    ];

    private static readonly string[] Claims =
    [
        "\"iss\":\"issuer\"", "\"aud\":\"us\"", "\"aud\":[\"us\",3,null]", "\"aud\":{}", "\"exp\":1767226200", "\"exp\":1e400", "\"exp\":-1e400", "\"exp\":\"x\"",
        "\"nbf\":1767225600.5", "\"nbf\":99999999999999999999", "\"iat\":0", "\"iat\":null", "\"svc\":\"web\"", "\"svc\":{\"a\":[1,2]}", "\"svc\":1e-7",
        "\"groups\":[\"a\",[\"b\"]]", "\"groups\":[]", "\"groups\":\"x\"", "\"\":\"\"", "\"\\ud800\":\"\\udfff\"",
    ];

    private static readonly int Runs = Soak.Of(20_000, 100_000);

    private readonly LoginFixture _fixture = new();
    private readonly Random _random = new(5);

    public void Dispose() => _fixture.Dispose();

    [Fact] // pieces of JSON as parts, real tokens with characters put in, taken out and changed, and noise
    public void Any_text_is_a_token_or_a_clear_error()
    {
        var real = Enumerable.Range(0, 8).Select(i => _fixture.Bearer(("svc", new string('x', i)))).ToArray();
        var parsed = 0;
        for (var i = 0; i < Runs; i++)
        {
            var text = (i % 4) switch
            {
                0 => Mutated(real[_random.Next(real.Length)]),
                1 => $"{Encoded(Any(Pieces))}.{Encoded(Any(Pieces))}.{Encoded(Any(Pieces))}",
                2 => $"{Encoded("{\"alg\":\"RS256\"}")}.{Encoded("{" + string.Join(',', Some(Claims)) + "}")}.AA",
                _ => Noise(),
            };
            parsed += IsHandled(() => CompactJws.Parse(text)) ? 1 : 0;
        }

        parsed.Should().BeGreaterThan(Runs / 10, "else this looks at nothing but broken text");
    }

    [Fact] // behind a good signature: 100 000 sets of claims
    public void Any_claims_are_an_identity_or_a_clear_error()
    {
        var settings = JwtSettings.Read(LoginFixture.Config(
            ("ClaimMappings", JsonNode.Parse("""{"svc":"service","/svc/a/1":"deep","":"empty"}""")!),
            ("ListClaimMappings", JsonNode.Parse("""{"groups":"groups","/groups/1":"deep"}""")!)).ToJsonString());
        var taken = 0;
        for (var i = 0; i < Runs; i++)
        {
            var payload = "{" + string.Join(',', Some(Claims)) + "}";
            taken += IsHandled(() =>
            {
                var token = CompactJws.Parse($"{Encoded("{\"alg\":\"RS256\"}")}.{Encoded(payload)}.AA");
                JwtClaims.Check(token.Claims, settings, _fixture.Clock.GetUtcNow());
                return JwtClaims.Map(token.Claims, settings);
            }) ? 1 : 0;
        }

        taken.Should().BeGreaterThan(100);
    }

    [Fact] // through the whole verifier, the library included: signed for real, over odd headers and claims
    public void Any_signed_token_is_taken_or_a_clear_error()
    {
        var verifier = new JwtVerifier(_fixture.Clock);
        var settings = JwtSettings.Read(LoginFixture.Config(("JWTSupportedAlgs", new JsonArray("ES256"))).ToJsonString());
        string[] headers = ["{\"alg\":\"ES256\"}", "{\"alg\":\"ES256\",\"kid\":null}", "{\"alg\":\"ES256\",\"kid\":3,\"typ\":{}}", "{\"alg\":\"ES256\",\"x5t\":\"\\ud800\"}", "{\"alg\":\"ES256\",\"cty\":\"JWT\",\"enc\":\"A128GCM\"}"];
        var taken = 0;
        for (var i = 0; i < 3_000; i++)
        {
            var payload = "{" + string.Join(',', Some(Claims).Prepend("\"iss\":\"issuer\"").Prepend("\"aud\":\"us\"").DistinctBy(claim => claim.Split(':')[0])) + "}";
            var token = BearerTokens.Compose(
                headers[i % headers.Length], payload, input => LoginFixture.P256.SignData(input, HashAlgorithmName.SHA256));
            try
            {
                _ = verifier.Verify(settings, i % 10 == 0 ? Mutated(token) : token);
                taken++;
            }
            catch (ServerException error)
            {
                Check(error);
            }
        }

        taken.Should().BeGreaterThan(100);
    }

    [Fact] // 100 000 configurations
    public void Any_configuration_is_read_or_a_clear_error()
    {
        string[] names = ["JWTValidationPubKeys", "jwtsupportedalgs", "JWKSURL", "BoundIssuer", "BoundAudiences", "ClaimMappings", "ListClaimMappings", "ExpirationLeeway", "Nope", ""];
        string[] values = ["null", "\"x\"", "[\"x\"]", "{\"a\":\"b\"}", "{\"a\":[{}]}", "[[]]", "-1", "1e300", "\"5m\"", "\"9999999h\"", "true", "[{\"a\":\"b\"},{\"a\":1}]", "[null]", "\"RS256\""];
        var key = JsonValue.Create(LoginFixture.P256.ExportSubjectPublicKeyInfoPem()).ToJsonString();
        var read = 0;
        for (var i = 0; i < Runs; i++)
        {
            List<string> fields = i % 2 == 0 ? [$"\"JWTValidationPubKeys\":{key}"] : [];
            for (var left = _random.Next(4); left > 0; left--)
            {
                var name = names[_random.Next(i % 2, names.Length)];
                fields.RemoveAll(field => field.StartsWith($"\"{name}\"", StringComparison.Ordinal));
                fields.Add($"\"{name}\":{values[_random.Next(values.Length)]}");
            }

            read += IsHandled(() => JwtSettings.Read("{" + string.Join(',', fields) + "}")) ? 1 : 0;
        }

        read.Should().BeGreaterThan(Runs / 100);
    }

    [Fact] // keys with bytes changed, cut and added
    public void Any_key_is_read_or_a_clear_error()
    {
        (string Label, byte[] Der)[] keys =
        [
            ("PUBLIC KEY", LoginFixture.Rsa.ExportSubjectPublicKeyInfo()), ("PUBLIC KEY", LoginFixture.P384.ExportSubjectPublicKeyInfo()),
            ("RSA PUBLIC KEY", LoginFixture.Rsa.ExportRSAPublicKey()), ("CERTIFICATE", LoginFixture.P256.ExportSubjectPublicKeyInfo()),
        ];
        var read = 0;
        for (var i = 0; i < Runs / 10; i++)
        {
            var (label, der) = keys[i % keys.Length];
            var bytes = der.ToList();
            for (var left = _random.Next(3); left > 0; left--)
            {
                var at = _random.Next(Math.Min(bytes.Count, 60));
                _ = _random.Next(3) switch
                {
                    0 => bytes[at] = (byte)_random.Next(256),
                    1 => bytes[at] ^= (byte)(1 << _random.Next(8)),
                    _ => Cut(bytes, at),
                };
            }

            read += IsHandled(() => JwtKeys.Read(PemEncoding.WriteString(label, [.. bytes]), "key")) ? 1 : 0;
        }

        read.Should().BeGreaterThan(Runs / 100);

        static byte Cut(List<byte> bytes, int at)
        {
            bytes.RemoveRange(at, bytes.Count - at);
            bytes.AddRange([5, 0, 0]);
            return 0;
        }
    }

    [Fact] // 100 000 bind names
    public void Any_bind_name_is_a_name_or_a_clear_error()
    {
        string[] pieces = ["$", "{", "}", "${", "$${", "value.x", "value.", ".", " ", "\n", "a", "-", "é", "\0", "${value.x}", "${ value.x\t}"];
        var computed = 0;
        for (var i = 0; i < Runs; i++)
        {
            computed += IsHandled(() => BindName.Compute(Any(pieces), name => name == "value.x" ? "web" : null)) ? 1 : 0;
        }

        computed.Should().BeGreaterThan(Runs / 100);
    }

    private static bool IsHandled(Func<object> read)
    {
        try
        {
            return read() is not null;
        }
        catch (Exception error) when (error is ServerException or JwtSettingsException or BindNameException)
        {
            Check(error);
            return false;
        }
    }

    private static void Check(Exception error) => error.Message.Length.Should().BeInRange(1, 5_000);

    private static string Encoded(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private string Mutated(string token)
    {
        var text = new StringBuilder(token);
        for (var left = _random.Next(1, 4); left > 0; left--)
        {
            var at = _random.Next(text.Length);
            _ = _random.Next(3) switch
            {
                0 => text.Remove(at, Math.Min(_random.Next(1, 20), text.Length - at - 1)),
                1 => text.Insert(at, ". =\n\u00e9A"[_random.Next(6)]),
                _ => text.Replace(text[at], (char)_random.Next(1, 300), at, 1),
            };
        }

        return text.ToString();
    }

    private string Any(string[] pieces) => string.Concat(Enumerable.Range(0, _random.Next(12)).Select(_ => pieces[_random.Next(pieces.Length)]));

    private IEnumerable<string> Some(string[] pieces) =>
        Enumerable.Range(0, _random.Next(8)).Select(_ => pieces[_random.Next(pieces.Length)]).DistinctBy(piece => piece.Split(':')[0]);

    private string Noise() => new([.. Enumerable.Range(0, _random.Next(60)).Select(_ => (char)_random.Next(0x10000))]);
}
