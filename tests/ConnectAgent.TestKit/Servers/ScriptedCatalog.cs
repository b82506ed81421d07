using ConnectAgent.Agent.Catalog;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.TestKit.Servers;

/// <summary>The catalog of the scripted server; it is called under that one's lock.</summary>
internal sealed class ScriptedCatalog
{
    private readonly Dictionary<string, Entry> _nodes = new(StringComparer.OrdinalIgnoreCase);
    private ulong _index = 1;

    /// <summary>A copy, for a server that is restored from it later.</summary>
    public IReadOnlyDictionary<string, Entry> Save() => _nodes.ToDictionary(static pair => pair.Key, static pair => pair.Value.Copy(), StringComparer.OrdinalIgnoreCase);

    public void Restore(IReadOnlyDictionary<string, Entry> saved, ulong index)
    {
        _nodes.Clear();
        foreach (var (name, entry) in saved)
        {
            _nodes.Add(name, entry.Copy());
        }

        _index = index;
    }

    /// <summary>What a token may see of a node.</summary>
    public ServerRead<NodeView> Read(string name, TokenRights rights) => new(
        _nodes.TryGetValue(name, out var entry) && rights.NodeRead(entry.Node.Name)
            ? new NodeView(entry.Node, entry.Services.Where(pair => rights.ServiceRead(pair.Value.Name)).ToDictionary(StringComparer.Ordinal))
            : NodeView.None,
        _index);

    /// <inheritdoc cref="Read"/>
    public ServerRead<IReadOnlyList<HealthCheck>> ReadChecks(string name, TokenRights rights) => new(
        _nodes.TryGetValue(name, out var entry) && rights.NodeRead(entry.Node.Name)
            ? [.. entry.Checks.Values.Where(check => check.ServiceId.Length == 0 || rights.ServiceRead(check.ServiceName)).OrderBy(check => check.CheckId, StringComparer.Ordinal)]
            : [],
        _index);

    /// <summary>services CAT-1 to CAT-5, CAT-7.</summary>
    public void Register(CatalogRegistration registration, TokenRights rights, ulong index)
    {
        var node = registration.Node;
        Require(node.Name.Length > 0, "Must provide node");
        Require(registration.SkipNodeUpdate || node.Address.Length > 0, "Must provide address if SkipNodeUpdate is not set");
        var known = _nodes.GetValueOrDefault(node.Name);
        var isNodeChange = known is null || (!registration.SkipNodeUpdate && !CatalogForm.AreSame(known.Node, node));
        RequireRight(!isNodeChange || rights.Allows(AclResource.Node, node.Name, AclAccess.Write));
        RequireRight(registration.Service is null || rights.ServiceWrite(registration.Service.Name));
        var next = known?.Copy() ?? new Entry(node with { CreateIndex = index, ModifyIndex = index });
        if (known is not null && isNodeChange)
        {
            next.Node = node with { CreateIndex = known.Node.CreateIndex, ModifyIndex = index };
        }

        var changes = isNodeChange;
        if (registration.Service is { } service && !(next.Services.TryGetValue(service.Id, out var present) && CatalogForm.AreSame(present, service)))
        {
            next.Services[service.Id] = service with { CreateIndex = index, ModifyIndex = index };
            changes = true;
        }

        foreach (var sent in registration.Checks)
        {
            var check = sent with { Node = node.Name };
            if (check.ServiceId.Length > 0)
            {
                var of = next.Services.GetValueOrDefault(check.ServiceId)
                    ?? throw new ServerException(FailureKind.Invalid, $"failed inserting check: Missing service registration on node \"{node.Name}\"");
                check = check with { ServiceName = of.Name, ServiceTags = of.Tags };
            }

            RequireRight(check.ServiceId.Length > 0 ? rights.ServiceWrite(check.ServiceName) : rights.Allows(AclResource.Node, node.Name, AclAccess.Write));
            if (!(next.Checks.TryGetValue(check.CheckId, out var held) && CatalogForm.AreSame(held, check)))
            {
                next.Checks[check.CheckId] = check with { CreateIndex = index, ModifyIndex = index };
                changes = true;
            }
        }

        if (changes)
        {
            _nodes[node.Name] = next;
            _index = index;
        }
    }

    /// <summary>services CAT-8.</summary>
    public void Deregister(CatalogDeregistration deregistration, TokenRights rights, ulong index)
    {
        Require(deregistration.Node.Length > 0, "Must provide node");
        if (!_nodes.TryGetValue(deregistration.Node, out var node))
        {
            return;
        }

        var service = deregistration.ServiceId.Length > 0 ? node.Services.GetValueOrDefault(deregistration.ServiceId) : null;
        var ownsNode = rights.Allows(AclResource.Node, node.Node.Name, AclAccess.Write);
        RequireRight(ownsNode || (service is not null && rights.ServiceWrite(service.Name)));
        if (deregistration.ServiceId.Length > 0)
        {
            if (node.Services.Remove(deregistration.ServiceId))
            {
                foreach (var check in node.Checks.Values.Where(check => check.ServiceId == deregistration.ServiceId).ToList())
                {
                    node.Checks.Remove(check.CheckId);
                }

                _index = index;
            }
        }
        else if (deregistration.CheckId.Length > 0 ? node.Checks.Remove(deregistration.CheckId) : _nodes.Remove(deregistration.Node))
        {
            _index = index;
        }
    }

    private static void Require(bool holds, string text)
    {
        if (!holds)
        {
            throw new ServerException(FailureKind.Invalid, text);
        }
    }

    private static void RequireRight(bool allowed) => TokenRights.Require(allowed);

    /// <summary>A node with what is on it.</summary>
    internal sealed class Entry(CatalogNode node)
    {
        public CatalogNode Node { get; set; } = node;

        public Dictionary<string, NodeService> Services { get; private init; } = new(StringComparer.Ordinal);

        public Dictionary<string, HealthCheck> Checks { get; private init; } = new(StringComparer.Ordinal);

        public Entry Copy() => new(Node) { Services = new(Services, StringComparer.Ordinal), Checks = new(Checks, StringComparer.Ordinal) };
    }
}
