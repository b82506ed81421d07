using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>How many auth methods and binding rules there may be, and how long their texts (<see cref="AclBounds"/>).</summary>
internal static class LoginBounds
{
    [Limit("acl.methods", "auth methods", "refused: 400", Refuses = true)]
    public static readonly CountBound Methods = new("acl.methods", 1_000);

    /// <summary>A login looks at all rules of its method.</summary>
    [Limit("acl.binding_rules", "binding rules", "refused: 400", Refuses = true)]
    public static readonly CountBound Rules = new("acl.binding_rules", 20_000);

    [Limit(MethodLimit, "bytes of an auth method's configuration", "refused: 400", Refuses = true)]
    private const int LongestConfiguration = 256 * 1024;
    private const string MethodLimit = "acl.method";

    [Limit(RuleLimit, "bytes of a binding rule's selector or bind name", "refused: 400", Refuses = true)]
    private const int LongestBinding = 4096;
    private const string RuleLimit = "acl.binding";

    /// <inheritdoc cref="AclBounds.Check(AclTokenDraft)"/>
    public static void Check(AuthMethod method)
    {
        AclBounds.Name("DisplayName", method.DisplayName);
        AclBounds.Description(method.Description);
        AclBounds.Text("Config", method.Config, LongestConfiguration, MethodLimit);
    }

    /// <inheritdoc cref="AclBounds.Check(AclTokenDraft)"/>
    public static void Check(BindingRule rule)
    {
        AclBounds.Name("AuthMethod", rule.AuthMethod);
        AclBounds.Description(rule.Description);
        AclBounds.Text("Selector", rule.Selector, LongestBinding, RuleLimit);
        AclBounds.Text("BindName", rule.BindName, LongestBinding, RuleLimit);
    }
}
