using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.ControlPlane.Intentions;

internal static class IntentionServiceCollectionExtensions
{
    /// <summary>Adds intentions.</summary>
    public static IServiceCollection AddIntentions(this IServiceCollection services)
    {
        services.AddStateTables([IntentionTables.Entries], former: "intention-ids").AddSingleton<ISnapshotRule, IntentionSnapshotRule>();
        services.AddSingleton<IConfigEntryRule, IntentionProtocolRule>();
        return services.AddSingleton<IntentionStore>().AddSingleton<LegacyIntentionStore>();
    }
}
