using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>What a registration and a deregistration do to the rows (services CAT-2 to CAT-8). What is there already is not written again (CAT-5).</summary>
internal static class CatalogWrites
{
    /// <summary>Whether a registration writes the node's record (CAT-3, CAT-7).</summary>
    public static bool ChangesNode(StateSnapshot state, CatalogRegistration registration) =>
        CatalogRows.FindNode(state, registration.Node.Name) is not { } before
        || (!registration.SkipNodeUpdate && !CatalogForm.AreSame(before, registration.Node with { Name = before.Name }));

    /// <summary>The other nodes that have the ID of a node, and go when it takes it (CAT-6): mostly none.</summary>
    public static IReadOnlyList<CatalogNode> InTheWayOf(StateSnapshot state, CatalogNode node) => node.Id.Length == 0
        ? []
        : [.. state.FindBySecond(CatalogTables.NodesById, node.Id).Where(other => NameKey.Of(other.Name) != NameKey.Of(node.Name))];

    /// <summary>Removes what a node would have to give way to (CAT-6).</summary>
    public static void Clear(StateWriter writer, CatalogNode node)
    {
        var others = InTheWayOf(writer.State, node);
        if (CatalogRows.FindNode(writer.State, node.Name) is { Id.Length: > 0 } named && named.Id != node.Id)
        {
            others = [.. others, named];
        }

        foreach (var other in others)
        {
            RemoveNode(writer, other.Name);
        }
    }

    /// <summary>Writes a registration.</summary>
    /// <param name="registration">In its form.</param>
    /// <param name="changesNode">What <see cref="ChangesNode"/> says.</param>
    /// <exception cref="ServerException">400; nothing is changed then.</exception>
    public static void Register(StateWriter writer, CatalogRegistration registration, bool changesNode)
    {
        var node = PutNode(writer, registration, changesNode);
        if (registration.Service is { } service)
        {
            PutService(writer, node.Name, service);
        }

        foreach (var check in registration.Checks)
        {
            PutCheck(writer, node.Name, check);
        }
    }

    /// <summary>Removes a service with its checks; else a check; else the node with everything (CAT-8). What is not there is no mistake.</summary>
    public static void Deregister(StateWriter writer, CatalogDeregistration deregistration)
    {
        var (node, service, check) = (deregistration.Node, deregistration.ServiceId, deregistration.CheckId);
        if (service.Length > 0)
        {
            RemoveService(writer, node, service);
        }
        else if (check.Length > 0)
        {
            writer.Remove(CatalogTables.Checks, CatalogTables.KeyOf(node, check));
        }
        else
        {
            RemoveNode(writer, node);
        }
    }

    private static CatalogNode PutNode(StateWriter writer, CatalogRegistration registration, bool changesNode)
    {
        var node = registration.Node;
        var before = CatalogRows.FindNode(writer.State, node.Name);
        if (!changesNode)
        {
            return before!;
        }

        if (before is null)
        {
            CatalogBounds.Nodes.Require(writer.State.Rows(CatalogTables.Nodes).Count + 1, "the catalog's list of nodes");
        }
        else if (node.Id.Length > 0 && before.Id.Length > 0 && before.Id != node.Id)
        {
            RequireNotAlive(writer.State, node, before);
        }

        // A node that is not alive any more gives its ID to another, and goes; one that is alive keeps it (CAT-6).
        foreach (var other in InTheWayOf(writer.State, node))
        {
            RequireNotAlive(writer.State, node, other);
            RemoveNode(writer, other.Name);
        }

        // One name whatever its case; rights are given by the spelling, so it stays.
        node = node with { Name = before?.Name ?? node.Name, CreateIndex = before?.CreateIndex ?? writer.Index, ModifyIndex = writer.Index };
        writer.Put(CatalogTables.Nodes, node);
        return node;
    }

    private static void RequireNotAlive(StateSnapshot state, CatalogNode node, CatalogNode other)
    {
        if (CatalogRows.FindCheck(state, other.Name, CatalogRows.SerfHealth)?.Status == CheckStatus.Passing)
        {
            throw new ServerException(
                FailureKind.Invalid,
                $"failed inserting node: Error while renaming Node ID: {GoQuote.Of(node.Id)}: Node name {node.Name} is reserved by node {other.Id} "
                    + $"with name {other.Name} ({other.Address})");
        }
    }

