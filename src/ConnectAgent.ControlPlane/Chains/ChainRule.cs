using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Chains;

/// <summary>Refuses a write after which a chain does not compile (services CFG-14).</summary>
internal sealed class ChainRule(ConfigEntryOptions options) : IConfigEntryRule
{
    /// <inheritdoc/>
    /// <exception cref="ServerException">500 with the first chain's fault: the written service's own comes first, so that the text tells of it.</exception>
    public void Require(StateSnapshot state, ConfigEntryKind kind, IConfigEntry? before, IConfigEntry? after)
    {
        if (!kind.ShapesChains(before, after))
        {
            return;
        }

        var entries = new ChainEntries(state);
        var changed = NameKey.Of((after ?? before)!.Name);
        foreach (var service in entries.Configured().OrderByDescending(service => NameKey.Of(service) == changed))
        {
            var compiler = new ChainCompiler(entries, new ChainRequest(service, options.Datacenter, options.Datacenter, TrustDomain: string.Empty));
            try
            {
                compiler.Run();
            }
            catch (ServerException) when (kind is not ProxyDefaultsKind && !compiler.Services.Contains(changed))
            {
                // Kept from a revision that checked less: that chain does not fit together, but it is not this write's doing.
            }
        }
    }
}
