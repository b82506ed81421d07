using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using static ConnectAgent.State.Snapshots.SnapshotCheck;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>Auth methods and binding rules of a snapshot are such as the API could have written.</summary>
internal sealed class LoginSnapshotRule : ISnapshotRule
{
    public Task RequireAsync(StateImage image, StateSnapshot current, CancellationToken cancellationToken)
    {
        RequireRows(image.State);
        return Task.CompletedTask;
    }

    /// <summary>Checks the rows.</summary>
    /// <exception cref="SnapshotException">Why they are refused.</exception>
    /// <exception cref="ServerException">A method's configuration cannot be read.</exception>
    public static void RequireRows(StateSnapshot state)
    {
        foreach (var method in state.Rows(LoginTables.AuthMethods).Values)
        {
            Require(method.Name.Length > 0 && method.MaxTokenTtl >= ExactDuration.Zero, "an auth method in it has no name, or a life below zero");
            AuthMethodStore.SettingsOf(method);
        }

        Require(
            state.Rows(LoginTables.BindingRules).Values.All(rule =>
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
