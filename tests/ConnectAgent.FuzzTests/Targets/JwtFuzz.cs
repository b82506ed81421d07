using System.Buffers.Text;
using System.Text;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Testing;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>Bearer tokens of a login, as anybody may send them (acl ACL-LOG-2).</summary>
/// <remarks>An input of several lines is taken for three: header, claims and signature, of which a token is made: mutations would seldom stay base64.</remarks>
internal sealed class JwtFuzz : FuzzTarget
{
    private readonly ManualTimeProvider _clock = new();

    public override string Name => "jwt";

    public override IReadOnlyList<string> Words =>
    [
        ".", "..", "\n", "{", "}", "[", "]", ":", ",", "\"alg\":\"RS256\"", "\"alg\":\"none\"", "\"iss\":\"issuer\"", "\"aud\":[\"us\"]", "\"exp\":1767226200", "\"nbf\":1e400", "\"iat\":-1", "\"svc\":\"web\"",
        "\"groups\":[\"a\"]", "\"\\ud800\"", "null", "\"", "\\", "=", "e30",
    ];

    public override IReadOnlyList<Type> Refusals => [typeof(ServerException)];

    public override long WorkPerByte => 1_024;

    public override bool Run(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var bearer = text.Contains('\n', StringComparison.Ordinal)
            ? string.Join('.', text.Split('\n').Select(part => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part))))
            : text;
        var token = CompactJws.Parse(bearer);
        JwtClaims.Check(token.Claims, Settings, _clock.GetUtcNow());
        JwtClaims.Map(token.Claims, Settings);
        return true;
    }

    private static readonly JwtSettings Settings = JwtSettings.Read(
        """
        {"JWTValidationPubKeys":["-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0jBwmGKWV9Bj3TY69WWm+Ok9YNozzOJ65R4ApX64paMeDZlcU0vn+FL9DwrfdY47BWhg5lCoahmQix9d6tIwAw==\n-----END PUBLIC KEY-----"],"BoundIssuer":"issuer","BoundAudiences":["us"],"ClaimMappings":{"svc":"service","/svc/a/1":"deep"},"ListClaimMappings":{"groups":"groups"}}
        """);
}
