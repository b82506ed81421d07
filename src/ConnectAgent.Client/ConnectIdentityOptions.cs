namespace ConnectAgent.Client;

/// <summary>How the credential of a service is held. Of those who share one the first one's options count.</summary>
public sealed class ConnectIdentityOptions
{
    /// <summary>How long <see cref="ConnectIdentity.StartAsync"/> waits for an agent that cannot be reached; 30 s unless it is set.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A file with the last credential, sealed, from which a process starts while no agent can be reached. Null for none. One file is of one service.
    /// </summary>
    public string? FallbackFile { get; set; }

    /// <summary>
    /// The file with the key of <see cref="FallbackFile"/>: 32 random bytes, which are made when there is no such file. Who can read both has the service's key:
    /// keep them apart. Null: <see cref="FallbackFile"/> with <c>.key</c> behind it.
    /// </summary>
    public string? FallbackKeyFile { get; set; }
}
