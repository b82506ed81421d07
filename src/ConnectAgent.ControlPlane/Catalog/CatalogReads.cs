using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>The reads of the catalog: pure functions of the state (services CAT-10 to CAT-16, HLT-1 to HLT-6). Lists are sorted by node and ID.</summary>
internal static class CatalogReads
{
    // Who reads the instances of more nodes waits for any node: a topic for each would take too much of each of thousands of readers.
    [Limit("catalog.watched_nodes", "nodes", "the reader waits for any node, and looks again for nothing")]
    private const int MostNodes = 64;

    private static readonly Comparison<HealthCheck> ByCheckId = static (one, other) => string.CompareOrdinal(one.CheckId, other.CheckId);

    /// <summary>The servers' own service (AE-4).</summary>
    public const string OwnService = "consul";

    /// <summary>All nodes (CAT-10).</summary>
    public static CatalogView<IReadOnlyList<CatalogNode>> Nodes(StateSnapshot state) =>
        View<IReadOnlyList<CatalogNode>>(state, [.. state.Rows(CatalogTables.Nodes).Values], Topic.Any(CatalogTables.Nodes));

    /// <summary>The names of the services on some nodes, with their tags there (CAT-11).</summary>
    public static IReadOnlyList<ServiceTags> ServicesOn(StateSnapshot state, Func<CatalogNode, bool> onNode) =>
        ServiceNames.Of(state.Rows(CatalogTables.Nodes).Where(node => onNode(node.Value)).SelectMany(node => state.FindBySecond(CatalogTables.ByNode, node.Key)));

    /// <summary>The instances that a query selects, each with its node (CAT-12, CAT-13).</summary>
    public static CatalogView<IReadOnlyList<ServiceInstance>> Instances(StateSnapshot state, ServiceQuery query)
    {
        var selected = Selected(state, query);
        var found = selected.Rows.Select(row => new ServiceInstance(CatalogRows.FindNode(state, row.Node)!, row.Service)).ToList();
        if (found.Count == 0)
        {
            return new([], Math.Max(selected.Index, IndexOfAbsent(state, [])), selected.Topics);
        }

        var nodes = found.Select(static instance => instance.Node).Distinct(ReferenceEqualityComparer.Instance).Cast<CatalogNode>().ToList();
        var index = nodes.Select(static node => node.ModifyIndex).Append(selected.Index).Max();
        Topic[] topics = nodes.Count > MostNodes
            ? [.. selected.Topics, Topic.Any(CatalogTables.Nodes)]
            : [.. selected.Topics, .. nodes.Select(static node => Topic.Row(CatalogTables.Nodes, NameKey.Of(node.Name)))];
        return new(found, index, topics);
    }

    /// <summary>The same with the checks of each instance and of its node (HLT-1, HLT-2, HLT-5).</summary>
    public static CatalogView<IReadOnlyList<InstanceHealth>> Health(StateSnapshot state, ServiceQuery query)
    {
        var instances = Instances(state, query);
        List<Topic> topics = [.. instances.Topics];
        if (instances.Value.Count == 0)
        {
            return new([], Math.Max(instances.Index, IndexOfAbsent(state, [CatalogTables.Checks])), instances.Topics);
        }

        var index = instances.Index;
        foreach (var service in instances.Value.Select(static instance => NameKey.Of(instance.Service.Name)).Distinct(StringComparer.Ordinal))
        {
            Add(Topic.Rows(CatalogTables.ChecksByService, service), isWaitedFor: true);
        }

        Dictionary<CatalogNode, IReadOnlyList<HealthCheck>> nodes = new(ReferenceEqualityComparer.Instance);
        var waitsForEach = instances.Topics[^1].Key is not null;
        List<InstanceHealth> found = new(instances.Value.Count);
        foreach (var (node, service) in instances.Value)
        {
            if (!nodes.TryGetValue(node, out var ofNode))
            {
                var key = NameKey.Of(node.Name);
                nodes.Add(node, ofNode = [.. state.FindBySecond(CatalogTables.NodeChecks, key)]);
                Add(Topic.Rows(CatalogTables.NodeChecks, key), waitsForEach);
            }

            var own = state.FindBySecond(CatalogTables.ChecksByInstance, CatalogTables.KeyOf(node.Name, service.Id));
            HealthCheck[] checks = [.. own, .. ofNode];
            Array.Sort(checks, ByCheckId);
            found.Add(new InstanceHealth(node, service, checks));
        }

        if (!waitsForEach)
        {
            topics.Add(Topic.Rows(CatalogTables.AllNodeChecks, StateTable.OnlyKey));
        }

        return new(found, index, [.. topics]);

        void Add(Topic topic, bool isWaitedFor)
        {
            index = Math.Max(index, state.IndexOf(topic));
            if (isWaitedFor)
            {
                topics.Add(topic);
            }
        }
    }

