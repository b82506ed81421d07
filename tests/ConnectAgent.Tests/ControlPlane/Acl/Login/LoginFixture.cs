using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using ConnectAgent.TestKit.Tokens;
using ConnectAgent.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ConnectAgent.Tests.ControlPlane.Acl.Login;

/// <summary>An issuer with real keys, and the stores that its tokens are used with.</summary>
internal sealed class LoginFixture : IDisposable
{
    public static readonly RSA Rsa = RSA.Create(2048);
    public static readonly RSA OtherRsa = RSA.Create(2048);
    public static readonly ECDsa P256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    public static readonly ECDsa P384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    public static readonly ECDsa P521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);

    public LoginFixture()
    {
        Tokens = new AclTokenStore(State, Clock);
        Roles = new AclRoleStore(State);
        Methods = new AuthMethodStore(State);
        Rules = new BindingRuleStore(State);
        Options = new AclOptions { Enabled = true, DefaultAllow = false };
        Resolver = new TokenResolver(State, Options, new ConnectAgent.Protocol.Tokens.RecoveryToken("node1"), Clock);
        Policies = new AclPolicyStore(State, Options, NullLogger<AclPolicyStore>.Instance);
        Logins = new LoginService(State, new JwtVerifier(Clock), Options, Clock, NullLogger<LoginService>.Instance);
    }

    public ManualTimeProvider Clock { get; } = new();

    public StateStore State { get; } = new(new MemoryStateStorage(), ControlPlaneTables.All);

    public AclOptions Options { get; }

    public AclTokenStore Tokens { get; }

    public AclPolicyStore Policies { get; }

    public AclRoleStore Roles { get; }

    public AuthMethodStore Methods { get; }

    public BindingRuleStore Rules { get; }

    public TokenResolver Resolver { get; }

    public LoginService Logins { get; }

    /// <summary>A configuration with all of the keys but <see cref="OtherRsa"/>.</summary>
    public static JsonObject Config(params (string Name, JsonNode Value)[] more)
    {
        var config = new JsonObject
        {
            ["JWTValidationPubKeys"] = new JsonArray(
                Rsa.ExportSubjectPublicKeyInfoPem(),
                P256.ExportSubjectPublicKeyInfoPem(),
                P384.ExportSubjectPublicKeyInfoPem(),
                P521.ExportSubjectPublicKeyInfoPem()),
            ["BoundIssuer"] = "issuer",
            ["BoundAudiences"] = new JsonArray("us", "them"),
        };
        foreach (var (name, value) in more)
        {
            config[name] = value;
        }

        return config;
    }

    /// <summary>What a good token says at the clock's time.</summary>
    public JsonObject Claims(params (string Name, JsonNode? Value)[] more)
    {
        var now = Clock.GetUtcNow().ToUnixTimeSeconds();
        var claims = new JsonObject { ["iss"] = "issuer", ["aud"] = "us", ["iat"] = now, ["nbf"] = now, ["exp"] = now + 600 };
        foreach (var (name, value) in more)
        {
            claims[name] = value;
        }

        return claims;
    }

    public string Bearer(params (string Name, JsonNode? Value)[] more) => BearerTokens.Sign(Rsa, Claims(more));

    /// <summary>The method <c>m</c> that knows the claims svc, team and groups.</summary>
    public Task<AuthMethod> MethodAsync(Func<AuthMethod, AuthMethod>? change = null)
    {
        var method = new AuthMethod("m", "jwt")
        {
            MaxTokenTtl = TimeSpan.FromMinutes(5),
            Config = Config(
                ("ClaimMappings", new JsonObject { ["svc"] = "service", ["team"] = "team" }),
                ("ListClaimMappings", new JsonObject { ["groups"] = "groups" })).ToJsonString(),
        };
        return Methods.PutAsync(change is null ? method : change(method));
    }

    public Task<BindingRule> RuleAsync(string type, string name, string selector = "") =>
        Rules.CreateAsync(new BindingRule(string.Empty, "m") { BindType = type, BindName = name, Selector = selector });

    public Task<AclToken> LoginAsync(params (string Name, JsonNode? Value)[] claims) =>
        Logins.LoginAsync("m", Bearer(claims), new Dictionary<string, string>());

    public void Dispose() => State.Dispose();
}
