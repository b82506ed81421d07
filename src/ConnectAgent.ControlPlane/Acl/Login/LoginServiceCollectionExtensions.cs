using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.ControlPlane.Acl.Login;

internal static class LoginServiceCollectionExtensions
{
    /// <summary>Adds auth methods, binding rules and logins.</summary>
    public static IServiceCollection AddLogin(this IServiceCollection services)
    {
        services.AddStateTables(LoginTables.All).AddSingleton<ISnapshotRule, LoginSnapshotRule>();
        return services.AddSingleton<AuthMethodStore>().AddSingleton<BindingRuleStore>().AddSingleton<JwtVerifier>().AddSingleton<LoginService>();
    }
}
