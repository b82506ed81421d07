using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Revocation;

internal static class RevocationApiServiceCollectionExtensions
{
    /// <summary>Revoked certificates.</summary>
    public static IServiceCollection AddRevocationApi(this IServiceCollection services) => services.AddSingleton<IWireEndpoints, RevocationEndpoints>();
}
