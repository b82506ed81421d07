using ConnectAgent.Protocol.Filtering;

namespace ConnectAgent.Tests.Protocol.Filtering;

/// <summary>A service instance as health answers shape it: the names that the rules use in their examples.</summary>
internal sealed record Instance(
    string Node, Service? Service, IReadOnlyList<Check>? Checks, IReadOnlyDictionary<string, string>? NodeMeta = null)
{
    public static readonly FilterSchema<Instance> Schema = new FilterSchema<Instance>()
        .Text("Node", instance => instance.Node)
        .TextMap("NodeMeta", instance => instance.NodeMeta)
        .Object("Service", instance => instance.Service, Filtering.Service.Schema)
        .List("Checks", instance => instance.Checks, Check.Schema);

    /// <summary>One passing and one critical check, as FLT-5 has it.</summary>
    public static readonly Instance Web = new(
        "n1",
        new Service("web-1", "web", 8000, ["v1", "Primary"],
            new Dictionary<string, string> { ["env"] = "prod", ["x-y"] = "2", ["blank"] = "" }),
        [new Check("passing", ["v1"]), new Check("critical", [])],
        new Dictionary<string, string> { ["os"] = "linux" });

    public static readonly Instance Bare = new("n2", new Service(null, "db", -1, null, null, IsNative: true), []);
}

internal sealed record Service(
    string? Id, string Name, long Port, IReadOnlyList<string>? Tags, IReadOnlyDictionary<string, string>? Meta, bool IsNative = false)
{
    public static readonly FilterSchema<Service> Schema = new FilterSchema<Service>()
        .Text("ID", service => service.Id)
        .Text("Service", service => service.Name)
        .Number("Port", service => service.Port)
        .Flag("Native", service => service.IsNative)
        .TextList("Tags", service => service.Tags)
        .TextMap("Meta", service => service.Meta);
}

internal sealed record Check(string Status, IReadOnlyList<string> ServiceTags)
{
    public static readonly FilterSchema<Check> Schema = new FilterSchema<Check>()
        .Text("Status", check => check.Status)
        .TextList("ServiceTags", check => check.ServiceTags);
}
