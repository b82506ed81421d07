namespace ConnectAgent.ControlPlane.Authority;

/// <summary>What the configuration says about the CA (ca CA-30).</summary>
internal sealed class AuthorityOptions
{
    /// <summary>RootCertTTL.</summary>
    public static readonly TimeSpan RootLife = TimeSpan.FromHours(87600);

    /// <summary><c>connect.ca_config.cluster_id</c>; null: a random one (certificates CERT-1).</summary>
    public string? ClusterId { get; init; }

    /// <summary>LeafCertTTL.</summary>
    public TimeSpan LeafLife { get; init; } = TimeSpan.FromHours(72);
}