    /// <summary>The services that a gateway leads to, sorted by name (CAT-15).</summary>
    public static CatalogView<IReadOnlyList<GatewayLink>> GatewayServices(StateSnapshot state, string gateway)
    {
        string[] kinds = [ServiceKinds.IngressGateway, ServiceKinds.TerminatingGateway];
        var links = kinds.SelectMany(kind => GatewayLinks.Of(state, kind).OfGateway(gateway)).ToList();
        List<Topic> topics = [.. kinds.Select(static kind => Topic.Any(DocumentKinds.RowsOf(kind)))];
        if (links.Exists(static link => link.IsWild))
        {
            topics.Add(Topic.Any(CatalogTables.Services));
            var named = links.Select(static link => NameKey.Of(link.Service)).ToHashSet(StringComparer.Ordinal);
            links = [.. links.Where(static link => !link.IsWild), .. links.Where(static link => link.IsWild).SelectMany(link => state.By(CatalogTables.ByName).Keys.Keys
                .Where(key => !named.Contains(key) && IsWild(state, key))
                .Select(key => link with { Service = state.FindBySecond(CatalogTables.ByName, key).First().Service.Name, IsFromWildcard = true }))];
        }

        return View<IReadOnlyList<GatewayLink>>(
            state, [.. links.OrderBy(static link => link.Service, StringComparer.Ordinal).ThenBy(static link => link.Port)], [.. topics]);
    }

    /// <summary>A node by its name or a prefix of its ID, with its services (CAT-14); null for none.</summary>
    public static CatalogView<NodeServices?> Node(StateSnapshot state, string nameOrId)
    {
        if (CatalogRows.FindNodeOrPrefix(state, nameOrId) is not { } node)
        {
            return View<NodeServices?>(state, null, Topic.Any(CatalogTables.Nodes), Topic.Any(CatalogTables.Services));
        }

        var key = NameKey.Of(node.Name);
        var services = state.FindBySecond(CatalogTables.ByNode, key).Select(static row => row.Service);
        return View<NodeServices?>(
            state, new NodeServices(node, [.. services]), Topic.Row(CatalogTables.Nodes, key), Topic.Rows(CatalogTables.ByNode, key));
    }

    /// <summary>All checks on a node (HLT-6).</summary>
    public static CatalogView<IReadOnlyList<HealthCheck>> ChecksOfNode(StateSnapshot state, string node) =>
        Checks(state, CatalogTables.ChecksByNode, NameKey.Of(node));

    /// <summary>The checks of a service's instances (HLT-6).</summary>
    public static CatalogView<IReadOnlyList<HealthCheck>> ChecksOfService(StateSnapshot state, string service) =>
        Checks(state, CatalogTables.ChecksByService, NameKey.Of(service));

    /// <summary>The checks in a state; null for all (HLT-6).</summary>
    public static CatalogView<IReadOnlyList<HealthCheck>> ChecksInState(StateSnapshot state, string? status) => status is null
        ? View<IReadOnlyList<HealthCheck>>(state, [.. state.Rows(CatalogTables.Checks).Values], Topic.Any(CatalogTables.Checks))
        : Checks(state, CatalogTables.ChecksByStatus, status);

