using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Http.Acl;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Http.Login;

/// <summary>The bodies of auth methods, binding rules and logins (acl ACL-API-1).</summary>
internal static class AclLoginBodies
{
    public static SchemaType<AuthMethod> AuthMethod { get; } = AclBodies.Document("ACLAuthMethod", static () => new AuthMethod(string.Empty, string.Empty))
        .Field("Name", SchemaTypes.Text, static (method, name) => method with { Name = name })
        .Field("Type", SchemaTypes.Text, static (method, type) => method with { Type = type })
        .Field("DisplayName", SchemaTypes.Text, static (method, name) => method with { DisplayName = name })
        .Field("Description", SchemaTypes.Text, static (method, text) => method with { Description = text })
        .Field("MaxTokenTTL", SchemaTypes.ExactDuration, static (method, life) => method with { MaxTokenTtl = life })
        .Field("TokenLocality", SchemaTypes.Text, static (method, locality) => method with { TokenLocality = locality })
        .Field("Config", KeptJson.Map, static (method, config) => method with { Config = config })
        .Ignored("CreateIndex", "ModifyIndex");

    public static SchemaType<BindingRule> BindingRule { get; } = AclBodies.Document("ACLBindingRule", static () => new BindingRule(string.Empty, string.Empty))
        .Field("ID", SchemaTypes.Text, static (rule, id) => rule with { Id = id })
        .Field("Description", SchemaTypes.Text, static (rule, text) => rule with { Description = text })
        .Field("AuthMethod", SchemaTypes.Text, static (rule, name) => rule with { AuthMethod = name })
        .Field("Selector", SchemaTypes.Text, static (rule, selector) => rule with { Selector = selector })
        .Field("BindType", SchemaTypes.Text, static (rule, type) => rule with { BindType = type })
        .Field("BindName", SchemaTypes.Text, static (rule, name) => rule with { BindName = name })
        .Ignored("CreateIndex", "ModifyIndex");

    public static SchemaType<LoginParameters> Login { get; } = AclBodies.Document("ACLLoginParams", static () => new LoginParameters())
        .Field("AuthMethod", SchemaTypes.Text, static (login, name) => login with { AuthMethod = name })
        .Field("BearerToken", SchemaTypes.Text, static (login, token) => login with { BearerToken = token })
        .Field("Meta", SchemaTypes.TextMap, static (login, meta) => login with { Meta = meta });
}

/// <summary>The body of a login (acl ACL-LOG-1).</summary>
internal sealed record LoginParameters
{
    public string AuthMethod { get; init; } = string.Empty;

    public string BearerToken { get; init; } = string.Empty;

    public Dictionary<string, string> Meta { get; init; } = [];

    // Records print their members; a bearer token must not reach a log that way.
    public override string ToString() => "login with " + AuthMethod;
}
