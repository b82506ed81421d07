using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Agent.Discovery;

/// <summary>Where connections to a service go (services DCH-1).</summary>
public sealed class ChainQuery : DiscoveryQuery
{
    /// <summary>Names the chain.</summary>
    /// <param name="service">Its name.</param>
    /// <param name="compileDatacenter">From where; empty for where it is asked.</param>
    /// <param name="overrides">What is laid over the chain (DCH-8), as JSON in one form; empty for nothing.</param>
    [JsonConstructor]
    public ChainQuery(string service, string compileDatacenter, string overrides)
    {
        (Service, CompileDatacenter, Overrides) = (service, compileDatacenter, overrides);
        Target = TargetOf("discovery-chain/" + Uri.EscapeDataString(service), Optional("compile-dc", compileDatacenter));
        if (overrides.Length > 0)
        {
            // Servers look at the body only; here it tells one query from the other.
            Target += (compileDatacenter.Length == 0 ? string.Empty : "&") + "overrides=" + Uri.EscapeDataString(overrides);
        }
    }

    public string Service { get; }

    public string CompileDatacenter { get; }

    public string Overrides { get; }

    [JsonIgnore]
    public override string Target { get; }

    [JsonIgnore]
    public override AccessRequest? NameRight => new(AclResource.Service, Service, AclAccess.Read);

    [JsonIgnore]
    public override bool IsAskable => IsSegment(Service);
}
