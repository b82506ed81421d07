using ConnectAgent.Protocol.Chains;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.Chains;

/// <summary>Where a way through a chain ends.</summary>
/// <param name="Subset">Empty for all instances.</param>
internal readonly record struct ChainPlace(string Service, string Subset, string Datacenter)
{
    /// <summary>services DCH-4.</summary>
    public string Id => $"{(Subset.Length > 0 ? Subset + "." : string.Empty)}{Service}.default.{Datacenter}";

    /// <summary>Another place; another service has other subsets.</summary>
    public ChainPlace To(ResolverEntry.Other other, string datacenter)
    {
        var service = other.Service.Length > 0 ? other.Service : Service;
        return new ChainPlace(service, other.Subset.Length > 0 ? other.Subset : service == Service ? Subset : string.Empty, datacenter);
    }
}

/// <summary>The targets of one chain (services DCH-4, DCH-7), and which overrides had an effect on them (DCH-8).</summary>
internal sealed class ChainTargets(ChainEntries entries, ChainRequest request)
{
    private const string DefaultTimeout = "5s";

    private readonly Dictionary<string, ChainTarget> _all = new(StringComparer.Ordinal);
    private readonly HashSet<string> _hashes = new(StringComparer.Ordinal);

    /// <summary>By ID.</summary>
    public IReadOnlyDictionary<string, ChainTarget> All => _all;

    /// <summary>Those that changed something; the protocol is not looked at here.</summary>
    public ChainOverrides Effective { get; private set; } = ChainOverrides.None;

    /// <summary>Whether a resolver sends requests that belong together to one instance.</summary>
    public bool Hashes(ChainNode node) => _hashes.Contains(node.Name);

    /// <summary>Adds a target; twice is once.</summary>
    /// <exception cref="ServerException">The service has no such subset, or runs elsewhere.</exception>
    public void Add(ChainPlace place, ResolverEntry? resolver)
    {
        if (_all.ContainsKey(place.Id))
        {
            return;
        }

        var subset = (Filter: string.Empty, OnlyPassing: false);
        if (place.Subset.Length > 0 && resolver?.Subsets.TryGetValue(place.Subset, out subset) is not true)
        {
            throw new ServerException(
                FailureKind.Mistake, $"service {GoQuote.Of(place.Service)} does not have a subset named {GoQuote.Of(place.Subset)}");
        }

        if (resolver?.Hashes is true)
        {
            _hashes.Add(place.Id);
        }

        var sni = entries.Defaults(place.Service)?.ExternalSni ?? string.Empty;
        if (sni.Length > 0)
        {
            RequireNothingChosen(place.Service, resolver);
        }

        var name = $"{place.Id}.internal.{request.TrustDomain}";
        _all.Add(place.Id, new ChainTarget
        {
            Id = place.Id,
            Service = place.Service,
            Subset = place.Subset,
            Datacenter = place.Datacenter,
            ConnectTimeout = TimeoutOf(resolver),
            MeshGatewayMode = sni.Length > 0 || place.Datacenter == request.ReaderDatacenter ? string.Empty : GatewayOf(place.Service),
            Filter = subset.Filter,
            OnlyPassing = subset.OnlyPassing,
            IsExternal = sni.Length > 0,
            Sni = sni.Length > 0 ? sni : name,
            Name = name,
        });
    }

    private static string Or(string? text, string? other) => text is { Length: > 0 } ? text : other ?? string.Empty;

    private string TimeoutOf(ResolverEntry? resolver)
    {
        var configured = Or(resolver?.ConnectTimeout, DefaultTimeout);
        if (request.Overrides.ConnectTimeout <= 0 || GoDuration.FormatNanoseconds(request.Overrides.ConnectTimeout) is var wanted && wanted == configured)
        {
            return configured;
        }

        Effective = Effective with { ConnectTimeout = request.Overrides.ConnectTimeout };
        return wanted;
    }

    private string GatewayOf(string service)
    {
        var configured = Or(entries.Defaults(service)?.MeshGatewayMode, entries.ProxyDefaults?.MeshGatewayMode);
        var wanted = request.Overrides.MeshGatewayMode;
        if (wanted.Length == 0 || wanted == configured)
        {
            return configured;
        }

        Effective = Effective with { MeshGatewayMode = wanted };
        return wanted;
    }

    // Whoever sets the name that TLS asks for runs the service elsewhere: nothing here can choose among its instances.
    private static void RequireNothingChosen(string service, ResolverEntry? resolver)
    {
        var what = resolver switch
        {
            { Redirect: not null } => "redirects",
            { Subsets.Count: > 0 } => "subsets",
            { Failover.Count: > 0 } => "failover",
            _ => null,
        };
        if (what is not null)
        {
            throw new ServerException(
                FailureKind.Mistake, $"service {GoQuote.Of(service)} has an external SNI set; cannot define {what} for external services");
        }
    }
}
