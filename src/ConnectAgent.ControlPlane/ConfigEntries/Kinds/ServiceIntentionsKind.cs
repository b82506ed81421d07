using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.ControlPlane.State;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>intentions section 3: the entries that all intentions are views of. They have a row type of their own, because decisions read it.</summary>
internal sealed class ServiceIntentionsKind() : ConfigEntryKind(KindName, Fields)
{
    public const string KindName = "service-intentions";

    private static readonly ObjectType Jwt = new(new ConfigField("Providers", new ListType(
        new ObjectType(
            new("Name", TextType.Instance, Always: true),
            new("VerifyClaims", new ListType(
                new ObjectType(new("Path", ListType.OfTexts), new("Value", TextType.Instance)), refusesNull: true))),
        refusesNull: true)));

    private static readonly ObjectType Permission = new(
        new("Action", TextType.Instance, Always: true),
        new("HTTP", new ObjectType(
            new("PathExact", TextType.Instance),
            new("PathPrefix", TextType.Instance),
            new("PathRegex", TextType.Instance),
            new("Header", new ListType(CommonFields.Header, refusesNull: true)),
            new("Methods", ListType.OfTexts))),
        new("JWT", Jwt));

    // Precedence is computed; the ID and its times are cleared by every write of an entry (CE-5), but meta is refused (CE-9).
    private static readonly ObjectType Source = new(
        new("Name", TextType.Instance, Always: true),
        new("Action", TextType.Instance),
        new("Permissions", new ListType(Permission, refusesNull: true)),
        new("Precedence", IgnoredType.Instance),
        new("LegacyID", IgnoredType.Instance),
        new("Type", TextType.Instance),
        new("Description", TextType.Instance),
        new("LegacyMeta", MapType.OfTexts),
        new("LegacyCreateTime", IgnoredType.Instance),
        new("LegacyUpdateTime", IgnoredType.Instance),
        new("Peer", TextType.Instance),
        new("SamenessGroup", TextType.Instance));

    private static readonly ObjectType Fields = new(
        CommonFields.Kind,
        CommonFields.Name,
        new("Sources", new ListType(Source, refusesNull: true)),
        new("JWT", Jwt),
        CommonFields.Meta,
        CommonFields.CreateIndex,
        CommonFields.ModifyIndex);

    public override StateTable Table => StateTables.Intentions;

    public override bool NeedsConnect => true;

    public override IConfigEntry Make(JsonObject document)
    {
        var entry = document.Deserialize(IntentionJson.Default.ServiceIntentions)!.ToEntry();
        entry = IntentionEntryValidation.Normalize(entry);
        IntentionEntryValidation.Check(entry);
        return entry;
    }

    public override JsonObject Show(IConfigEntry entry) =>
        JsonSerializer.SerializeToNode(ServiceIntentions.Of((IntentionEntry)entry), IntentionJson.Default.ServiceIntentions)!.AsObject();

    public override IConfigEntry? Find(StateSnapshot state, string name) => IntentionRows.Find(state, name);

    public override IEnumerable<IConfigEntry> All(StateSnapshot state) => state.Rows(StateTables.Intentions).Values;

    // The name keeps its first spelling (IXN-5), so it is no difference.
    public override bool IsSame(IConfigEntry stored, IConfigEntry entry) =>
        TextOf((IntentionEntry)stored, stored.Name).AsSpan().SequenceEqual(TextOf((IntentionEntry)entry, stored.Name));

    public override void Put(StateWriter writer, IConfigEntry? before, IConfigEntry entry) => IntentionRows.Put(
        writer, (IntentionEntry?)before, (IntentionEntry)entry with { Name = before?.Name ?? entry.Name });

    public override void Remove(StateWriter writer, IConfigEntry entry) => IntentionRows.Remove(writer, (IntentionEntry)entry);

    public override IEnumerable<string> WarningsOf(IConfigEntry entry) => IntentionEntryValidation.WarningsOf((IntentionEntry)entry);

    public override AclQuestion? ToRead(string entry) => new(AclResource.Intention, entry, AclAccess.Read);

    public override AclQuestion ToDelete(string entry) => new(AclResource.Intention, entry, AclAccess.Write);

    private static byte[] TextOf(IntentionEntry entry, string name) => JsonSerializer.SerializeToUtf8Bytes(
        entry with { Name = name, CreateIndex = 0, ModifyIndex = 0 }, StateJson.Default.IntentionEntry);
}
