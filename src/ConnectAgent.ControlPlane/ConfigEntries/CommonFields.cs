using ConnectAgent.ControlPlane.ConfigEntries.Schema;

namespace ConnectAgent.ControlPlane.ConfigEntries;

/// <summary>Fields that several kinds share. An object that is shown even if it is empty is one in the reference, too (services CFG-8).</summary>
internal static class CommonFields
{
    public static ConfigField Kind { get; } = new("Kind", TextType.Instance, Always: true);

    public static ConfigField Name { get; } = new("Name", TextType.Name, Always: true);

    /// <summary>Bounded by <see cref="EntryMeta"/>, in the reference's words.</summary>
    public static ConfigField Meta { get; } = new("Meta", new MapType(TextType.Checked, bound: null));

    /// <summary>Sent by every client, never taken.</summary>
    public static ConfigField CreateIndex { get; } = new("CreateIndex", IgnoredType.Instance);

    public static ConfigField ModifyIndex { get; } = new("ModifyIndex", IgnoredType.Instance);

    public static ConfigField Mode { get; } = new("Mode", TextType.Instance);

    public static ConfigField MeshGateway { get; } = new("MeshGateway", new ObjectType(Mode), Always: true);

    public static ConfigField TransparentProxy { get; } = new(
        "TransparentProxy",
        new ObjectType(new("OutboundListenerPort", NumberType.Int), new("DialedDirectly", FlagType.Instance)),
        Always: true);

    public static ConfigField Expose { get; } = new(
        "Expose",
        new ObjectType(
            new("Checks", FlagType.Instance),
            new("Paths", new ListType(
                new ObjectType(
                    new("ListenerPort", NumberType.Int),
                    new("Path", TextType.Instance),
                    new("LocalPathPort", NumberType.Int),
                    new("Protocol", TextType.Instance),
                    new("ParsedFromCheck", FlagType.Instance)),
                ConfigBounds.ExposePaths,
                refusesNull: true))),
        Always: true);

    /// <summary>The header conditions of routers and intentions.</summary>
    /// <param name="text">What their texts are bounded by.</param>
    public static ObjectType Header(TextType text) => new(
        new("Name", text, Always: true),
        new("Present", FlagType.Instance),
        new("Exact", text),
        new("Prefix", text),
        new("Suffix", text),
        new("Regex", text),
        new("Invert", FlagType.Instance));

    public static ConfigField Namespace { get; } = new("Namespace", NamespaceType.Instance);
}
