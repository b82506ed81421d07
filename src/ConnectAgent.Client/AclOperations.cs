using ConnectAgent.Client.Api;

namespace ConnectAgent.Client;

/// <summary>ACL tokens, policies and roles. Reading needs <c>acl:read</c>, writing <c>acl:write</c>. With ACLs off all answers are 401.</summary>
public sealed class AclOperations
{
    private readonly ConnectTransport _transport;

    internal AclOperations(ConnectTransport transport) => _transport = transport;

    /// <summary>Makes the first management token of a cluster, once.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<AclToken> BootstrapAsync(CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(static () => ApiRequest.Put("/v1/acl/bootstrap"), ApiJson.Default.AclToken, cancellationToken);

    /// <summary>Lists the tokens.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyList<AclToken>> TokensAsync(CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(static () => ApiRequest.Get("/v1/acl/tokens"), ApiJson.Default.IReadOnlyListAclToken, cancellationToken);

    /// <summary>Reads the token that asks.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<AclToken> SelfAsync(CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(static () => ApiRequest.Get("/v1/acl/token/self"), ApiJson.Default.AclToken, cancellationToken);

    /// <summary>Reads a token. One that is not there is refused with 403.</summary>
    /// <param name="accessorId">Its accessor ID.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<AclToken> TokenAsync(string accessorId, CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(() => ApiRequest.Get("/v1/acl/token/" + ApiRequest.Escape(accessorId)), ApiJson.Default.AclToken, cancellationToken);

    /// <summary>Makes a token, or changes the one with its <see cref="AclToken.AccessorId"/>.</summary>
    /// <param name="token">The whole of it.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>With its secret.</returns>
    public Task<AclToken> WriteTokenAsync(AclToken token, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(token);
        return _transport.ReadAsync(Put("/v1/acl/token", token.CreateIndex > 0 ? token.AccessorId : null, token, ApiJson.Default.AclToken), ApiJson.Default.AclToken, cancellationToken);
    }

    /// <summary>Deletes a token. What it may do ends at once.</summary>
    /// <param name="accessorId">Its accessor ID.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task DeleteTokenAsync(string accessorId, CancellationToken cancellationToken = default) =>
        _transport.WriteAsync(() => ApiRequest.Delete("/v1/acl/token/" + ApiRequest.Escape(accessorId)), cancellationToken);

    /// <summary>Lists the policies, without their rules.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyList<AclPolicy>> PoliciesAsync(CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(static () => ApiRequest.Get("/v1/acl/policies"), ApiJson.Default.IReadOnlyListAclPolicy, cancellationToken);

    /// <summary>Makes a policy, or changes the one with its <see cref="AclPolicy.Id"/>.</summary>
    /// <param name="policy">The whole of it.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>With its ID.</returns>
    public Task<AclPolicy> WritePolicyAsync(AclPolicy policy, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return _transport.ReadAsync(Put("/v1/acl/policy", policy.Id, policy, ApiJson.Default.AclPolicy), ApiJson.Default.AclPolicy, cancellationToken);
    }

    /// <summary>Deletes a policy.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task DeletePolicyAsync(string id, CancellationToken cancellationToken = default) =>
        _transport.WriteAsync(() => ApiRequest.Delete("/v1/acl/policy/" + ApiRequest.Escape(id)), cancellationToken);

    /// <summary>Makes a token for a bearer token of somebody else's, as an auth method says.</summary>
    /// <param name="authMethod">The auth method's name.</param>
    /// <param name="bearerToken">What the other one has signed, for instance a Kubernetes service account's token.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>With its secret.</returns>
    public Task<AclToken> LoginAsync(string authMethod, string bearerToken, CancellationToken cancellationToken = default) => _transport.ReadAsync(
        ConnectTransport.WithBody(static () => ApiRequest.Post("/v1/acl/login"), new AclLogin(authMethod, bearerToken), ApiJson.Default.AclLogin),
        ApiJson.Default.AclToken,
        cancellationToken);

    /// <summary>Removes the token that asks, if a login made it.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task LogoutAsync(CancellationToken cancellationToken = default) => _transport.WriteAsync(static () => ApiRequest.Post("/v1/acl/logout"), cancellationToken);

    private static Func<ApiRequest> Put<T>(string path, string? id, T body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> form) =>
        ConnectTransport.WithBody(() => ApiRequest.Put(id is null ? path : $"{path}/{ApiRequest.Escape(id)}"), body, form);
}
