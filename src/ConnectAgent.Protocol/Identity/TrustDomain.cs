namespace ConnectAgent.Protocol.Identity;

/// <summary>The cluster's trust domain (certificates section 1).</summary>
public static class TrustDomain
{
    /// <summary>Lower-case cluster ID plus <c>.consul</c>, whatever the DNS domain is (CERT-2).</summary>
    public static string FromClusterId(string clusterId) => clusterId.ToLowerInvariant() + ".consul";
}
