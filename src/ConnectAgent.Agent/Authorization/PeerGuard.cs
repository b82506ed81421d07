using System.Text;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Agent.Authorization;

/// <summary>The peer as its certificate names it.</summary>
/// <param name="Id">From the certificate's URI.</param>
/// <param name="Serial">As the caller wrote it; may be empty.</param>
internal readonly record struct Peer(ServiceId Id, string Serial);

/// <summary>
/// What must hold of the peer itself, whatever the intentions say: looked at after the rights of the caller and before the intentions. A
/// refusal is a decision and no error.
/// </summary>
internal sealed class PeerGuard(RootsService roots, AgentIdentity agent, AuthorizeOptions options)
{
    /// <summary>Looks at one peer.</summary>
    /// <returns>The reason to refuse it; null lets the intentions decide.</returns>
    public ValueTask<string?> RefuseAsync(Peer peer, CancellationToken cancellationToken) =>
        options.Strict ? RefuseForeignAsync(peer.Id, cancellationToken) : default;

    // DEF-3, DEF-5. What cannot be verified is refused.
    private async ValueTask<string?> RefuseForeignAsync(ServiceId peer, CancellationToken cancellationToken)
    {
        CaRoots trusted;
        try
        {
            trusted = (await roots.ForDatacenterAsync(agent.Datacenter, cancellationToken)).Value;
        }
        catch (ServerException)
        {
            return "Trust domain cannot be verified: the roots cannot be read";
        }

        if (!IsKnown(peer, trusted))
        {
            return Mismatch("trust domains", peer.Host, trusted.TrustDomain);
        }

        if (!IsServed(peer.Datacenter))
        {
            return Mismatch("datacenters", peer.Datacenter, agent.Datacenter);
        }

        // SPIF-5: byte for byte, as intentions are compared.
        return peer.Namespace == SpiffeId.DefaultNamespace ? null : Mismatch("namespaces", peer.Namespace, SpiffeId.DefaultNamespace);
    }

    // While a cluster changes over, leaves of a former root's trust domain are still good.
    private static bool IsKnown(ServiceId peer, CaRoots trusted)
    {
        if (trusted.TrustDomain.Length > 0 && peer.IsInTrustDomain(trusted.TrustDomain))
        {
            return true;
        }

        foreach (var root in trusted.Roots)
        {
            if (!string.IsNullOrEmpty(root.ExternalTrustDomain) && peer.IsInTrustDomain(TrustDomain.FromClusterId(root.ExternalTrustDomain)))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsServed(string datacenter)
    {
        if (Ascii.EqualsIgnoreCase(datacenter, agent.Datacenter))
        {
            return true;
        }

        foreach (var other in options.Datacenters)
        {
            if (Ascii.EqualsIgnoreCase(datacenter, other))
            {
                return true;
            }
        }

        return false;
    }

    private static string Mismatch(string what, string theirs, string ours) =>
        $"Mismatched {what}: {GoQuote.Of(theirs)} != {GoQuote.Of(ours)}";
}