    private static void PutService(StateWriter writer, string node, NodeService service)
    {
        var before = CatalogRows.FindService(writer.State, node, service.Id);
        if (before is null)
        {
            CatalogBounds.AllServices.Require(writer.State.Rows(CatalogTables.Services).Count + 1, "the catalog's list of services");
            CatalogBounds.Services.Require(CountOf(writer.State, CatalogTables.ByNode, NameKey.Of(node)) + 1, "the node's list of services");
        }
        else if (CatalogForm.AreSame(before.Service, service))
        {
            return;
        }

        service = service with { CreateIndex = before?.Service.CreateIndex ?? writer.Index, ModifyIndex = writer.Index };
        writer.Put(CatalogTables.Services, new CatalogService(node, service));
        if (before is null || before.Service.Name == service.Name)
        {
            return;
        }

        // Its checks are found, and may be seen, by the service's name.
        foreach (var check in writer.State.FindBySecond(CatalogTables.ChecksByInstance, CatalogTables.KeyOf(node, service.Id)).ToList())
        {
            writer.Put(CatalogTables.Checks, check with { ServiceName = service.Name, ServiceTags = service.Tags, ModifyIndex = writer.Index });
        }
    }

    private static void PutCheck(StateWriter writer, string node, HealthCheck check)
    {
        check = check with { Node = node };
        if (check.ServiceId.Length > 0)
        {
            var service = CatalogRows.FindService(writer.State, node, check.ServiceId)?.Service
                ?? throw new ServerException(FailureKind.Invalid, $"failed inserting check: Missing service registration on node {GoQuote.Of(node)}");
            check = check with { ServiceId = service.Id, ServiceName = service.Name, ServiceTags = service.Tags };
        }
        else
        {
            check = check with { ServiceName = string.Empty, ServiceTags = [] };
        }

        var before = CatalogRows.FindCheck(writer.State, node, check.CheckId);
        if (before is not null && CatalogForm.AreSame(before, check))
        {
            return;
        }

        if (before?.ServiceId != check.ServiceId)
        {
            RequireRoom(writer.State, node, check.ServiceId);
        }

        writer.Put(CatalogTables.Checks, check with { CreateIndex = before?.CreateIndex ?? writer.Index, ModifyIndex = writer.Index });
    }

    private static void RequireRoom(StateSnapshot state, string node, string service)
    {
        var key = NameKey.Of(node);
        CatalogBounds.Checks.Require(CountOf(state, CatalogTables.ChecksByNode, key) + 1, "the node's list of checks");
        var beside = service.Length > 0
            ? CountOf(state, CatalogTables.ChecksByInstance, CatalogTables.KeyOf(node, service))
            : CountOf(state, CatalogTables.NodeChecks, key);
        CatalogBounds.ChecksOfService.Require(beside + 1, "the service's list of checks");
    }

    private static void RemoveService(StateWriter writer, string node, string id)
    {
        foreach (var check in writer.State.FindBySecond(CatalogTables.ChecksByInstance, CatalogTables.KeyOf(node, id)).ToList())
        {
            writer.Remove(CatalogTables.Checks, CatalogTables.KeyOf(node, check.CheckId));
        }

        writer.Remove(CatalogTables.Services, CatalogTables.KeyOf(node, id));
    }

    private static void RemoveNode(StateWriter writer, string node)
    {
        var key = NameKey.Of(node);
        foreach (var check in writer.State.FindBySecond(CatalogTables.ChecksByNode, key).ToList())
        {
            writer.Remove(CatalogTables.Checks, CatalogTables.KeyOf(node, check.CheckId));
        }

        foreach (var row in writer.State.FindBySecond(CatalogTables.ByNode, key).ToList())
        {
            writer.Remove(CatalogTables.Services, CatalogTables.KeyOf(node, row.Service.Id));
        }

        writer.Remove(CatalogTables.Nodes, key);
    }

    private static int CountOf(StateSnapshot state, SecondKey second, string key) => state.By(second).Keys.GetValueOrDefault(key, RowKeys.None).Count;
}
