using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>A <c>service-intentions</c> config entry: all sources of one destination (intentions section 3). Immutable.</summary>
/// <param name="Name">The destination as first written (IXN-5).</param>
/// <param name="Sources">By descending precedence, else in the order given (CE-5).</param>
/// <param name="Meta">The entry's own; null when empty.</param>
internal sealed record IntentionEntry(
    string Name,
    ImmutableArray<IntentionSource> Sources,
    IReadOnlyDictionary<string, string>? Meta,
    ulong CreateIndex,
    ulong ModifyIndex)
{
    private IReadOnlyList<Intention>? _intentions;

    // The view is made from the members, so a changed copy starts without it.
    private IntentionEntry(IntentionEntry other) =>
        (Name, Sources, Meta, CreateIndex, ModifyIndex) = (other.Name, other.Sources, other.Meta, other.CreateIndex, other.ModifyIndex);

    /// <summary>The API's view: one intention for each source (IXN-1, CE-6).</summary>
    [JsonIgnore]
    public IReadOnlyList<Intention> Intentions => _intentions ??= [.. Sources.Select(source => new Intention
    {
        SourceName = source.Name,
        DestinationName = Name,
        SourceType = source.Type,
        Action = source.Action,
        Permissions = source.Permissions,
        Description = source.Description,
        Meta = Meta,
        CreateIndex = CreateIndex,
        ModifyIndex = ModifyIndex,
    })];

    /// <summary>The key that destinations are looked up by: ASCII letters without case (IXN-5).</summary>
    public static string KeyOf(string name) => string.Create(name.Length, name, static (key, text) =>
    {
        for (var i = 0; i < key.Length; i++)
        {
            key[i] = char.IsAsciiLetterUpper(text[i]) ? (char)(text[i] | 0x20) : text[i];
        }
    });

    public IntentionSource? Find(string source) => Sources.FirstOrDefault(candidate => candidate.Name == source);
}

/// <summary>One source of an entry (CE-2).</summary>
internal sealed record IntentionSource(string Name)
{
    public string? Action { get; init; }

    public IReadOnlyList<IntentionPermission>? Permissions { get; init; }

    public string Type { get; init; } = "consul";

    public string? Description { get; init; }
}
