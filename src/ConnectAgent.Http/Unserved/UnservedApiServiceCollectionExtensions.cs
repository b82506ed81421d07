using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Unserved;

internal static class UnservedApiServiceCollectionExtensions
{
    /// <summary>What the reference's servers have and the embedded control plane has not.</summary>
    public static IServiceCollection AddUnservedApi(this IServiceCollection services) => services.AddSingleton<IWireEndpoints, UnservedEndpoints>();
}
