using ConnectAgent.Agent.AntiEntropy;
using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Services;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace ConnectAgent.Tests.Agent.AntiEntropy;

/// <summary>Two hundred agents over real sockets: what a server is asked when it comes back to all of them at the same moment (services AE-1, design decision 8).</summary>
public sealed class CatalogSyncStormTests
{
    private const int Agents = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task A_server_that_comes_back_is_not_stormed()
    {
        // Given
        await using var server = ScriptedConsulServer.Start();
        var agents = Enumerable.Range(0, Agents).Select(number => new RemoteAgent(server.Address, $"node-{number}")).ToList();
        try
        {
            await Task.WhenAll(agents.Select(agent => agent.StartAsync()));
            await UntilAsync(() => agents.TrueForAll(agent => IsThere(server, agent, "web")));

            // When
            server.Refuse();
            await Task.WhenAll(agents.Select(agent => agent.AddAsync("db")));
            await Task.WhenAll(agents.Select(agent => agent.CheckAsync()));
            var before = server.Requests.Count;
            server.Listen();
            await Task.WhenAll(agents.Select(agent => agent.CheckAsync()));
            await UntilAsync(() => agents.TrueForAll(agent => IsThere(server, agent, "db")));

            // Then: two reads and a write of each, spread over three seconds
            var asked = server.Requests.Skip(before).ToList();
            asked.Count.Should().BeLessThan(Agents * 5);
            var most = asked.Select((request, at) => asked.Skip(at).TakeWhile(other => TimeProvider.System.GetElapsedTime(request.At, other.At) < TimeSpan.FromSeconds(1)).Count()).Max();
            most.Should().BeLessThan(Agents * 3 / 2, "all at once would be {0}", asked.Count);
        }
        finally
        {
            await Task.WhenAll(agents.Select(agent => agent.DisposeAsync().AsTask()));
        }
    }

    private static bool IsThere(ScriptedConsulServer server, RemoteAgent agent, string service) => server.Content.SeeNode(agent.Node).Services.ContainsKey(service);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }

    /// <summary>One agent with a web service, and the product's client of remote servers.</summary>
    private sealed class RemoteAgent : IAsyncDisposable
    {
        private readonly ServiceProvider _services;
        private readonly IHostedService _loop;

        public RemoteAgent(Uri server, string node)
        {
            Node = node;
            var services = new ServiceCollection();
            services.AddLogging();
            services.AddSingleton(new AgentIdentity("dc1", node, true, string.Empty, DefaultDecision.AclsDisabled));
            services.AddConsulServers(new ConsulServerOptions { Servers = [server] });
            services.AddCatalogSync(
                new OwnNode(OwnNode.Describe(Guid.NewGuid().ToString(), node, "dc1", "10.0.0.1", new Dictionary<string, string>())), new SyncOptions { IsRemote = true });
            services.AddLocalServices(new LocalServiceOptions());
            _services = services.BuildServiceProvider();
            _loop = _services.GetServices<IHostedService>().OfType<CatalogSyncService>().Single();
        }

        public string Node { get; }

        public async Task StartAsync()
        {
            await AddAsync("web");
            await _loop.StartAsync(CancellationToken.None);
        }

        public Task AddAsync(string id) => _services.GetRequiredService<LocalRegistry>().AddServiceAsync(
            new ServiceRegistration(new NodeService { Id = id, Name = id, Port = 80 }), CancellationToken.None);

        public Task CheckAsync() => _services.GetRequiredService<ConsulServers>().CheckAsync(CancellationToken.None);

        public async ValueTask DisposeAsync()
        {
            await _loop.StopAsync(CancellationToken.None);
            await _services.DisposeAsync();
        }
    }
}
