using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>
/// Walks the chain of every service that has a router, splitter or resolver, as services DCH-6 puts it together, and refuses a state in which one
/// does not fit together (CFG-14).
/// </summary>
/// <param name="state">As it would be after the write.</param>
/// <param name="datacenter">The one that the chains are for.</param>
internal sealed class ServiceChains(StateSnapshot state, string datacenter)
{
    // Nobody needs more; a walk must neither exhaust the stack nor hold up other writes.
    [Limit(PathLimit, "nodes", "refused: 500", Refuses = true)]
    private const int LongestPath = 128;

    private const string PathLimit = "config_entries.chain_path";

    private readonly Dictionary<(string Kind, string Key), JsonObject?> _documents = [];

    private StateSnapshot State { get; } = state;

    private string Datacenter { get; } = datacenter;

    /// <summary>Walks all chains.</summary>
    /// <param name="changed">The entry that was written; its own chain comes first, so that the text tells of it.</param>
    /// <exception cref="ServerException">500 with the first chain's fault.</exception>
    /// <param name="isForAll">Whether the entry is about all services.</param>
    public void Require(string changed, bool isForAll)
    {
        SortedDictionary<string, string> services = new(StringComparer.Ordinal);
        foreach (var kind in new[] { ServiceRouterKind.KindName, ServiceSplitterKind.KindName, ServiceResolverKind.KindName })
        {
            foreach (var (key, entry) in State.Rows(DocumentKinds.RowsOf(kind)))
            {
                services.TryAdd(key, entry.Name);
            }
        }

        foreach (var service in services.Values.OrderByDescending(service => NameKey.Of(service) == NameKey.Of(changed)))
        {
            var walk = new Walk(this, service);
            try
            {
                walk.Run();
            }
            catch (ServerException) when (!isForAll && !walk.Visited(changed))
            {
                // Kept from a revision that checked less: that chain does not fit together, but it is not this write's doing.
            }
        }
    }

    private JsonObject? Find(string kind, string service)
    {
        var at = (kind, NameKey.Of(service));
        if (!_documents.TryGetValue(at, out var document))
        {
            var entry = State.Find(DocumentKinds.RowsOf(kind), at.Item2);
            _documents[at] = document = entry is null ? null : JsonNode.Parse(entry.Document)!.AsObject();
        }

        return document;
    }

    private static ServerException Refused(string text) => new(FailureKind.Mistake, text);

    private static string Or(string text, string other) => text.Length > 0 ? text : other;

    /// <summary>Where a resolver leads.</summary>
    private readonly record struct Target(string Service, string Subset, string Datacenter)
    {
        public string Id => $"{(Subset.Length > 0 ? Subset + "." : string.Empty)}{Service}.default.{Datacenter}";
    }

    /// <summary>One chain.</summary>
    private sealed class Walk(ServiceChains chains, string start)
    {
        private readonly string _protocol = ServiceProtocols.Of(chains.State, start);
        private readonly HashSet<string> _split = new(StringComparer.Ordinal);
        private readonly HashSet<string> _visited = new(StringComparer.Ordinal);
        private bool _isAdvanced;

        public bool Visited(string service) => _visited.Contains(NameKey.Of(service));

        public void Run()
        {
            _visited.Add(NameKey.Of(start));
            if (chains.Find(ServiceRouterKind.KindName, start) is { } router)
            {
                _isAdvanced = true;
                foreach (var destination in router.Objects("Routes").Select(route => route.Object("Destination") ?? []))
                {
                    var (service, subset) = (Or(destination.Text("Service"), start), destination.Text("ServiceSubset"));
                    if (subset.Length > 0)
                    {
                        Resolve(new Target(service, subset, chains.Datacenter), failsOver: true);
                    }
                    else
                    {
                        Split(service, []);
                    }
                }
            }

            // Also with a router: what no route takes goes to the service itself.
            Split(start, []);
            if (_isAdvanced && !ServiceProtocols.IsHttp(_protocol))
            {
                throw Refused(
                    $"discovery chain {GoQuote.Of(start)} uses a protocol {GoQuote.Of(_protocol)} that does not permit advanced routing or splitting behavior");
            }
        }

