using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>Refuses a change of a service's protocol that does not go with the listeners of ingress gateways (services CFG-14).</summary>
internal sealed class GatewayProtocolRule : IConfigEntryRule
{
    public void Require(StateSnapshot state, ConfigEntryKind kind, IConfigEntry? before, IConfigEntry? after)
    {
        switch (kind)
        {
            case ServiceDefaultsKind:
                GatewayChecks.RequireProtocolsOf(state, (after ?? before)!.Name);
                break;
            case ProxyDefaultsKind:
                GatewayChecks.RequireProtocolsOf(state, service: null);
                break;
        }
    }
}
