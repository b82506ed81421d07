using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Http.Wire;

/// <summary>What a method of a route needs from the caller's token (acl section 7). Declared with the route, and shown in docs/http-api.md.</summary>
/// <remarks>Tests ask every route under tokens that have too little and just enough, so a declaration that is not kept does not pass.</remarks>
internal sealed record Permission
{
    /// <summary>Nothing; no token is looked at, so an unknown one is as good as none.</summary>
    public static readonly Permission None = new() { Kind = PermissionKind.None };

    /// <summary>A token that is known, or none.</summary>
    public static readonly Permission AnyToken = new() { Kind = PermissionKind.AnyToken };

    /// <summary>A token that is known; the anonymous one does not count (acl ACL-TOK-6).</summary>
    public static readonly Permission OwnToken = new() { Kind = PermissionKind.OwnToken };

    /// <summary>A token that a login made (acl ACL-LOG-3).</summary>
    public static readonly Permission LoginToken = new() { Kind = PermissionKind.LoginToken };

    /// <summary>The servers decide, from the token that goes along.</summary>
    public static readonly Permission Forwarded = new() { Kind = PermissionKind.Forwarded };

    /// <summary>agent:read on this node; the dispatcher asks for it before the handler runs.</summary>
    public static readonly Permission AgentRead = Of(AclResource.Agent, AclAccess.Read, "this node") with { IsAskedFirst = true };

    /// <inheritdoc cref="AgentRead"/>
    public static readonly Permission AgentWrite = Of(AclResource.Agent, AclAccess.Write, "this node") with { IsAskedFirst = true };

    public static readonly Permission AclRead = Of(AclResource.Acl, AclAccess.Read);

    public static readonly Permission AclWrite = Of(AclResource.Acl, AclAccess.Write);

    public static readonly Permission OperatorRead = Of(AclResource.Operator, AclAccess.Read);

    public static readonly Permission OperatorWrite = Of(AclResource.Operator, AclAccess.Write);

    private Permission()
    {
    }

    public required PermissionKind Kind { get; init; }

    /// <summary>For <see cref="PermissionKind.Right"/> and <see cref="PermissionKind.Filtered"/>; null where it depends on the kind of a config entry.</summary>
    public AclResource? Resource { get; private init; }

    public AclAccess Access { get; private init; }

    /// <summary>What the right must be on, in words; empty for resources without names.</summary>
    public string On { get; private init; } = string.Empty;

    /// <summary>Whether the dispatcher asks for the right on this node. Else the handler does, after the checks that come before it (acl ACL-ERR-14).</summary>
    public bool IsAskedFirst { get; private init; }

    /// <summary>A right that the handler asks for; else 403.</summary>
    public static Permission Of(AclResource? resource, AclAccess access, string on = "") =>
        new() { Kind = PermissionKind.Right, Resource = resource, Access = access, On = on };

    /// <summary>What the token has no right to is left out of the answer (acl ACL-FILT-1).</summary>
    public static Permission Filtered(AclResource? resource, string on) =>
        new() { Kind = PermissionKind.Filtered, Resource = resource, Access = AclAccess.Read, On = on };

    public override string ToString() => Kind switch
    {
        PermissionKind.None => "nothing",
        PermissionKind.AnyToken => "a known token, or none",
        PermissionKind.OwnToken => "a known token",
        PermissionKind.LoginToken => "a token that a login made",
        PermissionKind.Forwarded => "what the servers say",
        PermissionKind.Filtered => $"filtered: {Right} on {On}",
        _ => On.Length == 0 ? Right : $"{Right} on {On}",
    };

    private string Right => Resource is null ? $"the kind's right to {Word(Access)}" : $"{Word(Resource)}:{Word(Access)}";

    private static string Word<T>(T value) => value!.ToString()!.ToLowerInvariant();
}

/// <summary>The kinds of <see cref="Permission"/>.</summary>
internal enum PermissionKind
{
    None,
    AnyToken,
    OwnToken,
    LoginToken,
    Forwarded,
    Filtered,
    Right,
}
