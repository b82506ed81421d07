using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.Protocol.Chains;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.Chains;

/// <summary>Puts one chain together out of config entries (services DCH-5 to DCH-8). It is used once; what it looked at is known even when it fails.</summary>
/// <param name="entries">Of one state.</param>
/// <param name="request">Which chain.</param>
internal sealed class ChainCompiler(ChainEntries entries, ChainRequest request)
{
    // Nobody needs more; putting a chain together must neither exhaust the stack nor hold up other writes.
    [Limit(PathLimit, "nodes", "refused: 500", Refuses = true)]
    private const int LongestPath = 128;

    [Limit(SizeLimit, "nodes, splits and targets", "refused: 500", Refuses = true)]
    private const int LargestChain = 50_000;

    private const string PathLimit = "config_entries.chain_path";
    private const string SizeLimit = "config_entries.chain_size";

    private readonly string _protocol = entries.ProtocolOf(request.Service);
    private readonly bool _isRouted = request.Overrides.Protocol.Length == 0 || ServiceProtocols.IsHttp(request.Overrides.Protocol);
    private readonly ChainTargets _targets = new(entries, request);
    private readonly Dictionary<string, ChainNode> _nodes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _services = new(StringComparer.Ordinal);
    private bool _isAdvanced;
    private int _size;

    /// <summary>The services whose entries it looked at, in ASCII lower case.</summary>
    public IReadOnlyCollection<string> Services => _services;

    /// <summary>Puts it together.</summary>
    /// <exception cref="ServerException">500: the entries do not fit together (CFG-14).</exception>
    public DiscoveryChain Run()
    {
        Visit(request.Service);
        var start = _isRouted && entries.Router(request.Service) is { } router ? Route(router) : Split(request.Service, []);
        var protocol = request.Overrides.Protocol.Length > 0 ? request.Overrides.Protocol : _protocol;
        if (_isAdvanced && !ServiceProtocols.IsHttp(protocol))
        {
            throw Refused(
                $"discovery chain {GoQuote.Of(request.Service)} uses a protocol {GoQuote.Of(protocol)} that does not permit advanced routing or splitting behavior");
        }

        return new DiscoveryChain
        {
            ServiceName = request.Service,
            Datacenter = request.Datacenter,
            CustomizationHash = ChainHash.Of(_targets.Effective with { Protocol = protocol == _protocol ? string.Empty : protocol }),
            Protocol = protocol,
            StartNode = start,
            Nodes = Reachable(start),
            Targets = _targets.All,
        };
    }

    private static ServerException Refused(string text) => new(FailureKind.Mistake, text);

    private static string Or(string text, string other) => text.Length > 0 ? text : other;

    private string Route(RouterEntry router)
    {
        _isAdvanced = true;
        List<ChainRoute> routes = [];
        foreach (var route in router.Routes)
        {
            Grow();
            var service = Or(route.Service, request.Service);
            routes.Add(new ChainRoute(route.Definition, route.Subset.Length > 0 ? Resolve(service, route.Subset) : Split(service, [])));
        }

        // What no route takes goes to the service itself.
        var rest = "{\"Match\":{\"HTTP\":{\"PathPrefix\":\"/\"}},\"Destination\":{\"Service\":" + Protocol.Json.SortedJson.Text(request.Service)
            + ",\"Namespace\":\"default\"}}";
        routes.Add(new ChainRoute(rest, Split(request.Service, [])));
        return Add(new ChainNode(ChainNodeTypes.Router, NameOf(request.Service)) { Routes = routes });
    }

    // Its splitter, or if it has none its resolver.
    private string Split(string service, IReadOnlyList<string> path)
    {
        Visit(service);
        if (!_isRouted || entries.Splitter(service) is not { } splitter)
        {
            return Resolve(service, string.Empty);
        }

        var key = new ChainNode(ChainNodeTypes.Splitter, NameOf(service)).Key;
        if (path.Contains(key, StringComparer.Ordinal))
        {
            throw Refused($"detected circular reference: [{string.Join(" -> ", path.Append(key))}]");
        }

        if (_nodes.ContainsKey(key))
        {
            return key;
        }

        RequireShort(path.Count);
        _isAdvanced = true;
        Speak(service);
        List<ChainSplit> splits = [];
        string? balancer = null;
        foreach (var split in splitter.Splits)
        {
            var other = Or(split.Service, service);
            var next = _nodes[other != service && split.Subset.Length == 0 ? Split(other, [.. path, key]) : Resolve(other, split.Subset)];

            // A request is hashed once, where it is split: the first way that wants it counts.
            balancer ??= next.Splits is not null || _targets.Hashes(next) ? next.LoadBalancer : null;
            splits.AddRange(next.Splits is { } inner
                ? Shares(split.Weight, inner).Zip(inner, static (weight, part) => part with { Weight = weight })
                : [new ChainSplit(split.Weight, next.Key)]);
            Grow(next.Splits?.Count ?? 1);
        }

        return Add(new ChainNode(ChainNodeTypes.Splitter, NameOf(service)) { Splits = splits, LoadBalancer = balancer });
    }

