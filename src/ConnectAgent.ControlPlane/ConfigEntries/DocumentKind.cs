using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.ConfigEntries;

/// <summary>A kind whose entries are stored as the document that is shown.</summary>
internal abstract class DocumentKind : ConfigEntryKind
{
    protected DocumentKind(string name, ObjectType schema)
        : base(name, schema) => Rows = new StateTable<ConfigEntry>("config-" + name, ConfigEntryRowJson.Default.ConfigEntry, static row => NameKey.Of(row.Name))
        {
            Group = ConfigTables.Group,
            Renew = Renew,
            IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
        };

    /// <summary>By name in ASCII lower case (services CFG-1). A table for each kind, so that a reader of one is not woken by another.</summary>
    public StateTable<ConfigEntry> Rows { get; }

    public override StateTable Table => Rows;

    public sealed override IConfigEntry Make(JsonObject document)
    {
        var entry = NameOf(document);
        Normalize(document);
        Check(entry, document);
        return new ConfigEntry(Name, entry, document.ToJsonString(DocumentText.Options), ProtocolOf(document), 0, 0);
    }

    public sealed override JsonObject Show(IConfigEntry entry)
    {
        var document = DocumentOf(entry);
        document.Add("CreateIndex", entry.CreateIndex);
        document.Add("ModifyIndex", entry.ModifyIndex);
        return document;
    }

    public sealed override IConfigEntry? Find(StateSnapshot state, string name) => state.Find(Rows, NameKey.Of(name));

    public sealed override IEnumerable<IConfigEntry> All(StateSnapshot state) => state.Rows(Rows).Values;

    public sealed override bool IsSame(IConfigEntry stored, IConfigEntry entry) =>
        ((ConfigEntry)stored).Document == ((ConfigEntry)entry).Document;

    public sealed override void Put(StateWriter writer, IConfigEntry? before, IConfigEntry entry)
    {
        if (before is null)
        {
            ConfigBounds.Entries.Require(writer.State.Rows(Rows).Count + 1, Name);
        }

        writer.Put(
            Rows,
            (ConfigEntry)entry with { CreateIndex = before?.CreateIndex ?? writer.Index, ModifyIndex = writer.Index });
        CheckState(writer.State, entry.Name);
    }

    public sealed override void Remove(StateWriter writer, IConfigEntry entry)
    {
        writer.Remove(Rows, NameKey.Of(entry.Name));
        CheckState(writer.State, entry.Name);
    }

    /// <summary>
    /// A stored row in the form of today: an earlier revision wrote every duration as a text, and took numbers that no client can read. The protocol
    /// follows from the document, whatever the row says. What does not decode stays as it is.
    /// </summary>
    public ConfigEntry Renew(ConfigEntry stored) => Decode(stored) is { } document
        ? stored with { Document = document.ToJsonString(DocumentText.Options), Protocol = ProtocolOf(document) }
        : stored;

    /// <summary>Whether a row from a file is one of this kind that can be used.</summary>
    public bool IsReadable(ConfigEntry stored) =>
        stored.Kind == Name && Decode(stored) is { } document && document.Text("Kind") == Name && NameOf(document) == stored.Name;

    private JsonObject? Decode(ConfigEntry stored)
    {
        try
        {
            var value = JsonElement.Parse(stored.Document);
            return value.ValueKind == JsonValueKind.Object ? Decode(value, new EntryDecoding(isStored: true)) : null;
        }
        catch (Exception error) when (error is MapstructureException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The name that an entry is stored under.</summary>
    protected virtual string NameOf(JsonObject document) => document.Text("Name");

    /// <summary>Brings a decoded document into the form that is stored.</summary>
    protected virtual void Normalize(JsonObject document)
    {
    }

    /// <summary>What needs no state; every text is a 400 (services CFG-4).</summary>
    protected virtual void Check(string entry, JsonObject document)
    {
        ConfigCheck.Require(entry.Length > 0, "Name is required");
        ConfigCheck.RequireMeta(document);
    }

    /// <summary>What the entry says about its service's protocol.</summary>
    protected virtual string? ProtocolOf(JsonObject document) => null;

    /// <summary>What depends on other entries, once the write is in <paramref name="state"/>; every text is a 500.</summary>
    protected virtual void CheckState(StateSnapshot state, string entry)
    {
    }

    protected static JsonObject DocumentOf(IConfigEntry entry) => JsonNode.Parse(((ConfigEntry)entry).Document)!.AsObject();
}
