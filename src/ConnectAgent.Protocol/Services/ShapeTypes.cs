using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Protocol.Services;

/// <summary>The types of fields of services, nodes and checks, with their bounds.</summary>
internal static class ShapeTypes
{
    /// <summary>A name, an ID, an address.</summary>
    public static SchemaType<string> Name { get; } = SchemaTypes.TextOf(ServiceBounds.Name);

    /// <summary>Notes, outputs and bodies.</summary>
    public static SchemaType<string> Text { get; } = SchemaTypes.TextOf(ServiceBounds.Text);

    public static SchemaType<List<string>> Names { get; } = new ListType<string>(Name, ServiceBounds.Entries, goTarget: "of type []string");

    public static SchemaType<Dictionary<string, string>> Map { get; } =
        new MapType<string>(Text, ServiceBounds.Entries, ServiceBounds.Name, "of type map[string]string");

    /// <summary>What is kept as it is.</summary>
    public static SchemaType<string> Config { get; } = KeptJson.MapOf(ServiceBounds.ConfigDepth);

    public static SchemaType<Dictionary<string, List<string>>> Header { get; } =
        new MapType<List<string>>(new ListType<string>(Text, ServiceBounds.Entries), ServiceBounds.Entries, ServiceBounds.Name, "of type map[string][]string");

    public static SchemaType<Dictionary<string, ServiceAddress>> TaggedAddresses(bool isFile) => new MapType<ServiceAddress>(
        new ShapeRecord<ServiceAddress>(static () => new(string.Empty, 0), isFile)
            .Field("Address", "address", Name, static (of, address) => of with { Address = address })
            .Field("Port", "port", SchemaTypes.Clamped, static (of, port) => of with { Port = port })
            .Type,
        ServiceBounds.Entries,
        ServiceBounds.Name,
        "of type map[string]structs.ServiceAddress");

    public static SchemaType<ServiceWeights> Weights(bool isFile) => new ShapeRecord<ServiceWeights>(static () => new(0, 0), isFile)
        .Field("Passing", "passing", SchemaTypes.Clamped, static (of, weight) => of with { Passing = weight })
        .Field("Warning", "warning", SchemaTypes.Clamped, static (of, weight) => of with { Warning = weight })
        .Type;

    /// <summary>As records keep a list; an empty one is none.</summary>
    public static IReadOnlyList<T> Kept<T>(this List<T> list) => list.Count > 0 ? list.ToArray() : [];

    /// <summary>As records keep a map; an empty one is none.</summary>
    public static IReadOnlyDictionary<string, T> Kept<T>(this Dictionary<string, T> map) => map.Count > 0 ? map : EmptyMap<T>.Instance;

    /// <inheritdoc cref="Kept{T}(Dictionary{string,T})"/>
    public static IReadOnlyDictionary<string, IReadOnlyList<T>> Kept<T>(this Dictionary<string, List<T>> map) => map.Count > 0
        ? map.ToDictionary(static pair => pair.Key, static pair => pair.Value.Kept(), StringComparer.Ordinal)
        : EmptyMap<IReadOnlyList<T>>.Instance;
}
