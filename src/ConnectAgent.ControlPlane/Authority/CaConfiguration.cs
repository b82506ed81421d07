namespace ConnectAgent.ControlPlane.Authority;

/// <summary>The CA's configuration as stored (ca CA-20). The map may hold a key: never printed.</summary>
/// <param name="Provider">As put, with case.</param>
/// <param name="Config">The map as put: JSON with its keys sorted, unknown ones included (CA-24).</param>
/// <param name="State">The provider's public state (CA-81).</param>
internal sealed record CaConfiguration(
    string Provider,
    string Config,
    IReadOnlyDictionary<string, string>? State,
    bool ForceWithoutCrossSigning,
    ulong CreateIndex,
    ulong ModifyIndex)
{
    public override string ToString() => $"configuration of provider {Provider} at {ModifyIndex}";
}

/// <summary>A change asked for (CA-22).</summary>
/// <param name="Config">JSON object, keys sorted.</param>
/// <param name="State">Null or empty, or equal to what is stored (CA-27).</param>
/// <param name="ModifyIndex">0: unconditional (CA-28).</param>
internal sealed record CaConfigurationChange(
    string Provider, string Config, IReadOnlyDictionary<string, string>? State, bool ForceWithoutCrossSigning, ulong ModifyIndex)
{
    public override string ToString() => $"change to provider {Provider}";
}
