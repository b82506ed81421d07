using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Agent.Tokens;

/// <summary>Asks the servers whether a token may have what the cache holds for it (acl ACL-SEC-2, agent-cache TOKC-2).</summary>
internal sealed class TokenGate(IServerClient servers) : ICacheGate
{
    public bool IsUnknown(CacheRequest request) =>
        request.Needs is null && request.Token.Length > 0 && request.Token != TokenText.Unknown && !servers.Knows(request.Token);

    public ValueTask RequireAsync(CacheRequest request, CancellationToken cancellationToken) =>
        request.Needs is { } needs ? RequireAsync(request.Token, needs, cancellationToken) : ValueTask.CompletedTask;

    public void Remember(string token, IReadOnlyList<AccessRequest>? needs)
    {
        if (needs is not null)
        {
            servers.RememberRights(token, needs);
        }
    }

    public bool MayOutlive(CacheRequest request) => request.Needs is null || servers.Vouches(request.Token);

    private async ValueTask RequireAsync(string token, IReadOnlyList<AccessRequest> needs, CancellationToken cancellationToken)
    {
        var rights = await servers.ResolveTokenAsync(token, cancellationToken);
        TokenRights.Require(await rights.AllowsAsync(needs, cancellationToken));
    }
}
