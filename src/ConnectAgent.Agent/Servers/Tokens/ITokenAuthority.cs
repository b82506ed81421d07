using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Agent.Servers.Tokens;

/// <summary>What the resolution of tokens asks of remote servers.</summary>
internal interface ITokenAuthority
{
    /// <summary>Most requests of one call (acl ACL-AUZ-1).</summary>
    [Limit(AuthorizationsLimit, "authorizations", "refused: 400", Refuses = true)]
    const int MostAuthorizations = 64;

    /// <summary>The name of <see cref="MostAuthorizations"/> in docs/limits.md.</summary>
    const string AuthorizationsLimit = "acl.authorizations";

    /// <summary>Reads the token that asks (acl section 5.2, <c>token/self</c>).</summary>
    /// <param name="token">Not empty.</param>
    /// <param name="consistent">Whether the leader must answer, so that a server that lags cannot deny a token.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>When it ends; null: it does not.</returns>
    /// <exception cref="Protocol.Errors.ServerException">
    /// <see cref="Protocol.Errors.FailureKind.UnknownToken"/>, <see cref="Protocol.Errors.FailureKind.AclDisabled"/>, or another when it cannot be told.
    /// </exception>
    Task<DateTimeOffset?> ReadExpirationAsync(string token, bool consistent, CancellationToken cancellationToken);

    /// <summary>Asks what a token may do (acl section 5.7).</summary>
    /// <param name="token">Empty for the anonymous one.</param>
    /// <param name="requests">1 to <see cref="MostAuthorizations"/>.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>One answer for each, in their order.</returns>
    /// <inheritdoc cref="ReadExpirationAsync" path="/exception"/>
    Task<IReadOnlyList<bool>> AskAsync(string token, IReadOnlyList<AccessRequest> requests, CancellationToken cancellationToken);
}
