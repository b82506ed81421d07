using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Services.Rules;

/// <summary>Tagged addresses of services (services REG-12).</summary>
public static class TaggedAddressRules
{
    private static readonly string[] V4 = ["lan_ipv4", "wan_ipv4"];
    private static readonly string[] V6 = ["lan_ipv6", "wan_ipv6"];

    /// <summary>Adds what follows from the address.</summary>
    /// <exception cref="ServerException">One holds an address of the wrong kind: 400.</exception>
    public static NodeService Complete(NodeService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        Require(service, V4, "ipv4", IpLiteral.IsV4);
        Require(service, V6, "ipv6", IpLiteral.IsV6);
        var tags = IpLiteral.IsV4(service.Address) ? V4 : IpLiteral.IsV6(service.Address) ? V6 : [];
        if (tags.All(service.TaggedAddresses.ContainsKey))
        {
            return service;
        }

        Dictionary<string, ServiceAddress> addresses = new(service.TaggedAddresses, StringComparer.Ordinal);
        ServiceAddress own = new(service.Address, service.Port);
        foreach (var tag in tags)
        {
            addresses.TryAdd(tag, own);
        }

        return service with { TaggedAddresses = addresses };
    }

    private static void Require(NodeService service, string[] tags, string kind, Func<string, bool> isOne)
    {
        foreach (var tag in tags)
        {
            if (service.TaggedAddresses.TryGetValue(tag, out var address) && !isOne(address.Address))
            {
                throw ServiceRules.Invalid($"Service tagged address \"{tag}\" must be a valid {kind} address");
            }
        }
    }
}
