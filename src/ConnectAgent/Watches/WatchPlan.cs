using ConnectAgent.Client.Api;

namespace ConnectAgent.Watches;

/// <summary>What a watch asks the agent (clients WATCH-1, WATCH-4), of the command line and of the configuration alike.</summary>
internal sealed class WatchPlan
{
    private readonly string _path;
    private readonly List<KeyValuePair<string, string>> _query = [];

    private WatchPlan(string path) => _path = path;

    /// <summary>Makes it.</summary>
    /// <exception cref="WatchException">There is no such watch, or something is missing.</exception>
    public static WatchPlan Of(WatchTarget target)
    {
        var plan = new WatchPlan(PathOf(target));
        if (target.Type == "service")
        {
            plan.Add("passing", target.PassingOnly ? "1" : null);
            foreach (var tag in target.Tags)
            {
                plan.Add("tag", tag);
            }
        }

        plan.Add("filter", target.Filter);
        plan.Add("dc", target.Datacenter);
        plan.Add("stale", target.IsStale ? string.Empty : null);
        return plan;
    }

    /// <summary>The request.</summary>
    public ApiRequest Request()
    {
        var request = ApiRequest.Get(_path);
        _query.ForEach(pair => request.With(pair.Key, pair.Value));
        return request;
    }

    private void Add(string key, string? value)
    {
        if (value is not null)
        {
            _query.Add(new(key, value));
        }
    }

    private static string PathOf(WatchTarget target) => target.Type switch
    {
        null => throw new WatchException("Watch type must be specified"),
        "services" => "/v1/catalog/services",
        "nodes" => "/v1/catalog/nodes",
        "service" => "/v1/health/service/" + Named(target.Service),
        "checks" => target.Service is not null ? "/v1/health/checks/" + Named(target.Service) : "/v1/health/state/" + ApiRequest.Escape(target.State ?? "any"),
        "connect_roots" => "/v1/agent/connect/ca/roots",
        "connect_leaf" => "/v1/agent/connect/ca/leaf/" + Named(target.Service),
        "agent_service" => "/v1/agent/service/" + Named(target.ServiceId ?? target.Service),
        "key" or "keyprefix" or "event" =>
            throw new WatchException($"Watches of type {target.Type} are not part of this product: it has no key/value store and no user events.") { IsAbsent = true },
        var other => throw new WatchException("Unsupported watch type: " + other),
    };

    private static string Named(string? service) =>
        ApiRequest.Escape(string.IsNullOrEmpty(service) ? throw new WatchException("Failed to parse watch params: Must specify a single service to watch") : service);
}

/// <summary>What is watched.</summary>
internal sealed record WatchTarget
{
    public string? Type { get; init; }

    /// <summary>Of service, checks and connect_leaf.</summary>
    public string? Service { get; init; }

    /// <summary>Of agent_service.</summary>
    public string? ServiceId { get; init; }

    /// <summary>Of service: tags that instances must have.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Of service: whether only healthy instances count.</summary>
    public bool PassingOnly { get; init; }

    /// <summary>Of checks.</summary>
    public string? State { get; init; }

    public string? Filter { get; init; }

    public string? Datacenter { get; init; }

    public bool IsStale { get; init; }
}

/// <summary>A watch that cannot be; the text is that of the command line.</summary>
internal sealed class WatchException(string message) : Exception(message)
{
    /// <summary>Whether it is one of the reference's, of something that this product does not have.</summary>
    public bool IsAbsent { get; init; }
}
