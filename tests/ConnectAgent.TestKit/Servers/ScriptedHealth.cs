using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.TestKit.Servers;

/// <summary>The services and instances of the scripted server; it is called under that one's lock.</summary>
internal sealed class ScriptedHealth
{
    private readonly Dictionary<string, string> _instances = new(StringComparer.Ordinal);
    private ulong _index = 1;

    /// <summary>Replaces the instances of a service.</summary>
    public void Set(string service, bool connect, IEnumerable<string> instances, ulong index)
    {
        _instances[KeyOf(service, connect)] = "[" + string.Join(',', instances) + "]";
        _index = index;
    }

    /// <summary>What a token may see of the instances that are asked for (services HLT-4, HLT-8).</summary>
    public ServerRead<DiscoveryList> Read(InstancesQuery question, TokenRights rights)
    {
        var held = _instances.GetValueOrDefault(KeyOf(question.Service, question.Connect), "[]");
        var all = DiscoveryList.Parse(DiscoveryForm.Health, Encoding.UTF8.GetBytes(held), isFiltered: false)
            .Where(instance => question.Tags.All(tag => TagsOf(instance).Contains(tag, StringComparer.OrdinalIgnoreCase)), isFiltered: false);
        var visible = question.Connect && !rights.ServiceRead(question.Service)
            ? all.Where(static _ => false, isFiltered: true)
            : all.Without(all.Needs.Where(need => !rights.Allows(need.Resource, need.Segment, need.Access)).ToHashSet());
        return new(visible, _index);
    }

    private static IEnumerable<string?> TagsOf(DiscoveryItem instance) =>
        JsonNode.Parse(instance.Json.Span)!["Service"]!["Tags"]?.AsArray().Select(tag => (string?)tag) ?? [];

    private static string KeyOf(string service, bool connect) => $"{connect}/{service.ToLowerInvariant()}";
}
