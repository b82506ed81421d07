using System.Buffers;
using System.Text.Json;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Protocol.Discovery;

/// <summary>
/// The instances of one service in the order of the servers. Immutable. The text of the answer is kept, and beside it no more than what is asked of
/// each instance, so that giving it out parses nothing.
/// </summary>
public sealed class ServiceHealth
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = GoJsonEncoder.Instance, SkipValidation = true };

    private ServiceHealth(ReadOnlyMemory<byte> json, IReadOnlyList<ServiceInstance> instances, bool isFiltered)
    {
        (Json, Instances, IsFiltered) = (json, instances, isFiltered);
        Needs =
        [
            .. instances.Select(static instance => NodeOf(instance)).Distinct(),
            .. instances.Select(static instance => ServiceOf(instance)).Distinct(),
        ];
    }

    /// <summary>The whole list as compact JSON; <c>[]</c> without instances, never null.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    public IReadOnlyList<ServiceInstance> Instances { get; }

    /// <summary>Whether something is left out that the token has no right to (acl ACL-FILT-2).</summary>
    public bool IsFiltered { get; }

    /// <summary>What must be allowed to see all of it (services HLT-8).</summary>
    public IReadOnlyList<AccessRequest> Needs { get; }

    /// <summary>Reads the servers' list.</summary>
    /// <param name="json">In the form of HLT-1.</param>
    /// <param name="isFiltered">Whether the servers say that something is left out.</param>
    /// <exception cref="JsonException">It is none.</exception>
    public static ServiceHealth Parse(ReadOnlyMemory<byte> json, bool isFiltered)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Array)
            {
                throw new JsonException("it is no list");
            }

            return Join(document.RootElement.EnumerateArray().Select(Read), isFiltered);
        }
        catch (InvalidOperationException error)
        {
            throw new JsonException("a text is no Unicode", error);
        }
    }

    /// <summary>Keeps some of the instances, in their order.</summary>
    /// <param name="keeps">Which.</param>
    /// <param name="isFiltered">Whether those that go, go because a right is missing.</param>
    /// <returns>The same object when all stay.</returns>
    public ServiceHealth Where(Func<ServiceInstance, bool> keeps, bool isFiltered) =>
        Instances.All(keeps) ? this : Join(Instances.Where(keeps), IsFiltered || isFiltered);

    /// <summary>Keeps what may be seen.</summary>
    /// <param name="denied">What of <see cref="Needs"/> is not allowed.</param>
    public ServiceHealth Without(IReadOnlySet<AccessRequest> denied) =>
        Where(instance => !denied.Contains(NodeOf(instance)) && !denied.Contains(ServiceOf(instance)), isFiltered: true);

    /// <summary>Whether both are the same answer.</summary>
    public bool SaysTheSame(ServiceHealth other) => IsFiltered == other.IsFiltered && Json.Span.SequenceEqual(other.Json.Span);

    private static AccessRequest NodeOf(ServiceInstance instance) => new(AclResource.Node, instance.Node, AclAccess.Read);

    private static AccessRequest ServiceOf(ServiceInstance instance) => new(AclResource.Service, instance.Service, AclAccess.Read);

    private static ServiceInstance Read(JsonElement entry)
    {
        var node = TextOf(Member(entry, "Node", JsonValueKind.Object), "Node");
        var service = TextOf(Member(entry, "Service", JsonValueKind.Object), "Service");
        var isPassing = Member(entry, "Checks", JsonValueKind.Array).EnumerateArray()
            .Select(static check => Member(check, "Status", JsonValueKind.String).ValueEquals("passing"u8)).ToList().TrueForAll(static passes => passes);
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, Compact))
        {
            entry.WriteTo(writer);
        }

        return new ServiceInstance(node, service, isPassing, json.WrittenMemory);
    }

    // Who it is decides who may see it, so a nameless one is none.
    private static string TextOf(JsonElement of, string name) => Member(of, name, JsonValueKind.String).GetString() is { Length: > 0 } text
        ? text
        : throw new JsonException($"'{name}' is empty");

    private static JsonElement Member(JsonElement of, string name, JsonValueKind kind) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var member) && member.ValueKind == kind
            ? member
            : throw new JsonException($"an instance without '{name}'");

    // One block for all of them, whose slices they are.
    private static ServiceHealth Join(IEnumerable<ServiceInstance> of, bool isFiltered)
    {
        List<ServiceInstance> instances = [.. of];
        var json = new byte[instances.Sum(instance => instance.Json.Length) + Math.Max(0, instances.Count - 1) + 2];
        json[0] = (byte)'[';
        var at = 1;
        var slices = new ServiceInstance[instances.Count];
        for (var i = 0; i < slices.Length; i++)
        {
            if (i > 0)
            {
                json[at++] = (byte)',';
            }

            var length = instances[i].Json.Length;
            instances[i].Json.CopyTo(json.AsMemory(at));
            slices[i] = instances[i] with { Json = json.AsMemory(at, length) };
            at += length;
        }

        json[at] = (byte)']';
        return new ServiceHealth(json, slices, isFiltered);
    }
}
