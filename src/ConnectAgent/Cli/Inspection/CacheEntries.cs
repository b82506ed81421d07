using System.Text.Json;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Inspection;

/// <summary>The entries of an agent's cache.</summary>
internal static class CacheEntries
{
    public const string Path = "/v1/agent/connect/cache";

    /// <summary>Reads all, piece by piece: an answer has a bound, the list has none of its own.</summary>
    /// <param name="api">The agent.</param>
    /// <param name="kind">Null for all.</param>
    /// <param name="filter">Null for none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ApiException">The agent refuses.</exception>
    public static async Task<List<JsonElement>> ReadAsync(AgentApi api, string? kind, string? filter, CancellationToken cancellationToken)
    {
        List<JsonElement> entries = [];
        string? offset = null;
        do
        {
            var answer = await api.SendAsync(ApiRequest.Get(Path).With("kind", kind).With("filter", filter).With("offset", offset), cancellationToken);
            entries.AddRange(answer.Json().AsItems());
            offset = answer.Header("X-Connect-Agent-Next-Offset");
        }
        while (offset is not null);
        return entries;
    }
}
