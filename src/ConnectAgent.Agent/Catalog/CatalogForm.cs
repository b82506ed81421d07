using System.Buffers;
using System.Collections.ObjectModel;
using System.Text.Json;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.Catalog;

/// <summary>
/// Whether two records are the same to the catalog: whoever reads it cannot tell them apart (services CAT-5). Indexes do not count, and neither does in which
/// of two ways nothing is said.
/// </summary>
internal static class CatalogForm
{
    private static readonly JsonWriterOptions Options = new() { Encoder = GoJsonEncoder.Instance };
    private static readonly IReadOnlyDictionary<string, string> NoTexts = ReadOnlyDictionary<string, string>.Empty;
    private static readonly IReadOnlyDictionary<string, ServiceAddress> NoAddresses = ReadOnlyDictionary<string, ServiceAddress>.Empty;

    /// <summary>Compares services by what the wire shows of them.</summary>
    public static bool AreSame(NodeService one, NodeService other) =>
        ReferenceEquals(one, other) || AreEqual(one, other) || Of(one).WrittenSpan.SequenceEqual(Of(other).WrittenSpan);

    /// <summary>Compares checks. How they are looked at does not count: agents never tell (DATA-9).</summary>
    public static bool AreSame(HealthCheck one, HealthCheck other) =>
        ReferenceEquals(one, other) || (Plain(one) == Plain(other) && one.ServiceTags.SequenceEqual(other.ServiceTags, StringComparer.Ordinal));

    /// <summary>Whether checks differ in their output and in nothing else (CHK-9).</summary>
    public static bool AreSameButOutput(HealthCheck one, HealthCheck other) => AreSame(one with { Output = string.Empty }, other with { Output = string.Empty });

    /// <summary>Compares nodes.</summary>
    public static bool AreSame(CatalogNode one, CatalogNode other) =>
        one.Id == other.Id
        && one.Name == other.Name
        && one.Address == other.Address
        && AreSame(one.TaggedAddresses, other.TaggedAddresses)
        && AreSame(one.Meta, other.Meta);

    // What is equal is shown alike. That settles most comparisons, and need not be written for it.
    private static bool AreEqual(NodeService one, NodeService other) =>
        one.Proxy is null
        && Plain(one) == Plain(other)
        && one.Tags.SequenceEqual(other.Tags, StringComparer.Ordinal)
        && AreSame(one.Meta, other.Meta)
        && AreSame(one.TaggedAddresses, other.TaggedAddresses);

    private static NodeService Plain(NodeService service) => service with
    {
        Tags = [],
        Meta = NoTexts,
        TaggedAddresses = NoAddresses,
        CreateIndex = 0,
        ModifyIndex = 0,
    };

    private static HealthCheck Plain(HealthCheck check) =>
        check with { ServiceTags = [], Definition = CheckDefinition.None, CreateIndex = 0, ModifyIndex = 0 };

    private static ArrayBufferWriter<byte> Of(NodeService service)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer, Options);
        ServiceJson.NodeService(writer, service with { CreateIndex = 0, ModifyIndex = 0 });
        writer.Flush();
        return buffer;
    }

    private static bool AreSame<T>(IReadOnlyDictionary<string, T>? one, IReadOnlyDictionary<string, T>? other) =>
        (one?.Count ?? 0) == (other?.Count ?? 0)
        && (one is null || one.All(pair => other!.TryGetValue(pair.Key, out var value) && EqualityComparer<T>.Default.Equals(value, pair.Value)));
}
