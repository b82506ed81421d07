using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>An auth method (acl ACL-AM-1): whose bearer tokens make tokens of ours.</summary>
internal sealed record AuthMethod(string Name, string Type) : IAclNamed
{
    public string DisplayName { get; init; } = string.Empty;

    public string Description { get; init; } = string.Empty;

    /// <summary>How long a token made by it lives; zero: until it logs out, or the method goes.</summary>
    public ExactDuration MaxTokenTtl { get; init; }

    /// <summary><c>local</c>, <c>global</c>, or empty for local.</summary>
    public string TokenLocality { get; init; } = string.Empty;

    /// <summary>A JSON object as it was given, names sorted. Holds public keys only.</summary>
    public string Config { get; init; } = "{}";

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }
}

/// <summary>What a token made by a method gets when its claims match (acl ACL-BR-1).</summary>
internal sealed record BindingRule(string Id, string AuthMethod)
{
    public string Description { get; init; } = string.Empty;

    /// <summary>A filter expression over the claims; empty matches all.</summary>
    public string Selector { get; init; } = string.Empty;

    /// <summary><c>service</c>, <c>role</c> or <c>node</c>.</summary>
    public string BindType { get; init; } = string.Empty;

    /// <summary>May hold <c>${value.NAME}</c>.</summary>
    public string BindName { get; init; } = string.Empty;

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }
}
