using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Protocol.Errors;

/// <summary>What kind of failure a server answered; the HTTP layer turns it into a status (http-conventions ERR-1, ERR-2).</summary>
public enum FailureKind
{
    /// <summary>A real fault: 500.</summary>
    Failed,

    /// <summary>A caller's mistake for which a rule asks for 500 (ERR-7, acl ACL-ERR-8).</summary>
    Mistake,

    /// <summary>A caller's mistake: 400.</summary>
    Invalid,

    /// <summary>The token is unknown (<c>ACL not found</c>): 403.</summary>
    UnknownToken,

    /// <summary>The token lacks a right (<c>Permission denied</c>): 403.</summary>
    PermissionDenied,

    /// <summary>Remote servers have ACLs off (<c>ACL support disabled</c>).</summary>
    AclDisabled,

    /// <summary>The thing asked for does not exist: 404.</summary>
    NotFound,

    /// <summary>The signer or a bound refuses for now: 429.</summary>
    RateLimited,

    /// <summary>The servers do not have this call: 500, and asking again changes nothing.</summary>
    Unsupported,

    /// <summary>No server answered: 500, worth retrying, and no reason to drop what is cached.</summary>
    Unreachable,
}

/// <summary>A failure with the exact text that clients match on (http-conventions section 9).</summary>
public sealed class ServerException(FailureKind kind, string text, Exception? inner = null) : Exception(text, inner)
{
    public FailureKind Kind { get; } = kind;

    /// <summary>Whether the same request gets the same answer for ever: asking again is no cure. A right that is missing may still be given.</summary>
    public bool IsFinal => Kind is FailureKind.UnknownToken or FailureKind.Mistake or FailureKind.Invalid or FailureKind.NotFound or FailureKind.Unsupported;

    /// <summary>The right that is missing, where it is known (acl ACL-ERR-12).</summary>
    public AccessRequest? Denied { get; init; }

    /// <summary>The name of the bound that refused, where it was one (docs/limits.md).</summary>
    public string? Limit { get; init; }

    /// <summary>The key of the configuration that refused, where it was one.</summary>
    public string? Setting { get; init; }

    /// <summary>Whether it says nothing about other calls: a server answered this one, if only with what is of no use, or it was not sent.</summary>
    public bool IsOfThisCall { get; init; }

    /// <summary>The same failure as a fresh exception: many waiters get one stored failure, each throws its own.</summary>
    public ServerException ToThrow() => new(Kind, Message, this)
    {
        Denied = Denied,
        Limit = Limit,
        Setting = Setting,
        IsOfThisCall = IsOfThisCall,
    };

    /// <summary>A datacenter that nobody knows (http-conventions DC-3).</summary>
    public static ServerException UnknownDatacenter() => new(FailureKind.Failed, "No path to datacenter");

    /// <summary>Connect is switched off at the servers (certificates CERT-73 #1, clients LAUNCH-4).</summary>
    public static ServerException ConnectDisabled() =>
        new(FailureKind.Failed, "Connect must be enabled in order to use this endpoint") { Setting = "connect.enabled" };
}
