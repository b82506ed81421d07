using ConnectAgent.Http.Wire;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ConnectAgent.Http.Intentions;

internal static class IntentionsApiServiceCollectionExtensions
{
    /// <summary>The control plane's intentions.</summary>
    public static IServiceCollection AddIntentionsApi(this IServiceCollection services)
    {
        services.TryAddSingleton<IntentionMatchReads>();
        return services.AddSingleton<IntentionIdEndpoints>().AddSingleton<IWireEndpoints, IntentionEndpoints>();
    }
}
