using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>How long the texts of auth methods and binding rules may be (<see cref="AclBounds"/>).</summary>
internal static class LoginBounds
{
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
