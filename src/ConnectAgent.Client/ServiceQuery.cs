using ConnectAgent.Client.Api;

namespace ConnectAgent.Client;

/// <summary>Which instances of a service are asked for, and how.</summary>
public sealed record ServiceQuery
{
    /// <summary>The datacenter; null: that of the client's options, else the agent's own.</summary>
    public string? Datacenter { get; init; }

    /// <summary>Only instances whose checks all pass; the catalog does not look at checks.</summary>
    public bool IsPassing { get; init; }

    /// <summary>Only instances with all of these tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>A filter expression; null for none.</summary>
    public string? Filter { get; init; }

    /// <summary>Sorted by the round-trip time from this node, <c>_agent</c> for the agent's own; null: in no order.</summary>
    public string? Near { get; init; }

    /// <summary>Answered from the agent's cache, which keeps it fresh in the background.</summary>
    public bool IsCached { get; init; }

    internal static ApiRequest Apply(ServiceQuery? query, ApiRequest request)
    {
        if (query is null)
        {
            return request;
        }

        foreach (var tag in query.Tags)
        {
            request.With("tag", tag);
        }

        return request.With("dc", query.Datacenter).With("passing", query.IsPassing ? "1" : null).With("filter", query.Filter).With("near", query.Near)
            .With("cached", query.IsCached ? string.Empty : null);
    }
}
