using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.ConfigEntries;

/// <summary>One kind of config entry: its fields, checks, rights and rows (services CFG-1). Stateless.</summary>
/// <param name="name">As the wire spells it.</param>
/// <param name="schema">Its fields, in the order in which they are shown.</param>
internal abstract class ConfigEntryKind(string name, ObjectType schema)
{
    public string Name { get; } = name;

    public ObjectType Schema { get; } = schema;

    public abstract StateTable Table { get; }

    /// <summary>Whether writes need the mesh to be enabled (intentions IAPI-8).</summary>
    public virtual bool NeedsConnect => false;

    /// <summary>Brings an object into the one form of documents of the kind.</summary>
    /// <exception cref="MapstructureException">It is none.</exception>
    public JsonObject Decode(JsonElement value, SchemaDecoding decoding)
    {
        _ = Schema.TryRead(value, decoding, out var document);
        decoding.Finish();
        return document!.AsObject();
    }

    /// <summary>Normalises and checks a decoded document; what needs no state is checked here, before the access check (CE-23).</summary>
    /// <returns>The entry, with indexes of 0.</returns>
    /// <exception cref="Protocol.Errors.ServerException">The first thing that is wrong.</exception>
    public abstract IConfigEntry Make(JsonObject document);

    /// <summary>The entry as the wire shows it.</summary>
    public abstract JsonObject Show(IConfigEntry entry);

    /// <summary>Looks a name up without regard to ASCII letter case.</summary>
    public abstract IConfigEntry? Find(StateSnapshot state, string name);

    /// <summary>All entries by their lower-case names (CE-25).</summary>
    public abstract IEnumerable<IConfigEntry> All(StateSnapshot state);

    /// <summary>Whether a write would change nothing but indexes (CE-20, CFG-7).</summary>
    public abstract bool IsSame(IConfigEntry stored, IConfigEntry entry);

    /// <summary>Puts an entry in the place of one of its name, and checks what depends on other entries.</summary>
    /// <param name="before">What is stored; null for none.</param>
    /// <exception cref="Protocol.Errors.ServerException">The state refuses (CE-12).</exception>
    public abstract void Put(StateWriter writer, IConfigEntry? before, IConfigEntry entry);

    /// <inheritdoc cref="Put"/>
    public abstract void Remove(StateWriter writer, IConfigEntry entry);

    /// <summary>Whether a write may make a chain that fitted together not fit any more (services CFG-14).</summary>
    /// <param name="before">Null for none.</param>
    /// <param name="after">Null when it goes.</param>
    public virtual bool ShapesChains(IConfigEntry? before, IConfigEntry? after) => false;

    /// <summary>What is accepted but will not work as it looks; for the log.</summary>
    public virtual IEnumerable<string> WarningsOf(IConfigEntry entry) => [];

    /// <summary>What one must be allowed (acl ACL-PERM-33 to 38); null: nothing.</summary>
    public virtual AccessRequest? ToRead(string entry) => new(AclResource.Service, entry, AclAccess.Read);

    /// <inheritdoc cref="ToRead"/>
    public virtual IEnumerable<AccessRequest> ToWrite(IConfigEntry entry) => [ToDelete(entry.Name)];

    /// <inheritdoc cref="ToRead"/>
    public virtual AccessRequest ToDelete(string entry) => new(AclResource.Service, entry, AclAccess.Write);

    /// <summary>Whether an entry may be shown.</summary>
    public bool MayRead(TokenRights rights, string entry) => ToRead(entry) is not { } needed || rights.Allows(needed);

    /// <summary>Reading of every service but the entry's own that a write refers to.</summary>
    protected static IEnumerable<AccessRequest> ToRefer(IConfigEntry entry, IEnumerable<string> services) => services
        .Where(service => service.Length > 0 && service != entry.Name).Select(service => new AccessRequest(AclResource.Service, service, AclAccess.Read));
}
