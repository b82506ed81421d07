using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;

namespace ConnectAgent.Http.Embedded;

internal static class EmbeddedServersServiceCollectionExtensions
{
    /// <summary>The control plane of the same process as the agent's servers; it is added by itself.</summary>
    public static IServiceCollection AddEmbeddedServers(this IServiceCollection services) =>
        services.AddSingleton<IEmbeddedRead, EmbeddedRoots>().AddSingleton<IEmbeddedRead, EmbeddedRevocations>().AddSingleton<IEmbeddedRead, EmbeddedMatches>()
            .AddSingleton<IEmbeddedRead, EmbeddedNode>().AddSingleton<IEmbeddedRead, EmbeddedNodeChecks>()
            .AddSingleton<IEmbeddedRead, EmbeddedConfigEntries>()
            .AddSingleton<IServerClient, EmbeddedServerClient>().AddSingleton<IServerStatus, EmbeddedServerStatus>();
}
