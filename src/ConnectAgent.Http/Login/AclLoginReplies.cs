using System.Text.Json;
using System.Text.Json.Serialization;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.Login;

/// <summary>An auth method as the wire shows it (acl ACL-AM-1; fields in output order). In a list it has no <c>Config</c>.</summary>
internal sealed record AclAuthMethodReply(
    [property: JsonPropertyName("MaxTokenTTL")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? MaxTokenTtl,
    string Name,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? DisplayName,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Description,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TokenLocality,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Config,
    ulong CreateIndex,
    ulong ModifyIndex)
{
    // What a body may hold, and a little more.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 128 };

    public static AclAuthMethodReply Of(AuthMethod method)
    {
        using var config = JsonDocument.Parse(method.Config, Options);
        return InList(method) with { Config = config.RootElement.Clone() };
    }

    public static AclAuthMethodReply InList(AuthMethod method) => new(
        method.MaxTokenTtl == ExactDuration.Zero ? null : method.MaxTokenTtl.ToString(), method.Name, method.Type, NotEmpty(method.DisplayName),
        NotEmpty(method.Description), NotEmpty(method.TokenLocality), null, method.CreateIndex, method.ModifyIndex);

    private static string? NotEmpty(string text) => text.Length > 0 ? text : null;
}

/// <summary>A binding rule as the wire shows it (acl ACL-BR-1).</summary>
internal sealed record AclBindingRuleReply(
    [property: JsonPropertyName("ID")] string Id,
    string Description,
    string AuthMethod,
    string Selector,
    string BindType,
    string BindName,
    ulong CreateIndex,
    ulong ModifyIndex)
{
    public static AclBindingRuleReply Of(BindingRule rule) => new(
        rule.Id, rule.Description, rule.AuthMethod, rule.Selector, rule.BindType, rule.BindName, rule.CreateIndex, rule.ModifyIndex);
}
