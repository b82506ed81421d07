using System.Text.Json.Serialization;

namespace ConnectAgent.Agent.Discovery;

/// <summary>Which datacenters there are (services CAT-9).</summary>
public sealed class DatacentersQuery : DiscoveryQuery
{
    [JsonIgnore]
    public override string Target => "catalog/datacenters?";
}
