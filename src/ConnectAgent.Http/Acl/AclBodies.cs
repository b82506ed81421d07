using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Acl;

/// <summary>Reads the bodies of the ACL endpoints (acl ACL-API-1): unknown names are refused, what the server sets is ignored.</summary>
internal static class AclBodies
{
    private const string Namespaces = " - Namespaces are a Consul Enterprise feature";

    public static AclTokenDraft Token(ref GoJsonReader json)
    {
        const string Type = "ACLToken";
        return json.DocumentOf("structs." + Type, new AclTokenDraft(), static (ref GoJsonReader inner, AclTokenDraft draft) =>
        {
            switch (inner.Name.ToUpperInvariant())
            {
                case "ACCESSORID":
                    draft = draft with { AccessorId = inner.String(Type + ".AccessorID") ?? string.Empty };
                    break;
                case "SECRETID":
                    draft = draft with { SecretId = inner.String(Type + ".SecretID") ?? string.Empty };
                    break;
                case "DESCRIPTION":
                    draft = draft with { Description = inner.String(Type + ".Description") ?? string.Empty };
                    break;
                case "POLICIES":
                    draft = draft with { Policies = Links(ref inner, Type + ".Policies") };
                    break;
                case "ROLES":
                    draft = draft with { Roles = Links(ref inner, Type + ".Roles") };
                    break;
                case "SERVICEIDENTITIES":
                    draft = draft with { ServiceIdentities = ServiceIdentities(ref inner, Type + ".ServiceIdentities") };
                    break;
                case "NODEIDENTITIES":
                    draft = draft with { NodeIdentities = NodeIdentities(ref inner, Type + ".NodeIdentities") };
                    break;
                case "LOCAL":
                    draft = draft with { Local = inner.Boolean(Type + ".Local") ?? false };
                    break;
                case "AUTHMETHOD":
                    draft = draft with { AuthMethod = inner.String(Type + ".AuthMethod") ?? string.Empty };
                    break;
                case "RULES":
                    draft = draft with { Rules = inner.String(Type + ".Rules") ?? string.Empty };
                    break;
                case "EXPIRATIONTIME":
                    draft = draft with { ExpirationTime = inner.Time(Type + ".ExpirationTime") };
                    break;
                case "EXPIRATIONTTL":
                    draft = draft with { ExpirationTtl = inner.Duration(Type + ".ExpirationTTL") };
                    break;
                case "CREATETIME" or "HASH" or "CREATEINDEX" or "MODIFYINDEX" or "TYPE" or "LEGACY":
                    inner.Ignore();
                    break;
                default:
                    Unknown(ref inner);
                    break;
            }

            return draft;
        });
    }

    public static AclPolicy Policy(ref GoJsonReader json)
    {
        const string Type = "ACLPolicy";
        return json.DocumentOf("structs." + Type, new AclPolicy(string.Empty, string.Empty), static (ref GoJsonReader inner, AclPolicy policy) =>
        {
            switch (inner.Name.ToUpperInvariant())
            {
                case "ID":
                    policy = policy with { Id = inner.String(Type + ".ID") ?? string.Empty };
                    break;
                case "NAME":
                    policy = policy with { Name = inner.String(Type + ".Name") ?? string.Empty };
                    break;
                case "DESCRIPTION":
                    policy = policy with { Description = inner.String(Type + ".Description") ?? string.Empty };
                    break;
                case "RULES":
                    policy = policy with { Rules = inner.String(Type + ".Rules") ?? string.Empty };
                    break;
                case "DATACENTERS":
                    policy = policy with { Datacenters = inner.Texts(Type + ".Datacenters") };
                    break;
                case "HASH" or "CREATEINDEX" or "MODIFYINDEX":
                    inner.Ignore();
                    break;
                default:
                    Unknown(ref inner);
                    break;
            }

            return policy;
        });
    }

    public static AclRoleDraft Role(ref GoJsonReader json)
    {
        const string Type = "ACLRole";
        return json.DocumentOf("structs." + Type, new AclRoleDraft(string.Empty, string.Empty, string.Empty, [], [], []), static (ref GoJsonReader inner, AclRoleDraft role) =>
        {
            switch (inner.Name.ToUpperInvariant())
            {
                case "ID":
                    role = role with { Id = inner.String(Type + ".ID") ?? string.Empty };
                    break;
                case "NAME":
                    role = role with { Name = inner.String(Type + ".Name") ?? string.Empty };
                    break;
                case "DESCRIPTION":
                    role = role with { Description = inner.String(Type + ".Description") ?? string.Empty };
                    break;
                case "POLICIES":
                    role = role with { Policies = Links(ref inner, Type + ".Policies") };
                    break;
                case "SERVICEIDENTITIES":
                    role = role with { ServiceIdentities = ServiceIdentities(ref inner, Type + ".ServiceIdentities") };
                    break;
                case "NODEIDENTITIES":
                    role = role with { NodeIdentities = NodeIdentities(ref inner, Type + ".NodeIdentities") };
                    break;
                case "HASH" or "CREATEINDEX" or "MODIFYINDEX":
                    inner.Ignore();
                    break;
                default:
                    Unknown(ref inner);
                    break;
            }

            return role;
        });
    }

