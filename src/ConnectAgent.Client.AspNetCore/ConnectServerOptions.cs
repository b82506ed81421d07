namespace ConnectAgent.Client.AspNetCore;

/// <summary>How a listener takes part in the mesh.</summary>
public sealed class ConnectServerOptions
{
    /// <summary>
    /// Whether each request is authorized, by <see cref="ConnectApplicationExtensions.UseConnectAuthorization"/>, and not the connection as a whole. False unless it is set. Set it where intentions
    /// have permissions: these decide about requests, and for a connection they are a denial. A connection whose application has no such middleware is then served nothing.
    /// </summary>
    public bool AuthorizesRequests { get; set; }

    /// <summary>How long a handshake may take; 10 s unless it is set.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);
}
