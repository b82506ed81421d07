using System.Net;
using System.Net.Sockets;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.Catalog;

/// <summary>The agent's own node as the catalog is to have it (services AE-4); a reload may change it (AG-29).</summary>
internal sealed class OwnNode(CatalogNode node)
{
    private CatalogNode _current = node;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>As it is now; its name and its datacenter never change.</summary>
    public CatalogNode Current => Volatile.Read(ref _current);

    /// <summary>Completes when it is another one. Take it before the look.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    public void Use(CatalogNode node)
    {
        Volatile.Write(ref _current, node);
        Interlocked.Exchange(ref _changed, NewSignal()).SetResult();
    }

    /// <summary>What is registered of an agent (DATA-8).</summary>
    /// <param name="id">A UUID.</param>
    /// <param name="name">Its name.</param>
    /// <param name="datacenter">Its datacenter.</param>
    /// <param name="address">The one that it advertises.</param>
    /// <param name="meta">As configured.</param>
    public static CatalogNode Describe(string id, string name, string datacenter, string address, IReadOnlyDictionary<string, string> meta) => new()
    {
        Id = id,
        Name = name,
        Datacenter = datacenter,
        Address = address,
        TaggedAddresses = TaggedAddresses(address),
        Meta = MetaOf(meta),
    };

    /// <summary>The addresses of an agent by their names (DATA-8).</summary>
    public static Dictionary<string, string> TaggedAddresses(string address)
    {
        var family = IPAddress.TryParse(address, out var ip) && ip.AddressFamily == AddressFamily.InterNetworkV6 ? "ipv6" : "ipv4";
        return new(StringComparer.Ordinal) { ["lan"] = address, ["lan_" + family] = address, ["wan"] = address, ["wan_" + family] = address };
    }

    /// <summary>What an agent says of itself beside what is configured (DATA-8, AG-25).</summary>
    public static Dictionary<string, string> MetaOf(IReadOnlyDictionary<string, string> configured) =>
        new(configured, StringComparer.Ordinal) { ["consul-network-segment"] = string.Empty };

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
