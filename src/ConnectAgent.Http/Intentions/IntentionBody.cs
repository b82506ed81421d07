using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Http.Intentions;

/// <summary>The body of an intention write (intentions IXN-10, IXN-11): read-only fields are checked for type and dropped.</summary>
internal sealed record IntentionBody
{
    /// <summary>Only so that a new intention can refuse it (CRUD-2).</summary>
    public string Id { get; private init; } = string.Empty;

    public string Description { get; private init; } = string.Empty;

    public string SourceNamespace { get; private init; } = string.Empty;

    public string SourceName { get; private init; } = string.Empty;

    public string DestinationNamespace { get; private init; } = string.Empty;

    public string DestinationName { get; private init; } = string.Empty;

    public string SourcePartition { get; private init; } = string.Empty;

    public string DestinationPartition { get; private init; } = string.Empty;

    public string SourceType { get; private init; } = string.Empty;

    public string Action { get; private init; } = string.Empty;

    /// <summary>Only so that it can be refused (IXN-16).</summary>
    public string SourcePeer { get; private init; } = string.Empty;

    public List<IntentionPermission> Permissions { get; private init; } = [];

    public Dictionary<string, string> Meta { get; private init; } = [];

    /// <summary>What a write makes of it (CE-6); the name may come from elsewhere.</summary>
    /// <param name="name">Of the source.</param>
    public IntentionSource ToSource(string name) => new(name)
    {
        Action = Action.Length > 0 ? Action : null,
        Permissions = Permissions.Count > 0 ? Permissions : null,
        Type = SourceType.Length > 0 ? SourceType : "consul",
        Description = Description.Length > 0 ? Description : null,
    };

    /// <summary>Of the body; a null crashes the reference and is as good as an empty one (DEF-1).</summary>
    public static SchemaType<IntentionBody> Schema { get; } = new RecordType<IntentionBody>(
            static () => new IntentionBody(), string.Empty, "of type struct { Hash string; CreatedAt string; UpdatedAt string; *structs.Alias }", refusesNull: true)
        .Field("ID", SchemaTypes.Text, static (body, id) => body with { Id = id })
        .Field("SourceNS", SchemaTypes.Text, static (body, name) => body with { SourceNamespace = name })
        .Field("SourceName", SchemaTypes.Text, static (body, name) => body with { SourceName = name })
        .Field("DestinationNS", SchemaTypes.Text, static (body, name) => body with { DestinationNamespace = name })
        .Field("DestinationName", SchemaTypes.Text, static (body, name) => body with { DestinationName = name })
        .Field("SourcePartition", SchemaTypes.Text, static (body, name) => body with { SourcePartition = name })
        .Field("DestinationPartition", SchemaTypes.Text, static (body, name) => body with { DestinationPartition = name })
        .Field("Description", SchemaTypes.Text, static (body, text) => body with { Description = text })
        .Field("SourceType", SchemaTypes.Text, static (body, type) => body with { SourceType = type })
        .Field("Action", SchemaTypes.Text, static (body, action) => body with { Action = action })
        .Field("Permissions", IntentionPermissionBody.Schema, static (body, permissions) => body with { Permissions = permissions })
        .Field("Meta", SchemaTypes.TextMap, static (body, meta) => body with { Meta = meta })
        .Field("SourcePeer", SchemaTypes.Text, static (body, name) => body with { SourcePeer = name })
        .Ignored("JWT")
        .Dropped(SchemaTypes.Integer, "Precedence", "CreateIndex", "ModifyIndex", "DefaultPort")
        .Dropped(SchemaTypes.Text, "CreatedAt", "UpdatedAt", "Hash", "DefaultAddr", "SourceSamenessGroup");
}
