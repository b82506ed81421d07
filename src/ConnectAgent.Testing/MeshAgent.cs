using System.Threading.Channels;
using ConnectAgent.Http.Hosting;
using ConnectAgent.Http.LocalAgent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Testing;

/// <summary>The agent as its API shows and commands it. It has no configuration that could be read again.</summary>
internal sealed class MeshAgent(AgentSetup setup, IHostApplicationLifetime lifetime) : ILocalAgent
{
    // Nobody listens on any of them but for HTTP, whose port is known only once it does.
    private static readonly Dictionary<string, int> Ports =
        new[] { "dns", "grpc", "http", "https", "serf_lan", "serf_wan", "server" }.ToDictionary(static name => name, static _ => -1, StringComparer.Ordinal);

    public AgentDescription Describe() => new()
    {
        Datacenter = setup.Node.Datacenter,
        PrimaryDatacenter = setup.Node.Datacenter,
        NodeName = setup.Node.Name,
        NodeId = setup.Node.Id,
        NodeMeta = new Dictionary<string, string>(StringComparer.Ordinal),
        Server = true,
        Bootstrap = true,
        DevMode = true,
        ConnectEnabled = true,
        AclsEnabled = setup.Tokens.AreAclsOn,
        EnableDebug = false,
        AdvertiseAddress = setup.Node.Address,
        Ports = Ports,
        LogLevel = "INFO",
    };

    public Task ReloadAsync() => Task.CompletedTask;

    public void Leave() => lifetime.StopApplication();
}

/// <summary>Nobody follows the log over the API: the test has it already.</summary>
internal sealed class NoLogMonitor : ILogMonitor
{
    public ILogFeed Follow(LogLevel level, bool isJson) => new Nothing();

    private sealed class Nothing : ILogFeed
    {
        private readonly Channel<string> _lines = Channel.CreateBounded<string>(1);

        public Nothing() => _lines.Writer.Complete();

        public ChannelReader<string> Lines => _lines.Reader;

        public void Dispose()
        {
            // It holds nothing.
        }
    }
}
