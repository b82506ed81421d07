using ConnectAgent.Configuration;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Hosting;

/// <summary>The daemon as its API shows and commands it.</summary>
internal sealed class LocalAgent(CurrentConfiguration current, ConfigurationReload reload, IHostApplicationLifetime lifetime) : ILocalAgent
{
    public AgentDescription Describe()
    {
        var configuration = current.Value;
        return new AgentDescription
        {
            Datacenter = configuration.Datacenter,
            PrimaryDatacenter = configuration.PrimaryDatacenter,
            NodeName = configuration.NodeName,
            NodeId = configuration.NodeId,
            NodeMeta = configuration.NodeMeta,
            Server = configuration.Server,
            Bootstrap = configuration.Bootstrap,
            DevMode = configuration.DevMode,
            ConnectEnabled = configuration.ConnectEnabled,
            AclsEnabled = configuration.Acl.Enabled,
            EnableDebug = configuration.EnableDebug,
            AdvertiseAddress = configuration.AdvertiseAddress,
            Ports = configuration.Ports,
            LogLevel = configuration.LogLevel,
        };
    }

    public async Task ReloadAsync()
    {
        try
        {
            await reload.RunAsync();
        }
        catch (ConfigurationException error)
        {
            throw new ServerException(FailureKind.Failed, error.Message);
        }
    }

    public void Leave() => lifetime.StopApplication();
}