    /// <summary>A splitter behind a splitter is part of it (DCH-6): its parts of a weight, which they add up to.</summary>
    private static List<decimal> Shares(decimal weight, IReadOnlyList<ChainSplit> parts)
    {
        List<decimal> rounded = [.. parts.Select(part => Round(part.Weight * weight / 100))];
        if (rounded.Sum() == weight)
        {
            return rounded;
        }

        // Rounded one by one they would not add up to 100, which proxies insist on; so their sums are rounded.
        decimal sum = 0;
        decimal given = 0;
        for (var i = 0; i < rounded.Count; i++)
        {
            sum += parts[i].Weight * weight / 100;
            rounded[i] = Round(sum) - given;
            given += rounded[i];
        }

        return rounded;

        static decimal Round(decimal share) => decimal.Round(share, 2, MidpointRounding.AwayFromZero);
    }

    private string Resolve(string service, string subset)
    {
        var (place, resolver) = Settle(new ChainPlace(service, subset, request.Datacenter));
        var key = new ChainNode(ChainNodeTypes.Resolver, place.Id).Key;
        if (_nodes.ContainsKey(key))
        {
            return key;
        }

        List<string> failover = [];
        if (resolver is not null && (resolver.Failover.GetValueOrDefault(place.Subset) ?? resolver.Failover.GetValueOrDefault("*")) is { } other)
        {
            foreach (var datacenter in other.Datacenters.DefaultIfEmpty(place.Datacenter))
            {
                if (place.To(other, datacenter) is var next && next != place && Settle(next).Place.Id is var id && id != place.Id && !failover.Contains(id))
                {
                    failover.Add(id);
                }
            }
        }

        return Add(new ChainNode(ChainNodeTypes.Resolver, place.Id)
        {
            Resolver = new ChainResolver(_targets.All[place.Id].ConnectTimeout, resolver?.IsEmpty ?? true, place.Id, failover),
            LoadBalancer = resolver?.LoadBalancer,
        });
    }

    // Follows redirects and the default subset to where the instances are.
    private (ChainPlace Place, ResolverEntry? Resolver) Settle(ChainPlace place)
    {
        List<string> path = [];
        while (true)
        {
            Speak(place.Service);
            if (path.Contains(place.Id, StringComparer.Ordinal))
            {
                throw Refused($"detected circular resolver redirect: [{string.Join(" -> ", path.Append(place.Id))}]");
            }

            path.Add(place.Id);
            RequireShort(path.Count);
            var resolver = entries.Resolver(place.Service);
            if (resolver?.Redirect is { } redirect && place.To(redirect, redirect.Datacenters.FirstOrDefault(place.Datacenter)) is var next && next != place)
            {
                place = next;
            }
            else if (place.Subset.Length == 0 && resolver is { DefaultSubset: { Length: > 0 } subset })
            {
                place = place with { Subset = subset };
            }
            else
            {
                Grow();
                _targets.Add(place, resolver);
                return (place, resolver);
            }
        }
    }

    private static string NameOf(string service) => service + ".default";

    private string Add(ChainNode node)
    {
        Grow();
        _nodes.TryAdd(node.Key, node);
        return node.Key;
    }

    // A splitter that became part of another is left out.
    private Dictionary<string, ChainNode> Reachable(string start)
    {
        Dictionary<string, ChainNode> reached = new(StringComparer.Ordinal);
        Stack<string> next = new([start]);
        while (next.TryPop(out var key))
        {
            if (reached.TryAdd(key, _nodes[key]))
            {
                foreach (var further in _nodes[key].Next)
                {
                    next.Push(further);
                }
            }
        }

        return reached;
    }

    private void Grow(int by = 1) => Require((_size += by) <= LargestChain, $"is larger than {LargestChain} nodes, splits and targets", SizeLimit);

    private void RequireShort(int length) => Require(length <= LongestPath, $"has a path of more than {LongestPath} nodes", PathLimit);

    private void Require(bool holds, string otherwise, string limit)
    {
        if (!holds)
        {
            throw new ServerException(FailureKind.Mistake, $"discovery chain {GoQuote.Of(request.Service)} {otherwise}") { Limit = limit };
        }
    }

    private void Visit(string service) => _services.Add(NameKey.Of(service));

    private void Speak(string service)
    {
        Visit(service);
        var protocol = entries.ProtocolOf(service);
        if (protocol != _protocol)
        {
            throw Refused(
                $"discovery chain {GoQuote.Of(request.Service)} uses inconsistent protocols; service {GoQuote.Of(service)} has {GoQuote.Of(protocol)} "
                    + $"which is not {GoQuote.Of(_protocol)}");
        }
    }
}
