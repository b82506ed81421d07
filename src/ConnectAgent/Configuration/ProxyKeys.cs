namespace ConnectAgent.Configuration;

/// <summary>Proxies that run in the agent's process.</summary>
internal static class ProxyKeys
{
    public static readonly KeyTable Table = new();

    public static readonly ConfigKey<IReadOnlyList<string>> Proxies = Table.Texts("connect_agent.proxies")
        .WithFlag("proxy", "The ID of a registered sidecar proxy that runs in the agent's process, * for all that are registered here; may be repeated.");
}
