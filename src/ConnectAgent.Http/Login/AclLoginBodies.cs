using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Http.Acl;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Login;

/// <summary>Reads the bodies of auth methods, binding rules and logins (acl ACL-API-1).</summary>
internal static class AclLoginBodies
{
    public static AuthMethod AuthMethod(ref GoJsonReader json)
    {
        const string Type = "ACLAuthMethod";
        return json.DocumentOf("structs." + Type, new AuthMethod(string.Empty, string.Empty), static (ref GoJsonReader inner, AuthMethod method) =>
        {
            switch (inner.Name.ToUpperInvariant())
            {
                case "NAME":
                    return method with { Name = inner.String(Type + ".Name") ?? string.Empty };
                case "TYPE":
                    return method with { Type = inner.String(Type + ".Type") ?? string.Empty };
                case "DISPLAYNAME":
                    return method with { DisplayName = inner.String(Type + ".DisplayName") ?? string.Empty };
                case "DESCRIPTION":
                    return method with { Description = inner.String(Type + ".Description") ?? string.Empty };
                case "MAXTOKENTTL":
                    return method with { MaxTokenTtl = inner.Duration(Type + ".MaxTokenTTL") ?? TimeSpan.Zero };
                case "TOKENLOCALITY":
                    return method with { TokenLocality = inner.String(Type + ".TokenLocality") ?? string.Empty };
                case "CONFIG":
                    return method with { Config = inner.JsonObject(Type + ".Config") ?? "{}" };
                case "CREATEINDEX" or "MODIFYINDEX":
                    inner.Ignore();
                    return method;
                default:
                    AclBodies.Unknown(ref inner);
                    return method;
            }
        });
    }

    public static BindingRule BindingRule(ref GoJsonReader json)
    {
        const string Type = "ACLBindingRule";
        return json.DocumentOf("structs." + Type, new BindingRule(string.Empty, string.Empty), static (ref GoJsonReader inner, BindingRule rule) =>
        {
            switch (inner.Name.ToUpperInvariant())
            {
                case "ID":
                    return rule with { Id = inner.String(Type + ".ID") ?? string.Empty };
                case "DESCRIPTION":
                    return rule with { Description = inner.String(Type + ".Description") ?? string.Empty };
                case "AUTHMETHOD":
                    return rule with { AuthMethod = inner.String(Type + ".AuthMethod") ?? string.Empty };
                case "SELECTOR":
                    return rule with { Selector = inner.String(Type + ".Selector") ?? string.Empty };
                case "BINDTYPE":
                    return rule with { BindType = inner.String(Type + ".BindType") ?? string.Empty };
                case "BINDNAME":
                    return rule with { BindName = inner.String(Type + ".BindName") ?? string.Empty };
                case "CREATEINDEX" or "MODIFYINDEX":
                    inner.Ignore();
                    return rule;
                default:
                    AclBodies.Unknown(ref inner);
                    return rule;
            }
        });
    }

    public static LoginParameters Login(ref GoJsonReader json)
    {
        const string Type = "ACLLoginParams";
        return json.DocumentOf("structs." + Type, new LoginParameters(), static (ref GoJsonReader inner, LoginParameters login) =>
        {
            switch (inner.Name.ToUpperInvariant())
            {
                case "AUTHMETHOD":
                    return login with { AuthMethod = inner.String(Type + ".AuthMethod") ?? string.Empty };
                case "BEARERTOKEN":
                    return login with { BearerToken = inner.String(Type + ".BearerToken") ?? string.Empty };
                case "META":
                    return login with { Meta = inner.Map(Type + ".Meta") ?? [] };
                default:
                    AclBodies.Unknown(ref inner);
                    return login;
            }
        });
    }
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
