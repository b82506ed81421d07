using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

internal static class ConfigEntryServiceCollectionExtensions
{
    /// <summary>Adds config entries of all kinds but <c>service-intentions</c>.</summary>
    public static IServiceCollection AddConfigEntries(this IServiceCollection services, ConfigEntryOptions options)
    {
        services.AddStateTables(DocumentKinds.All.Select(kind => kind.Rows)).AddSingleton<ISnapshotRule, ConfigEntrySnapshotRule>();
        services.AddSingleton<IConfigEntryRule, GatewayProtocolRule>();
        return services.AddSingleton(options).AddSingleton<ConfigEntryStore>();
    }
}
