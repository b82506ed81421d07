using System.Text;
using System.Text.Json;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Agent.Discovery;

/// <summary>
/// Reads one kind of answer of the catalog. What the token may not see is left out by the servers (services HLT-8), and the order is theirs.
/// </summary>
/// <param name="name">Of the read.</param>
/// <param name="path">Where servers have it, for the error when they do not.</param>
/// <param name="form">Of the answer.</param>
internal sealed class DiscoveryRead<TQuery>(string name, string path, DiscoveryForm form) : IServerReadKind<TQuery, DiscoveryList>
    where TQuery : DiscoveryQuery
{
    public string Name => name;

    public DiscoveryForm Form => form;

    public bool IsIndexed { get; init; } = true;

    /// <summary>What is sent along; null for nothing.</summary>
    public Func<TQuery, string>? Body { get; init; }

    public string NotServed => $"the servers have no catalog of services (GET {path})";

    // Any server may answer, as for the reference's own agents (agent-cache section 8).
    public string TargetOf(TQuery request) => request.IsAskable
        ? $"/v1/{request.Target}&stale=&"
        : throw new ServerException(FailureKind.Failed, "the servers cannot be asked for a service of this name");

    public ReadOnlyMemory<byte> BodyOf(TQuery request) => Body is null ? default : Encoding.UTF8.GetBytes(Body(request));

    /// <inheritdoc/>
    /// <exception cref="ServerException">Garbage; also an item that does not say whose it is, for nobody could tell who may see it.</exception>
    public DiscoveryList Decode(TQuery request, ConsulAnswer answer)
    {
        try
        {
            return DiscoveryList.Parse(form, answer.Body, answer.Headers.Contains("X-Consul-Results-Filtered-By-ACLs"));
        }
        catch (JsonException error)
        {
            throw answer.Garbage(error.Message);
        }
    }
}

/// <summary>What the catalog can be read for (agent-cache CACHE-42).</summary>
internal static class DiscoveryReads
{
    public static readonly DiscoveryRead<InstancesQuery> Health = new("health", "/v1/health/", DiscoveryForm.Health);

    public static readonly DiscoveryRead<InstancesQuery> Instances = new("catalog-services", "/v1/catalog/service/", DiscoveryForm.Instances);

    public static readonly DiscoveryRead<ServicesQuery> Services = new("catalog-list-services", "/v1/catalog/services", DiscoveryForm.Services);

    public static readonly DiscoveryRead<DatacentersQuery> Datacenters =
        new("catalog-datacenters", "/v1/catalog/datacenters", DiscoveryForm.Names) { IsIndexed = false };

    public static readonly DiscoveryRead<ChainQuery> Chain =
        new("compiled-discovery-chain", "/v1/discovery-chain/", DiscoveryForm.Whole("Chain")) { Body = static chain => chain.Overrides };

    public static readonly DiscoveryRead<ExecuteQuery> Execute = new("prepared-query", "/v1/query/", DiscoveryForm.Query);
}
