using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>Refuses a change of a service's protocol that takes it away from the permissions of intentions (intentions CE-12).</summary>
internal sealed class IntentionProtocolRule : IConfigEntryRule
{
    public void Require(StateSnapshot state, ConfigEntryKind kind, IConfigEntry? before, IConfigEntry? after)
    {
        switch (kind)
        {
            case ServiceDefaultsKind:
                RequireFor(state, (after ?? before)!.Name);
                break;
            case ProxyDefaultsKind:
                RequireForAll(state);
                break;
        }
    }

    private static void RequireFor(StateSnapshot state, string service)
    {
        if (IntentionRows.Find(state, service) is { } entry)
        {
            IntentionEntryValidation.CheckProtocol(entry, ServiceProtocols.Of(state, service));
        }
    }

    // All destinations without a protocol of their own take the global one.
    private static void RequireForAll(StateSnapshot state)
    {
        var global = ServiceProtocols.GlobalOf(state);
        if (ServiceProtocols.IsHttp(global))
        {
            return;
        }

        foreach (var (key, entry) in state.Rows(IntentionTables.Entries))
        {
            IntentionEntryValidation.CheckProtocol(entry, ServiceProtocols.OwnOf(state, key) ?? global);
        }
    }
}
