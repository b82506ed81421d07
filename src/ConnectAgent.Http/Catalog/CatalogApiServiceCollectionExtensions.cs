using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Catalog;

internal static class CatalogApiServiceCollectionExtensions
{
    /// <summary>The catalog of the embedded control plane.</summary>
    public static IServiceCollection AddCatalogApi(this IServiceCollection services, OwnServerOptions server) => services
        .AddSingleton(server).AddHostedService<OwnServer>()
        .AddSingleton<InstanceReads>()
        .AddSingleton<IEmbeddedRead, EmbeddedInstances>().AddSingleton<IEmbeddedRead, EmbeddedServices>().AddSingleton<IEmbeddedRead, EmbeddedDatacenters>()
        .AddSingleton<IWireEndpoints, CatalogEndpoints>().AddSingleton<IWireEndpoints, NodeEndpoints>().AddSingleton<IWireEndpoints, CatalogWriteEndpoints>();
}
