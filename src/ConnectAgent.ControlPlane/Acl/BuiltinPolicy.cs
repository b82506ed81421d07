namespace ConnectAgent.ControlPlane.Acl;

/// <summary>The policy <c>global-management</c> (acl ACL-VOC-1, ACL-POL-3). Its text is part of its hash, byte for byte.</summary>
internal static class BuiltinPolicy
{
    public const string Id = "00000000-0000-0000-0000-000000000001";

    public const string Name = "global-management";

    public const string Description = "Builtin Policy that grants unlimited access";

    public const string Rules =
        "\n" +
        "acl = \"write\"\n" +
        "agent_prefix \"\" {\n" +
        "\tpolicy = \"write\"\n" +
        "}\n" +
        "event_prefix \"\" {\n" +
        "\tpolicy = \"write\"\n" +
        "}\n" +
        "key_prefix \"\" {\n" +
        "\tpolicy = \"write\"\n" +
        "}\n" +
        "keyring = \"write\"\n" +
        "node_prefix \"\" {\n" +
        "\tpolicy = \"write\"\n" +
        "}\n" +
        "operator = \"write\"\n" +
        "query_prefix \"\" {\n" +
        "\tpolicy = \"write\"\n" +
        "}\n" +
        "service_prefix \"\" {\n" +
        "\tpolicy = \"write\"\n" +
        "\tintentions = \"write\"\n" +
        "}\n" +
        "session_prefix \"\" {\n" +
        "\tpolicy = \"write\"\n" +
        "}";
}
