using System.Collections.Frozen;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>All kinds but <c>service-intentions</c>, by name (services CFG-1).</summary>
internal static class DocumentKinds
{
    public static IReadOnlyList<DocumentKind> All { get; } =
    [
        new IngressGatewayKind(), new MeshKind(), new ProxyDefaultsKind(), new ServiceDefaultsKind(), new ServiceResolverKind(),
        new ServiceRouterKind(), new ServiceSplitterKind(), new TerminatingGatewayKind(),
    ];

    private static readonly FrozenDictionary<string, StateTable<ConfigEntry>> Rows =
        All.ToFrozenDictionary(kind => kind.Name, kind => kind.Rows, StringComparer.Ordinal);

    /// <summary>The rows of one kind.</summary>
    public static StateTable<ConfigEntry> RowsOf(string kind) => Rows[kind];
}
