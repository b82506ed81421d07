using System.Globalization;
using System.Text.Json.Serialization;

namespace ConnectAgent.Agent.Discovery;

/// <summary>What a prepared query finds (services PQ-4).</summary>
public sealed class ExecuteQuery : DiscoveryQuery
{
    /// <summary>Names the query.</summary>
    /// <param name="query">Its ID or name.</param>
    /// <param name="limit">The most instances; 0 for all.</param>
    /// <param name="connect">Whether what connects for the service is wanted.</param>
    [JsonConstructor]
    public ExecuteQuery(string query, int limit, bool connect)
    {
        (Query, Limit, Connect) = (query, limit, connect);
        Target = TargetOf(
            $"query/{Uri.EscapeDataString(query)}/execute",
            [.. Optional("limit", limit == 0 ? string.Empty : limit.ToString(CultureInfo.InvariantCulture)), .. Optional("connect", connect ? "true" : string.Empty)]);
    }

    public string Query { get; }

    public int Limit { get; }

    public bool Connect { get; }

    [JsonIgnore]
    public override string Target { get; }

    [JsonIgnore]
    public override bool IsAskable => IsSegment(Query);
}