    /// <summary>The body of a bootstrap: none, or the secret to use (ACL-BOOT-4).</summary>
    public static string BootstrapSecret(ref GoJsonReader json) => OneText(ref json, "BootstrapSecret");

    /// <summary>The body of <c>PUT /v1/agent/token/TYPE</c> (ACL-AGT-1).</summary>
    public static string AgentToken(ref GoJsonReader json) => OneText(ref json, "Token");

    /// <summary>The questions of <c>POST /v1/internal/acl/authorize</c> (ACL-AUZ-1).</summary>
    public static List<AclQuestionText> Questions(ref GoJsonReader json)
    {
        const string Type = "ACLAuthorizationRequest";
        List<AclQuestionText> questions = [];
        if (json.BeginDocumentArray("[]structs." + Type))
        {
            while (json.NextElement())
            {
                var question = new AclQuestionText(string.Empty, string.Empty, string.Empty);
                if (json.BeginObject("of type structs." + Type))
                {
                    while (json.NextField())
                    {
                        switch (json.Name.ToUpperInvariant())
                        {
                            case "RESOURCE":
                                question = question with { Resource = json.String(Type + ".Resource") ?? string.Empty };
                                break;
                            case "SEGMENT":
                                question = question with { Segment = json.String(Type + ".Segment") ?? string.Empty };
                                break;
                            case "ACCESS":
                                question = question with { Access = json.String(Type + ".Access") ?? string.Empty };
                                break;
                            default:
                                Unknown(ref json);
                                break;
                        }
                    }
                }

                questions.Add(question);
            }
        }

        json.End();
        return questions;
    }

    private static string OneText(ref GoJsonReader json, string field) =>
        json.DocumentOf("struct", string.Empty, (ref GoJsonReader inner, string text) =>
        {
            if (inner.Is(field))
            {
                return inner.String("." + field) ?? string.Empty;
            }

            inner.Unknown();
            return text;
        });

    /// <summary>A field that none of the ACL bodies has.</summary>
    public static void Unknown(ref GoJsonReader json)
    {
        if (json.Is("Namespace"))
        {
            json.Unknown(Namespaces);
        }
        else
        {
            json.Unknown();
        }
    }

    private static List<AclLink> Links(ref GoJsonReader json, string field) => json.Objects(
        field,
        new AclLink(string.Empty, string.Empty),
        (ref GoJsonReader inner, AclLink link) =>
        {
            if (inner.Is("ID"))
            {
                return link with { Id = inner.String(field + ".ID") ?? string.Empty };
            }

            if (inner.Is("Name"))
            {
                return link with { Name = inner.String(field + ".Name") ?? string.Empty };
            }

            inner.Unknown();
            return link;
        });

    private static List<ServiceIdentity> ServiceIdentities(ref GoJsonReader json, string field) => json.Objects(
        field,
        new ServiceIdentity(string.Empty),
        (ref GoJsonReader inner, ServiceIdentity identity) =>
        {
            if (inner.Is("ServiceName"))
            {
                return identity with { ServiceName = inner.String(field + ".ServiceName") ?? string.Empty };
            }

            if (inner.Is("Datacenters"))
            {
                return identity with { Datacenters = inner.Texts(field + ".Datacenters") };
            }

            inner.Unknown();
            return identity;
        });

    private static List<NodeIdentity> NodeIdentities(ref GoJsonReader json, string field) => json.Objects(
        field,
        new NodeIdentity(string.Empty, string.Empty),
        (ref GoJsonReader inner, NodeIdentity identity) =>
        {
            if (inner.Is("NodeName"))
            {
                return identity with { NodeName = inner.String(field + ".NodeName") ?? string.Empty };
            }

            if (inner.Is("Datacenter"))
            {
                return identity with { Datacenter = inner.String(field + ".Datacenter") ?? string.Empty };
            }

            inner.Unknown();
            return identity;
        });
}

/// <summary>One question about the caller's rights.</summary>
internal sealed record AclQuestionText(string Resource, string Segment, string Access);
