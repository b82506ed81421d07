using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.ConfigEntries;

internal static class ConfigEntriesApiServiceCollectionExtensions
{
    /// <summary>Config entries.</summary>
    public static IServiceCollection AddConfigEntriesApi(this IServiceCollection services) => services.AddSingleton<IWireEndpoints, ConfigEntryEndpoints>();
}
