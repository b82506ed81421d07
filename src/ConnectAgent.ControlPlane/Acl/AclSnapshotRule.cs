using ConnectAgent.ControlPlane.Acl.Rules;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using static ConnectAgent.State.Snapshots.SnapshotCheck;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>Tokens, policies and roles of a snapshot are such as the API could have written; where ACLs are on, somebody may administer them.</summary>
internal sealed class AclSnapshotRule(TokenResolver resolver, AclOptions acl, TimeProvider clock) : ISnapshotRule
{
    public Task RequireAsync(StateImage image, StateSnapshot current, CancellationToken cancellationToken)
    {
        RequireRows(image.State);
        RequireManagement(image.State);
        return Task.CompletedTask;
    }

    /// <summary>Checks the rows alone, so that whoever uses them need not look.</summary>
    /// <exception cref="SnapshotException">Why they are refused.</exception>
    /// <exception cref="ServerException">Rules cannot be read.</exception>
    public static void RequireRows(StateSnapshot state)
    {
        foreach (var token in state.Rows(AclTables.Tokens).Values)
        {
            Require(AclIds.IsUuid(token.AccessorId), "a token in it has no accessor");
            Require(
                token.SecretId.Length > 0 && token.SecretId.Length <= TokenText.Longest && !ReservedTokens.IsRootName(token.SecretId),
                "a token in it has a secret that none can have");
        }

        Require(state.By(AclTables.BySecret).Keys.Values.All(tokens => tokens.Count == 1), "two tokens in it have one secret");
        foreach (var policy in state.Rows(AclTables.Policies).Values)
        {
            Require(AclIds.IsUuid(policy.Id) && policy.Name.Length > 0, "a policy in it has no ID or name");
            PolicyRulesReader.Read(policy.Rules);
        }

        Require(
            state.Rows(AclTables.Roles).Values.All(role => AclIds.IsUuid(role.Id) && role.Name.Length > 0), "a role in it has no ID or name");
    }

    private void RequireManagement(StateSnapshot state)
    {
        if (!acl.Enabled)
        {
            return;
        }

        var now = clock.GetUtcNow();
        Require(state.Find(AclTables.Tokens, AclIds.AnonymousAccessor) is not null, "ACLs are enabled here, and it has no anonymous token");
        Require(
            state.Rows(AclTables.Tokens).Values.Any(token => !token.IsExpired(now) && resolver.RightsIn(state, token).Allows(AclResource.Acl, string.Empty, AclAccess.Write)),
            "ACLs are enabled here, and it has no management token: nobody could administer this agent any more");
    }
}
