using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>Refuses a write after which a chain does not fit together (services CFG-14).</summary>
internal sealed class ServiceChainRule(ConfigEntryOptions options) : IConfigEntryRule
{
    public void Require(StateSnapshot state, ConfigEntryKind kind, IConfigEntry? before, IConfigEntry? after)
    {
        if (kind.ShapesChains(before, after))
        {
            new ServiceChains(state, options.Datacenter).Require((after ?? before)!.Name, isForAll: kind is ProxyDefaultsKind);
        }
    }
}
