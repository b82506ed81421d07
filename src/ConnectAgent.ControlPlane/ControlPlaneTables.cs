using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.State;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.ControlPlane;

/// <summary>The tables that the features register, for whoever reads a snapshot without a control plane.</summary>
internal static class ControlPlaneTables
{
    public static StateTableSet All { get; } = Registered();

    private static StateTableSet Registered()
    {
        using var services = new ServiceCollection().AddControlPlane(new AuthorityOptions(), BlockingLimits.Standard, new AclOptions()).BuildServiceProvider();
        return services.GetRequiredService<StateTableSet>();
    }
}
