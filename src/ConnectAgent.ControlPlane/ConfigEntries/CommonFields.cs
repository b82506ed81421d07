using ConnectAgent.ControlPlane.ConfigEntries.Schema;

namespace ConnectAgent.ControlPlane.ConfigEntries;

/// <summary>Fields that several kinds share. An object that is shown even if it is empty is one in the reference, too (services CFG-8).</summary>
internal static class CommonFields
{
    public static ConfigField Kind { get; } = new("Kind", TextType.Instance, Always: true);

    public static ConfigField Name { get; } = new("Name", TextType.Instance, Always: true);

    public static ConfigField Meta { get; } = new("Meta", MapType.OfTexts);

    /// <summary>Sent by every client, never taken.</summary>
    public static ConfigField CreateIndex { get; } = new("CreateIndex", IgnoredType.Instance);

    public static ConfigField ModifyIndex { get; } = new("ModifyIndex", IgnoredType.Instance);

    public static ConfigField Mode { get; } = new("Mode", TextType.Instance);

    public static ConfigField MeshGateway { get; } = new("MeshGateway", new ObjectType(Mode), Always: true);

    public static ConfigField TransparentProxy { get; } = new(
        "TransparentProxy",
        new ObjectType(new("OutboundListenerPort", NumberType.Whole), new("DialedDirectly", FlagType.Instance)),
        Always: true);

    public static ConfigField Expose { get; } = new(
        "Expose",
        new ObjectType(
            new("Checks", FlagType.Instance),
            new("Paths", new ListType(
                new ObjectType(
                    new("ListenerPort", NumberType.Whole),
                    new("Path", TextType.Instance),
                    new("LocalPathPort", NumberType.Whole),
                    new("Protocol", TextType.Instance),
                    new("ParsedFromCheck", FlagType.Instance)),
                refusesNull: true))),
        Always: true);

    /// <summary>The header conditions of routers and intentions.</summary>
    public static ObjectType Header { get; } = new(
        new("Name", TextType.Instance, Always: true),
        new("Present", FlagType.Instance),
        new("Exact", TextType.Instance),
        new("Prefix", TextType.Instance),
        new("Suffix", TextType.Instance),
        new("Regex", TextType.Instance),
        new("Invert", FlagType.Instance));

    public static ConfigField Namespace { get; } = new("Namespace", NamespaceType.Instance);
}
