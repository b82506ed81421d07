using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Leaves;

internal static class LeavesApiServiceCollectionExtensions
{
    /// <summary>Who one is.</summary>
    public static IServiceCollection AddLeavesApi(this IServiceCollection services) => services.AddSingleton<IWireEndpoints, LeafEndpoints>();
}
