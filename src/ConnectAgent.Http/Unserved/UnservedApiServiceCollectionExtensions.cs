using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Unserved;

internal static class UnservedApiServiceCollectionExtensions
{
    /// <summary>What the reference has and an agent has not.</summary>
    /// <param name="hasControlPlane">Whether it is asked for what is the servers', too.</param>
    public static IServiceCollection AddUnservedApi(this IServiceCollection services, bool hasControlPlane)
    {
        services.AddSingleton<IWireEndpoints, UnservedLocalEndpoints>();
        return hasControlPlane ? services.AddSingleton<IWireEndpoints, UnservedEndpoints>() : services;
    }
}
