using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Http.Acl;

/// <summary>The bodies of the ACL endpoints (acl ACL-API-1): unknown names are refused, what the server sets is ignored.</summary>
internal static class AclBodies
{
    private static readonly RecordType<ServiceIdentity> ServiceIdentity = new RecordType<ServiceIdentity>(static () => new(string.Empty))
        .Field("ServiceName", SchemaTypes.Text, static (identity, name) => identity with { ServiceName = name })
        .Field("Datacenters", SchemaTypes.Texts, static (identity, names) => identity with { Datacenters = names });

    private static readonly RecordType<NodeIdentity> NodeIdentity = new RecordType<NodeIdentity>(static () => new(string.Empty, string.Empty))
        .Field("NodeName", SchemaTypes.Text, static (identity, name) => identity with { NodeName = name })
        .Field("Datacenter", SchemaTypes.Text, static (identity, name) => identity with { Datacenter = name });

    private static readonly ListType<AclLink> Links = new(new RecordType<AclLink>(static () => new(string.Empty, string.Empty))
        .Field("ID", SchemaTypes.Text, static (link, id) => link with { Id = id })
        .Field("Name", SchemaTypes.Text, static (link, name) => link with { Name = name }));

    private static readonly ListType<ServiceIdentity> ServiceIdentities = new(ServiceIdentity);

    private static readonly ListType<NodeIdentity> NodeIdentities = new(NodeIdentity);

    public static SchemaType<AclTokenDraft> Token { get; } = Document("ACLToken", static () => new AclTokenDraft())
        .Field("AccessorID", SchemaTypes.Text, static (token, id) => token with { AccessorId = id })
        .Field("SecretID", SchemaTypes.Text, static (token, id) => token with { SecretId = id })
        .Field("Description", SchemaTypes.Text, static (token, text) => token with { Description = text })
        .Field("Policies", Links, static (token, links) => token with { Policies = links })
        .Field("Roles", Links, static (token, links) => token with { Roles = links })
        .Field("ServiceIdentities", ServiceIdentities, static (token, identities) => token with { ServiceIdentities = identities })
        .Field("NodeIdentities", NodeIdentities, static (token, identities) => token with { NodeIdentities = identities })
        .Field("Local", SchemaTypes.Flag, static (token, isLocal) => token with { Local = isLocal })
        .Field("AuthMethod", SchemaTypes.Text, static (token, name) => token with { AuthMethod = name })
        .Field("Rules", SchemaTypes.Text, static (token, rules) => token with { Rules = rules })
        .Field("ExpirationTime", SchemaTypes.Time, static (token, time) => token with { ExpirationTime = time })
        .Field("ExpirationTTL", SchemaTypes.ExactDuration, static (token, life) => token with { ExpirationTtl = life })
        .Ignored("CreateTime", "Hash", "CreateIndex", "ModifyIndex", "Type", "Legacy");

    public static SchemaType<AclPolicy> Policy { get; } = Document("ACLPolicy", static () => new AclPolicy(string.Empty, string.Empty))
        .Field("ID", SchemaTypes.Text, static (policy, id) => policy with { Id = id })
        .Field("Name", SchemaTypes.Text, static (policy, name) => policy with { Name = name })
        .Field("Description", SchemaTypes.Text, static (policy, text) => policy with { Description = text })
        .Field("Rules", SchemaTypes.Text, static (policy, rules) => policy with { Rules = rules })
        .Field("Datacenters", SchemaTypes.Texts, static (policy, names) => policy with { Datacenters = names })
        .Ignored("Hash", "CreateIndex", "ModifyIndex");

    public static SchemaType<AclRoleDraft> Role { get; } = Document(
            "ACLRole", static () => new AclRoleDraft(string.Empty, string.Empty, string.Empty, [], [], []))
        .Field("ID", SchemaTypes.Text, static (role, id) => role with { Id = id })
        .Field("Name", SchemaTypes.Text, static (role, name) => role with { Name = name })
        .Field("Description", SchemaTypes.Text, static (role, text) => role with { Description = text })
        .Field("Policies", Links, static (role, links) => role with { Policies = links })
        .Field("ServiceIdentities", ServiceIdentities, static (role, identities) => role with { ServiceIdentities = identities })
        .Field("NodeIdentities", NodeIdentities, static (role, identities) => role with { NodeIdentities = identities })
        .Ignored("Hash", "CreateIndex", "ModifyIndex");

    /// <summary>The body of a bootstrap: none, or the secret to use (ACL-BOOT-4).</summary>
    public static SchemaType<string> BootstrapSecret { get; } = OneText("BootstrapSecret");

    /// <summary>The body of <c>PUT /v1/agent/token/TYPE</c> (ACL-AGT-1).</summary>
    public static SchemaType<string> AgentToken { get; } = OneText("Token");

    /// <summary>The requests of <c>POST /v1/internal/acl/authorize</c> (ACL-AUZ-1).</summary>
    public static SchemaType<List<AclRequestText>> Authorizations { get; } = new ListType<AclRequestText>(
        new RecordType<AclRequestText>(
            static () => new(string.Empty, string.Empty, string.Empty), "ACLAuthorizationRequest", "Go struct field of type structs.ACLAuthorizationRequest")
            .Field("Resource", SchemaTypes.Text, static (asked, resource) => asked with { Resource = resource })
            .Field("Segment", SchemaTypes.Text, static (asked, segment) => asked with { Segment = segment })
            .Field("Access", SchemaTypes.Text, static (asked, access) => asked with { Access = access })
            .WithoutNamespaces(),
        goTarget: "of type []structs.ACLAuthorizationRequest");

    /// <summary>A document of a type of the reference.</summary>
    public static RecordType<T> Document<T>(string goType, Func<T> create) =>
        new RecordType<T>(create, goType, "of type structs." + goType).WithoutNamespaces();

    private static RecordType<T> WithoutNamespaces<T>(this RecordType<T> type) => type.Refused("Namespace", " - Namespaces are a Consul Enterprise feature");

    private static RecordType<string> OneText(string name) => new RecordType<string>(static () => string.Empty, string.Empty, "of type struct")
        .Field(name, SchemaTypes.Text, static (_, text) => text);
}

/// <summary>One request about the caller's rights.</summary>
internal sealed record AclRequestText(string Resource, string Segment, string Access);
