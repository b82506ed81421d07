using System.Text.Json;
using ConnectAgent.Client;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Proxy.Mesh;

/// <summary>Finds the instances of upstreams (clients PROXY-2, PROXY-3): services by the library's watch of their health, prepared queries by a call for each connection.</summary>
/// <param name="client">Asks the agent.</param>
/// <param name="identity">Whose upstreams they are.</param>
internal sealed class UpstreamResolver(ConnectClient client, ConnectIdentity identity)
{
    /// <summary>The healthy instances, in the order in which they are tried.</summary>
    /// <param name="name">Of the service or of the query.</param>
    /// <param name="isQuery">Whether it is a prepared query.</param>
    /// <param name="datacenter">Null: the agent's own.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="MeshException">There are none, or nobody can say.</exception>
    public async Task<IReadOnlyList<UpstreamInstance>> ResolveAsync(string name, bool isQuery, string? datacenter, CancellationToken cancellationToken)
    {
        try
        {
            return isQuery ? await ExecuteAsync(name, datacenter, cancellationToken) : await identity.Feed.Upstreams.ResolveAsync(name, datacenter, cancellationToken);
        }
        catch (ConnectException error)
        {
            throw new MeshException(EndReason.NoInstance, error.Message, error);
        }
        catch (OperationCanceledException error)
        {
            throw new MeshException(EndReason.NoInstance, "the agent did not say in time where it is", error);
        }
    }

    private async Task<IReadOnlyList<UpstreamInstance>> ExecuteAsync(string name, string? datacenter, CancellationToken cancellationToken)
    {
        var answer = await client.Transport.ReadAsync(
            () => ApiRequest.Get($"/v1/query/{ApiRequest.Escape(name)}/execute").With("connect", "true").With("stale", string.Empty).With("dc", datacenter),
            ApiJson.Default.JsonElement,
            cancellationToken);
        UpstreamInstance[] found = answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("Nodes", out var nodes) && nodes.ValueKind == JsonValueKind.Array
            ? [.. nodes.Deserialize(ApiJson.Default.IReadOnlyListHealthEntry)!.Select(UpstreamInstance.Of)]
            : [];
        Random.Shared.Shuffle(found);
        return found.Length > 0 ? found : throw new ConnectException("no healthy instances found of prepared query " + name);
    }
}
