using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Caching;

/// <summary>Whether a token may have what the cache holds for it (acl ACL-SEC-2, agent-cache TOKC-2).</summary>
internal sealed class TokenGate(IServerClient servers)
{
    /// <summary>Stands in a key for every token that is unknown, where no right is needed. No header can hold it.</summary>
    public const string Unknown = TokenText.Unknown;

    /// <summary>Whether a request for what is public comes with a token that nobody knows; nobody is asked (TOKC-4).</summary>
    public bool IsUnknown(CacheRequest request) =>
        request.Needs is null && request.Token.Length > 0 && request.Token != Unknown && !servers.Knows(request.Token);

    /// <summary>Asks for the rights as they are now; nothing is asked about what is public.</summary>
    /// <exception cref="ServerException"><c>ACL not found</c>, <c>Permission denied</c>.</exception>
    public ValueTask RequireAsync(CacheRequest request, CancellationToken cancellationToken) =>
        request.Needs is { } needs ? RequireAsync(request.Token, needs, cancellationToken) : ValueTask.CompletedTask;

    /// <summary>What a former life of the agent held, its token was allowed.</summary>
    public void Remember(string token, IReadOnlyList<AclQuestion>? needs)
    {
        if (needs is not null)
        {
            servers.RememberRights(token, needs);
        }
    }

    private async ValueTask RequireAsync(string token, IReadOnlyList<AclQuestion> needs, CancellationToken cancellationToken)
    {
        var rights = await servers.ResolveTokenAsync(token, cancellationToken);
        TokenRights.Require(await rights.AllowsAsync(needs, cancellationToken));
    }
}
