namespace ConnectAgent.ControlPlane.Chains;

/// <summary>Which chain (services DCH-1).</summary>
/// <param name="Service">Its name.</param>
/// <param name="Datacenter">The one that it is put together for.</param>
/// <param name="ReaderDatacenter">Where it is used: only what is elsewhere is reached through gateways (DCH-7).</param>
/// <param name="TrustDomain">For the names that TLS asks for; a read of the control plane takes its own.</param>
internal sealed record ChainRequest(string Service, string Datacenter, string ReaderDatacenter, string TrustDomain)
{
    public ChainOverrides Overrides { get; init; } = ChainOverrides.None;
}

/// <summary>What a reader wants to be different; what is empty or not positive is as configured (services DCH-8).</summary>
/// <param name="Protocol">In lower case.</param>
/// <param name="ConnectTimeout">In nanoseconds.</param>
internal sealed record ChainOverrides(string MeshGatewayMode, string Protocol, long ConnectTimeout)
{
    public static ChainOverrides None { get; } = new(string.Empty, string.Empty, 0);
}
