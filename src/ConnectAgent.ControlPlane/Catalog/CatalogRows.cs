using System.Buffers;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>Finds rows of the catalog.</summary>
internal static class CatalogRows
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef-");

    /// <summary>The check that tells whether a node is alive (services AE-4).</summary>
    public const string SerfHealth = NodeChecks.Member;

    // Less of an ID names nobody (CAT-14).
    private const int ShortestPrefix = 2;

    /// <summary>A node by its name.</summary>
    public static CatalogNode? FindNode(StateSnapshot state, string name) => state.Find(CatalogTables.Nodes, NameKey.Of(name));

    /// <summary>A node by its name, or by a prefix of its ID that no other node has (CAT-14).</summary>
    public static CatalogNode? FindNodeOrPrefix(StateSnapshot state, string nameOrId)
    {
        if (FindNode(state, nameOrId) is { } node)
        {
            return node;
        }

        var prefix = NameKey.Of(nameOrId);
        if (prefix.Length < ShortestPrefix || prefix.AsSpan().ContainsAnyExcept(Digits))
        {
            return null;
        }

        var found = state.By(CatalogTables.NodesById).Keys.Where(id => id.Key.StartsWith(prefix, StringComparison.Ordinal)).Take(2).ToList();
        return found is [var only] ? state.Find(CatalogTables.Nodes, only.Value.All().First()) : null;
    }

    public static CatalogService? FindService(StateSnapshot state, string node, string id) =>
        state.Find(CatalogTables.Services, CatalogTables.KeyOf(node, id));

    public static HealthCheck? FindCheck(StateSnapshot state, string node, string id) =>
        state.Find(CatalogTables.Checks, CatalogTables.KeyOf(node, id));
}
