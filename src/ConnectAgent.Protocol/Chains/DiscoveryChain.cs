namespace ConnectAgent.Protocol.Chains;

/// <summary>How a service is reached, put together from config entries (services DCH-2). Immutable.</summary>
public sealed record DiscoveryChain
{
    /// <summary>As it was asked for.</summary>
    public required string ServiceName { get; init; }

    /// <summary>The one that the chain is put together for.</summary>
    public required string Datacenter { get; init; }

    /// <summary>Tells chains with overrides apart; empty where none has an effect (DCH-8).</summary>
    public string CustomizationHash { get; init; } = string.Empty;

    public required string Protocol { get; init; }

    /// <summary>The key of the first of <see cref="Nodes"/>.</summary>
    public required string StartNode { get; init; }

    /// <summary>By <see cref="ChainNode.Key"/>.</summary>
    public required IReadOnlyDictionary<string, ChainNode> Nodes { get; init; }

    /// <summary>By <see cref="ChainTarget.Id"/>.</summary>
    public required IReadOnlyDictionary<string, ChainTarget> Targets { get; init; }

    /// <summary>Whether it says nothing: plain look-up of the service's instances does the same (DCH-9).</summary>
    public bool IsDefault => Nodes[StartNode].Resolver is { IsDefault: true } resolver && Targets[resolver.Target] is { Subset: "" } target
        && target.Service == ServiceName && target.Datacenter == Datacenter;

    /// <summary>Where the instances behind a resolver are looked for, in this order: the next only where those before it have no healthy one (DCH-11).</summary>
    /// <param name="node">The key of a resolver.</param>
    /// <exception cref="KeyNotFoundException">There is no such node, or it is no resolver.</exception>
    public IEnumerable<ChainTarget> TargetsOf(string node)
    {
        var resolver = Nodes[node].Resolver ?? throw new KeyNotFoundException($"{node} is no resolver");
        return resolver.Failover.Prepend(resolver.Target).Select(id => Targets[id]);
    }

    /// <summary>Where to look next (DCH-11).</summary>
    /// <param name="node">The key of a resolver.</param>
    /// <param name="hasNone">Whether a target is known to have no healthy instance.</param>
    /// <returns>Null when all are known to have none.</returns>
    public ChainTarget? NextTarget(string node, Func<ChainTarget, bool> hasNone) => TargetsOf(node).FirstOrDefault(target => !hasNone(target));
}

/// <summary>One step of a chain (services DCH-3): exactly one of the three is there.</summary>
/// <param name="Type">One of <see cref="ChainNodeTypes"/>.</param>
/// <param name="Name">Of a resolver the ID of its target, else of the service.</param>
public sealed record ChainNode(string Type, string Name)
{
    public string Key => $"{Type}:{Name}";

    public IReadOnlyList<ChainRoute>? Routes { get; init; }

    public IReadOnlyList<ChainSplit>? Splits { get; init; }

    public ChainResolver? Resolver { get; init; }

    /// <summary>As the config entry shows it: JSON; null for none.</summary>
    public string? LoadBalancer { get; init; }

    /// <summary>The keys of the nodes that it leads to.</summary>
    public IEnumerable<string> Next => Routes?.Select(route => route.NextNode) ?? Splits?.Select(split => split.NextNode) ?? [];
}

/// <summary>The types of <see cref="ChainNode"/>.</summary>
public static class ChainNodeTypes
{
    public const string Router = "router";

    public const string Splitter = "splitter";

    public const string Resolver = "resolver";
}

/// <summary>Requests that take one way.</summary>
/// <param name="Definition">As the config entry shows it: JSON.</param>
/// <param name="NextNode">A key.</param>
public sealed record ChainRoute(string Definition, string NextNode);

/// <summary>A share of the requests.</summary>
/// <param name="Weight">In percent, with at most two decimals; those of a node add up to 100.</param>
/// <param name="NextNode">A key.</param>
public sealed record ChainSplit(decimal Weight, string NextNode);

/// <summary>The end of a way.</summary>
/// <param name="ConnectTimeout">As text.</param>
/// <param name="IsDefault">Whether nothing is configured (DCH-9).</param>
/// <param name="Target">An ID.</param>
/// <param name="Failover">IDs of the targets that stand in, in order.</param>
public sealed record ChainResolver(string ConnectTimeout, bool IsDefault, string Target, IReadOnlyList<string> Failover);

/// <summary>Instances that a chain leads to (services DCH-4).</summary>
public sealed record ChainTarget
{
    public required string Id { get; init; }

    public required string Service { get; init; }

    /// <summary>Empty for all instances.</summary>
    public string Subset { get; init; } = string.Empty;

    public required string Datacenter { get; init; }

    public required string ConnectTimeout { get; init; }

    /// <summary>Empty for none (DCH-7).</summary>
    public string MeshGatewayMode { get; init; } = string.Empty;

    /// <summary>What tells the subset's instances; empty for nothing.</summary>
    public string Filter { get; init; } = string.Empty;

    /// <summary>Whether instances that warn are left out.</summary>
    public bool OnlyPassing { get; init; }

    /// <summary>Whether the service runs outside of the mesh.</summary>
    public bool IsExternal { get; init; }

    /// <summary>The name that TLS asks for.</summary>
    public required string Sni { get; init; }

    public required string Name { get; init; }
}