    private static CatalogView<IReadOnlyList<HealthCheck>> Checks(StateSnapshot state, SecondKey<HealthCheck> second, string key)
    {
        IReadOnlyList<HealthCheck> checks = [.. state.FindBySecond(second, key)];
        var topic = Topic.Rows(second, key);
        return new(checks, checks.Count > 0 ? state.IndexOf(topic) : state.IndexOf(CatalogTables.Checks), [topic]);
    }

    private static (IEnumerable<CatalogService> Rows, ulong Index, Topic[] Topics) Selected(StateSnapshot state, ServiceQuery query)
    {
        var named = Topic.Rows(CatalogTables.ByName, query.Key);
        if (query.Selects == ServiceSelection.Instances)
        {
            return (state.FindBySecond(CatalogTables.ByName, query.Key), IndexOf(state, named), [named]);
        }

        // The gateways that lead to the service; what a wildcard stands for follows the service itself.
        var isConnect = query.Selects == ServiceSelection.Connect;
        var kind = isConnect ? ServiceKinds.TerminatingGateway : ServiceKinds.IngressGateway;
        var links = GatewayLinks.Of(state, kind);
        var gateways = links.To(query.Name, IsWild(state, query.Key)).Select(NameKey.Of).ToList();
        List<Topic> topics = [.. gateways.Select(static gateway => Topic.Rows(CatalogTables.ByName, gateway))];
        if (isConnect)
        {
            topics.Add(Topic.Rows(CatalogTables.ByConnectName, query.Key));
        }

        if (links.HasWildcard)
        {
            topics.Add(named);
        }

        var entries = Topic.Any(DocumentKinds.RowsOf(kind));
        var index = topics.Select(topic => IndexOf(state, topic)).Append(state.IndexOf(entries)).Max();
        IEnumerable<CatalogService> rows = isConnect ? state.FindBySecond(CatalogTables.ByConnectName, query.Key) : [];
        if (gateways.Count > 0)
        {
            rows = rows
                .Concat(gateways.SelectMany(gateway => state.FindBySecond(CatalogTables.ByName, gateway)).Where(row => row.Service.Kind == kind))
                .DistinctBy(static row => CatalogTables.KeyOf(row.Node, row.Service.Id))
                .OrderBy(static row => CatalogTables.KeyOf(row.Node, row.Service.Id), StringComparer.Ordinal);
        }

        return (rows, index, [.. topics, entries]);
    }

    /// <summary>Whether a service is among those that the wildcard of a gateway stands for.</summary>
    private static bool IsWild(StateSnapshot state, string key) =>
        key != OwnService && state.FindBySecond(CatalogTables.ByName, key).Any(static row => row.Service.Kind == ServiceKinds.Typical);

    // Of what is not there the index is not the table's here, but that of an absent service.
    private static ulong IndexOf(StateSnapshot state, Topic topic) => state.By(topic.Second!).Keys.GetValueOrDefault(topic.Key!, RowKeys.None).Index;

    /// <summary>The index of a service without instances (CAT-16): when any lost its last one; if that never happened, the last write of all.</summary>
    private static ulong IndexOfAbsent(StateSnapshot state, IReadOnlyList<StateTable> besides)
    {
        var emptied = Math.Max(state.By(CatalogTables.ByName).Emptied, state.By(CatalogTables.ByConnectName).Emptied);
        return emptied > 0 ? emptied : besides.Append(CatalogTables.Services).Append(CatalogTables.Nodes).Max(state.IndexOf);
    }

    private static CatalogView<T> View<T>(StateSnapshot state, T value, params Topic[] topics) => new(value, topics.Max(state.IndexOf), topics);
}

/// <summary>An instance of a service with its node.</summary>
internal sealed record ServiceInstance(CatalogNode Node, NodeService Service);

/// <summary>A node with its services, sorted by ID.</summary>
internal sealed record NodeServices(CatalogNode Node, IReadOnlyList<NodeService> Services);
