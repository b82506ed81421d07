using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.Protocol.Chains;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Chains;

/// <summary>Reads discovery chains (services DCH-1 to DCH-10).</summary>
internal sealed class ChainStore(BlockingReader reader)
{
    /// <summary>Puts a chain together; blocking. A parked reader is woken by the entries that its chain is made of, and by no other.</summary>
    /// <param name="request">Which chain; its trust domain is that of the control plane.</param>
    /// <param name="blocking">Whether to wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The chain, and the index of all config entries (DCH-10).</returns>
    /// <exception cref="ServerException">The stored entries do not fit together, or the CA is not ready.</exception>
    public Task<(DiscoveryChain Chain, ulong Index)> ReadAsync(ChainRequest request, BlockingOptions blocking, CancellationToken cancellationToken) =>
        reader.ReadAsync(blocking, new Read(request), cancellationToken);

    private sealed class Read(ChainRequest request) : StateRead<Compiled, (DiscoveryChain Chain, ulong Index)>
    {
        // Only a write to one of the rows that a chain was made of can make another chain, or have other rows count.
        public override Topic[] TopicsOf(Compiled value) =>
        [
            Topic.Row(ChainEntries.TableOfAll, ProxyDefaultsKind.Global),
            .. value.Services.SelectMany(static _ => ChainEntries.TablesOfServices, static (service, table) => Topic.Row(table, service)),
        ];

        public override (Compiled Value, ulong Index) Of(StateSnapshot snapshot)
        {
            var roots = snapshot.Find(AuthorityTables.Roots, StateTable.OnlyKey)
                ?? throw new ServerException(FailureKind.Failed, "CA has not finished initializing");
            var compiler = new ChainCompiler(
                new ChainEntries(snapshot), request with { TrustDomain = TrustDomain.FromClusterId(roots.ClusterId) });
            return (new Compiled(compiler.Run(), compiler.Services), ConfigTables.IndexOf(snapshot));
        }

        // Whoever is woken is answered; the chain may be the same (DCH-10).
        public override bool AreSame(Compiled one, Compiled other) => false;

        public override (DiscoveryChain Chain, ulong Index) Answer(Compiled value, ulong index) => (value.Chain, index);
    }

    private sealed record Compiled(DiscoveryChain Chain, IReadOnlyCollection<string> Services);
}
