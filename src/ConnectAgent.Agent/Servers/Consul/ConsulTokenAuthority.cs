using System.Text.Json;
using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Agent.Servers.Consul;

/// <summary>Asks Consul's HTTP API about tokens, under the very token that it asks about.</summary>
internal sealed class ConsulTokenAuthority(ConsulServers servers) : ITokenAuthority
{
    public Task<DateTimeOffset?> ReadExpirationAsync(string token, bool consistent, CancellationToken cancellationToken) => servers.CallAsync(
        new ConsulCall(
            ConsulOperation.TokenSelf, HttpMethod.Get, "/v1/acl/token/self" + (consistent ? "?consistent=" : string.Empty), token, TimeSpan.Zero),
        ConsulReplies.Expiration,
        cancellationToken);

    public Task<IReadOnlyList<bool>> AskAsync(string token, IReadOnlyList<AccessRequest> requests, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            [.. requests.Select(requested => new ConsulAccessRequest(WordOf(requested.Resource), NullIfEmpty(requested.Segment), WordOf(requested.Access)))],
            ConsulJson.Default.ConsulAccessRequestArray);
        return servers.CallAsync(
            new ConsulCall(ConsulOperation.Authorize, HttpMethod.Post, "/v1/internal/acl/authorize", token, TimeSpan.Zero) { Body = body },
            answer => ConsulReplies.Allowed(answer, requests.Count),
            cancellationToken);
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    // ACL-AUZ-3: one lower-case word each, but for this.
    private static string WordOf(AclAccess access) => access == AclAccess.WritePrefix ? "write-prefix" : access.ToString().ToLowerInvariant();

    private static string WordOf(AclResource resource) => resource.ToString().ToLowerInvariant();
}
