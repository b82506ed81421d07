using System.Security.Claims;

namespace ConnectAgent.Client.AspNetCore;

/// <summary>Who is at the other end of a connection, verified by its certificate. A feature of the connection and of each request on it.</summary>
public interface IConnectPeerFeature
{
    /// <summary>The peer.</summary>
    PeerIdentity Peer { get; }

    /// <summary>The identity that the connection was taken with: who the peer connects to.</summary>
    ConnectIdentity Identity { get; }

    /// <summary>The peer as a principal, with the claims of <see cref="ConnectClaimTypes"/>.</summary>
    ClaimsPrincipal Principal { get; }

    /// <summary>Whether each request must be authorized, because the connection was not.</summary>
    bool AuthorizesRequests { get; }
}

/// <inheritdoc cref="IConnectPeerFeature"/>
internal sealed class ConnectPeerFeature(PeerIdentity peer, ConnectIdentity identity, bool authorizesRequests) : IConnectPeerFeature
{
    private ClaimsPrincipal? _principal;

    public PeerIdentity Peer => peer;

    public ConnectIdentity Identity => identity;

    public bool AuthorizesRequests => authorizesRequests;

    // A new one each time would be one for each request; made twice at once they are the same.
    public ClaimsPrincipal Principal => _principal ??= ConnectClaimTypes.PrincipalOf(peer);
}
