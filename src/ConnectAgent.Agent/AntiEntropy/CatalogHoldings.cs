using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>What the catalog holds of the agent's own node at one moment, taken apart into groups. Immutable.</summary>
internal sealed class CatalogHoldings
{
    private readonly NodeView _node;
    private readonly Dictionary<string, List<HealthCheck>> _checks;

    private CatalogHoldings(NodeView node, IReadOnlyList<HealthCheck> checks) => (_node, _checks) = (
        node,
        checks.Where(static check => check.CheckId != NodeChecks.Member || check.ServiceId.Length > 0) // AE-2
            .GroupBy(static check => check.ServiceId, StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => group.ToList(), StringComparer.Ordinal));

    /// <summary>IDs of services that are there, or have checks there; empty for the node.</summary>
    public IEnumerable<string> Groups => _node.Services.Keys.Concat(_checks.Keys);

    /// <summary>Reads them.</summary>
    /// <param name="self">The agent's own node.</param>
    /// <param name="token">The agent's; empty for none.</param>
    /// <exception cref="ServerException">They cannot be read; also <see cref="FailureKind.PermissionDenied"/> where the servers answer as if there were nothing.</exception>
    public static async Task<CatalogHoldings> ReadAsync(IServerClient servers, CatalogNode self, string token, CancellationToken cancellationToken)
    {
        var (name, query) = (new NodeName(self.Name), new ServerQuery(self.Datacenter, token, default));
        var node = servers.ReadAsync(NodeRead.Instance, name, query, cancellationToken);
        var checks = servers.ReadAsync(NodeChecksRead.Instance, name, query, cancellationToken);
        var holdings = new CatalogHoldings((await node).Value, (await checks).Value);
        if (string.Equals(holdings._node.Node?.Name, self.Name, StringComparison.OrdinalIgnoreCase))
        {
            return holdings;
        }

        await RequireSightAsync(servers, self, token, cancellationToken);

        // Where there is none of a name, one whose ID begins so is answered (CAT-14).
        return new CatalogHoldings(NodeView.None, []);
    }

    /// <summary>What it holds of a service with its checks; of the node for an empty ID.</summary>
    public KnownGroup Of(string id) => new()
    {
        Node = id.Length == 0 ? _node.Node : null,
        Service = _node.Services.GetValueOrDefault(id),
        Checks = KnownGroup.Nothing.Checks.SetItems(_checks.GetValueOrDefault(id, []).Select(static check => KeyValuePair.Create(check.CheckId, check))),
    };

    // Who may not see a node is answered as if there were none. Taken for an empty catalog, that would have everything written with each comparison, and nothing put right.
    private static async ValueTask RequireSightAsync(IServerClient servers, CatalogNode self, string token, CancellationToken cancellationToken)
    {
        var rights = await servers.ResolveTokenAsync(token, cancellationToken);
        if (!await rights.AllowsAsync(new AccessRequest(AclResource.Node, self.Name, AclAccess.Read), cancellationToken))
        {
            throw new ServerException(
                FailureKind.PermissionDenied,
                (token.Length == 0 ? "without a token this node is not seen there" : "the agent's token may not read this node there")
                    + ": set acl.tokens.agent, or acl.tokens.default, to a token with node:write on it");
        }
    }
}
