namespace ConnectAgent.Client;

/// <summary>How an application takes part in the mesh.</summary>
public sealed class ConnectAgentOptions
{
    /// <summary>The agent; that of the environment unless it is set (<see cref="ConnectClientOptions.FromEnvironment"/>).</summary>
    public ConnectClientOptions Client { get; set; } = ConnectClientOptions.FromEnvironment();

    /// <summary>The service that the application is. Its identity is started with the host. Null: it has none until one is asked for by name.</summary>
    public string? Service { get; set; }

    /// <summary>How identities are held.</summary>
    public ConnectIdentityOptions Identity { get; set; } = new();
}
