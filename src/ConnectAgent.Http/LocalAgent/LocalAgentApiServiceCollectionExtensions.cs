using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.LocalAgent;

internal static class LocalAgentApiServiceCollectionExtensions
{
    /// <summary>The agent itself; an <see cref="ILocalAgent"/> and an <see cref="ILogMonitor"/> come from the caller.</summary>
    public static IServiceCollection AddLocalAgentApi(this IServiceCollection services, AgentTokenOptions tokens) => services.AddSingleton(tokens)
            .AddSingleton<AgentTokens>()
            .AddSingleton<IWireEndpoints, AgentSelfEndpoints>()
            .AddSingleton<IWireEndpoints, ReloadEndpoints>()
            .AddSingleton<IWireEndpoints, MembershipEndpoints>()
            .AddSingleton<IWireEndpoints, HostEndpoints>()
            .AddSingleton<IWireEndpoints, MonitorEndpoints>()
            .AddSingleton<IWireEndpoints, AgentTokenEndpoints>()
            .AddSingleton<IWireEndpoints, ServerStatusEndpoints>();
}
