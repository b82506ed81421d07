using ConnectAgent.Http.Discovery;
using ConnectAgent.Http.Intentions;
using ConnectAgent.Http.Wire;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ConnectAgent.Http.Forwarding;

internal static class ForwardingApiServiceCollectionExtensions
{
    /// <summary>The servers' own API in front of them, and what of it the agent's cache answers.</summary>
    public static IServiceCollection AddForwardingApi(this IServiceCollection services)
    {
        services.TryAddSingleton<IntentionMatchReads>();
        return services.AddCachedDiscovery().AddSingleton<IWireEndpoints, ForwardingEndpoints>();
    }
}