        private void Split(string service, IReadOnlyList<string> path)
        {
            _visited.Add(NameKey.Of(service));
            if (chains.Find(ServiceSplitterKind.KindName, service) is not { } splitter)
            {
                Resolve(new Target(service, string.Empty, chains.Datacenter), failsOver: true);
                return;
            }

            var node = $"splitter:{service}.default";
            if (path.Contains(node, StringComparer.Ordinal))
            {
                throw Refused($"detected circular reference: [{string.Join(" -> ", path.Append(node))}]");
            }

            if (!_split.Add(node))
            {
                return;
            }

            RequireShort(path.Count);
            _isAdvanced = true;
            Speak(service);
            foreach (var split in splitter.Objects("Splits"))
            {
                var (next, subset) = (Or(split.Text("Service"), service), split.Text("ServiceSubset"));
                if (next != service && subset.Length == 0)
                {
                    Split(next, [.. path, node]);
                }
                else
                {
                    Resolve(new Target(next, subset, chains.Datacenter), failsOver: true);
                }
            }
        }

        private void Resolve(Target target, bool failsOver)
        {
            List<string> path = [];
            JsonObject? resolver;
            while (true)
            {
                Speak(target.Service);
                if (path.Contains(target.Id, StringComparer.Ordinal))
                {
                    throw Refused($"detected circular resolver redirect: [{string.Join(" -> ", path.Append(target.Id))}]");
                }

                path.Add(target.Id);
                RequireShort(path.Count);
                resolver = chains.Find(ServiceResolverKind.KindName, target.Service);
                if (resolver?.Object("Redirect") is { } redirect
                    && Next(target, redirect, Or(redirect.Text("Datacenter"), target.Datacenter)) is var next && next != target)
                {
                    target = next;
                }
                else if (target.Subset.Length == 0 && resolver?.Text("DefaultSubset") is { Length: > 0 } subset)
                {
                    target = target with { Subset = subset };
                }
                else
                {
                    break;
                }
            }

            if (target.Subset.Length > 0 && resolver?.Object("Subsets")?.ContainsKey(target.Subset) is not true)
            {
                throw Refused($"service {GoQuote.Of(target.Service)} does not have a subset named {GoQuote.Of(target.Subset)}");
            }

            RequireNoneOfExternal(target.Service, resolver);
            var failovers = resolver?.Object("Failover");
            if (failsOver && (failovers?.Object(target.Subset) ?? failovers?.Object("*")) is { } failover)
            {
                foreach (var datacenter in failover.Texts("Datacenters").DefaultIfEmpty(target.Datacenter))
                {
                    Resolve(Next(target, failover, datacenter), failsOver: false);
                }
            }
        }

        // Another service has other subsets.
        private static Target Next(Target from, JsonObject to, string datacenter)
        {
            var service = Or(to.Text("Service"), from.Service);
            return new Target(service, Or(to.Text("ServiceSubset"), service == from.Service ? from.Subset : string.Empty), datacenter);
        }

        // Whoever sets the name that TLS asks for runs the service elsewhere: nothing here can choose among its instances.
        private void RequireNoneOfExternal(string service, JsonObject? resolver)
        {
            if (chains.Find(ServiceDefaultsKind.KindName, service)?.Has("ExternalSNI") is not true)
            {
                return;
            }

            foreach (var (field, name) in new[] { ("Redirect", "redirects"), ("Subsets", "subsets"), ("Failover", "failover") })
            {
                if (resolver?.Has(field) is true)
                {
                    throw Refused($"service {GoQuote.Of(service)} has an external SNI set; cannot define {name} for external services");
                }
            }
        }

        private void RequireShort(int length)
        {
            if (length > LongestPath)
            {
                throw new ServerException(
                    FailureKind.Mistake, $"discovery chain {GoQuote.Of(start)} has a path of more than {LongestPath} nodes")
                {
                    Limit = PathLimit,
                };
            }
        }

        private void Speak(string service)
        {
            _visited.Add(NameKey.Of(service));
            var protocol = ServiceProtocols.Of(chains.State, service);
            if (protocol != _protocol)
            {
                throw Refused(
                    $"discovery chain {GoQuote.Of(start)} uses inconsistent protocols; service {GoQuote.Of(service)} has {GoQuote.Of(protocol)} "
                        + $"which is not {GoQuote.Of(_protocol)}");
            }
        }
    }
}
