using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.ControlPlane.Acl.Rules;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>What must hold of ACL rows that come from a file, so that whoever uses them need not look.</summary>
internal static class AclSnapshotRules
{
    /// <summary>Checks the rows of all ACL tables.</summary>
    /// <exception cref="SnapshotException">Why they are refused.</exception>
    /// <exception cref="ServerException">Rules or a method's configuration cannot be read.</exception>
    public static void Require(StateSnapshot state)
    {
        foreach (var token in state.Rows(StateTables.AclTokens).Values)
        {
            SnapshotCheck.Require(AclIds.IsUuid(token.AccessorId), "a token in it has no accessor");
            SnapshotCheck.Require(
                token.SecretId.Length > 0 && token.SecretId.Length <= TokenText.Longest && !ReservedTokens.IsRootName(token.SecretId),
                "a token in it has a secret that none can have");
        }

        SnapshotCheck.Require(state.Of(StateTables.AclTokens).SecondKeys.Values.All(tokens => tokens.Length == 1), "two tokens in it have one secret");
        foreach (var policy in state.Rows(StateTables.AclPolicies).Values)
        {
            SnapshotCheck.Require(AclIds.IsUuid(policy.Id) && policy.Name.Length > 0, "a policy in it has no ID or name");
            PolicyRulesReader.Read(policy.Rules);
        }

        SnapshotCheck.Require(
            state.Rows(StateTables.AclRoles).Values.All(role => AclIds.IsUuid(role.Id) && role.Name.Length > 0), "a role in it has no ID or name");
        foreach (var method in state.Rows(StateTables.AuthMethods).Values)
        {
            SnapshotCheck.Require(method.Name.Length > 0 && method.MaxTokenTtl >= TimeSpan.Zero, "an auth method in it has no name, or a life below zero");
            AuthMethodStore.SettingsOf(method);
        }

        SnapshotCheck.Require(
            state.Rows(StateTables.BindingRules).Values.All(rule =>
                AclIds.IsUuid(rule.Id) && rule.BindType is ("service" or "role" or "node") && CanSelect(rule)),
            "a binding rule in it is none");
    }

    private static bool CanSelect(BindingRule rule)
    {
        try
        {
            _ = LoginIdentity.Filter(rule.Selector);
            return true;
        }
        catch (FilterException)
        {
            return false;
        }
    }
}
