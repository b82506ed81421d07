using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>The CA's options with their types and defaults (ca CA-30). Holds a private key: never printed.</summary>
internal sealed record CaSettings
{
    public TimeSpan LeafCertTtl { get; init; } = TimeSpan.FromHours(72);

    public TimeSpan IntermediateCertTtl { get; init; } = TimeSpan.FromHours(8760);

    /// <summary>Used only when a root is made.</summary>
    public TimeSpan RootCertTtl { get; init; } = TimeSpan.FromHours(87600);

    /// <summary>0: no limit by rate (CA-70).</summary>
    [Limit(SigningLimits.RateLimit, "leaves per second", "waits 0.5 s, then refused: 429", Key = SigningLimits.RateSetting, Refuses = true)]
    public double CsrMaxPerSecond { get; init; } = 50;

    /// <summary>Counts only while there is no limit by rate; 0: no limit.</summary>
    [Limit(SigningLimits.PlacesLimit, "leaves at once", "waits 0.5 s, then refused: 429; 0 is no bound", Key = SigningLimits.PlacesSetting, Refuses = true)]
    public int CsrMaxConcurrent { get; init; }

    public string PrivateKeyType { get; init; } = "ec";

    public int PrivateKeyBits { get; init; } = 256;

    public bool SkipValidate { get; init; }

    /// <summary>PEM; empty: one is generated.</summary>
    public string PrivateKey { get; init; } = string.Empty;

    /// <summary>PEM; empty: one is made.</summary>
    public string RootCert { get; init; } = string.Empty;

    public bool DisableCrossSigning { get; init; }

    /// <summary><c>test_state</c>: shown as the provider's state (clients GOREQ-40).</summary>
    public IReadOnlyDictionary<string, string>? TestState { get; init; }

    /// <summary>Whether key and root are the product's own making, so that it may replace them.</summary>
    public bool IsGenerated => PrivateKey.Length == 0 && RootCert.Length == 0;

    public override string ToString() => $"CA settings, leaves live {LeafCertTtl}";
}
