namespace ConnectAgent.ControlPlane.Authority;

/// <summary>What the agent's files say about the CA (ca CA-30). It counts at the first start; later the stored configuration wins.</summary>
internal sealed class AuthorityOptions
{
    /// <summary>What is configured where the files say nothing (CA-20).</summary>
    public const string DefaultConfiguration = """{"IntermediateCertTTL":"8760h","LeafCertTTL":"72h"}""";

    /// <summary><c>connect.ca_config.cluster_id</c>; null: a random one (certificates CERT-1).</summary>
    public string? ClusterId { get; init; }

    public string Datacenter { get; init; } = "dc1";

    /// <summary><c>connect.ca_provider</c>.</summary>
    public string Provider { get; init; } = "consul";

    /// <summary><c>connect.ca_config</c> over the defaults: JSON with the wire's names, keys sorted. May hold a key.</summary>
    public string Configuration { get; init; } = DefaultConfiguration;

    /// <summary>Whether a generated root is replaced before it expires.</summary>
    public bool AutoRotate { get; init; }

    /// <summary>Whether the configuration is shown with its secrets (CA-35).</summary>
    public bool ShowSecrets { get; init; }

    public override string ToString() => $"options of provider {Provider}";
}
