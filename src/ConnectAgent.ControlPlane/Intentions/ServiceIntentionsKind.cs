using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>
/// intentions section 3: the entries that all intentions are views of. They have a row type of their own, because decisions read it. What bounds
/// them is in <see cref="IntentionBounds"/>, because they are written by other calls, too.
/// </summary>
internal sealed class ServiceIntentionsKind() : ConfigEntryKind(KindName, Fields)
{
    public const string KindName = "service-intentions";

    private static readonly ObjectType Jwt = new(new ConfigField("Providers", new ListType(
        new ObjectType(
            new("Name", TextType.Checked, Always: true),
            new("VerifyClaims", new ListType(
                new ObjectType(new("Path", new ListType(TextType.Checked, bound: null)), new("Value", TextType.Checked)), bound: null, refusesNull: true))),
        bound: null, refusesNull: true)));

    private static readonly ObjectType Permission = new(
        new("Action", TextType.Checked, Always: true),
        new("HTTP", new ObjectType(
            new("PathExact", TextType.Checked),
            new("PathPrefix", TextType.Checked),
            new("PathRegex", TextType.Checked),
            new("Header", new ListType(CommonFields.Header(TextType.Checked), bound: null, refusesNull: true)),
            new("Methods", new ListType(TextType.Checked, bound: null)))),
        new("JWT", Jwt));

    // Precedence is computed; the ID and its times are cleared by every write of an entry (CE-5), but meta is refused (CE-9).
    private static readonly ObjectType Source = new(
        new("Name", TextType.Checked, Always: true),
        new("Action", TextType.Checked),
        new("Permissions", new ListType(Permission, bound: null, refusesNull: true)),
        new("Precedence", IgnoredType.Instance),
        new("LegacyID", IgnoredType.Instance),
        new("Type", TextType.Checked),
        new("Description", TextType.Checked),
        new("LegacyMeta", new MapType(TextType.Checked, bound: null)),
        new("LegacyCreateTime", IgnoredType.Instance),
        new("LegacyUpdateTime", IgnoredType.Instance),
        new("Peer", TextType.Checked),
        new("SamenessGroup", TextType.Checked));

    private static readonly ObjectType Fields = new(
        CommonFields.Kind,
        new("Name", TextType.Checked, Always: true),
        new("Sources", new ListType(Source, bound: null, refusesNull: true)),
        new("JWT", Jwt),
        CommonFields.Meta,
        CommonFields.CreateIndex,
        CommonFields.ModifyIndex);

    public override StateTable Table => IntentionTables.Entries;

    public override bool NeedsConnect => true;

    public override IConfigEntry Make(JsonObject document)
    {
        var entry = document.Deserialize(IntentionJson.Default.ServiceIntentions)!.ToEntry();
        entry = IntentionEntryValidation.Normalize(entry);
        IntentionEntryValidation.Check(entry);
        IntentionBounds.Require(entry);
        return entry;
    }

    public override JsonObject Show(IConfigEntry entry) =>
        JsonSerializer.SerializeToNode(ServiceIntentions.Of((IntentionEntry)entry), IntentionJson.Default.ServiceIntentions)!.AsObject();

    public override IConfigEntry? Find(StateSnapshot state, string name) => IntentionRows.Find(state, name);

    public override IEnumerable<IConfigEntry> All(StateSnapshot state) => state.Rows(IntentionTables.Entries).Values;

    // The name keeps its first spelling (IXN-5), so it is no difference.
    public override bool IsSame(IConfigEntry stored, IConfigEntry entry) =>
        TextOf((IntentionEntry)stored, stored.Name).AsSpan().SequenceEqual(TextOf((IntentionEntry)entry, stored.Name));

    public override void Put(StateWriter writer, IConfigEntry? before, IConfigEntry entry) => IntentionRows.Put(
        writer, (IntentionEntry?)before, (IntentionEntry)entry with { Name = before?.Name ?? entry.Name });

    public override void Remove(StateWriter writer, IConfigEntry entry) => IntentionRows.Remove(writer, (IntentionEntry)entry);

    public override IEnumerable<string> WarningsOf(IConfigEntry entry) => IntentionEntryValidation.WarningsOf((IntentionEntry)entry);

    public override AccessRequest? ToRead(string entry) => new(AclResource.Intention, entry, AclAccess.Read);

    public override AccessRequest ToDelete(string entry) => new(AclResource.Intention, entry, AclAccess.Write);

    private static byte[] TextOf(IntentionEntry entry, string name) => JsonSerializer.SerializeToUtf8Bytes(
        entry with { Name = name, CreateIndex = 0, ModifyIndex = 0 }, IntentionRowJson.Default.IntentionEntry);
}
