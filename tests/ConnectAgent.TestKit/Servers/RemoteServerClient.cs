using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Agent.Servers.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.TestKit.Servers;

/// <summary>The product's client of remote servers, for tests that see only the seam.</summary>
public sealed class RemoteServerClient : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private RemoteServerClient(ServiceProvider services)
    {
        _services = services;
        Client = services.GetRequiredService<IServerClient>();
    }

    public IServerClient Client { get; }

    /// <summary>How the servers are.</summary>
    public IReadOnlyList<ServerView> Servers => _services.GetRequiredService<ConsulServers>().Servers();

    /// <summary>Completes when servers that calls did not find are there again.</summary>
    public Task Back => _services.GetRequiredService<ServerContact>().Back;

    /// <summary>Looks at each server, as the product does in the background.</summary>
    public Task CheckAsync() => _services.GetRequiredService<ConsulServers>().CheckAsync(CancellationToken.None);

    /// <summary>Draws anew which server is asked, as the product does from time to time.</summary>
    public void Rebalance() => _services.GetRequiredService<ConsulServers>().Rebalance();

    /// <summary>Makes a call for somebody else, as the product forwards it.</summary>
    /// <returns>The status of the answer.</returns>
    public async Task<int> ForwardAsync(HttpMethod method, string target)
    {
        var status = 0;
        await _services.GetRequiredService<ConsulServers>().ForwardAsync(
            new ConsulCall(ConsulOperation.Forward, method, target, string.Empty, TimeSpan.Zero),
            exchange =>
            {
                status = exchange.Status;
                return Task.CompletedTask;
            },
            CancellationToken.None);
        return status;
    }

    /// <summary>Makes one.</summary>
    /// <param name="servers">Asked in an order that the seed draws.</param>
    /// <param name="clock">Null: the system's.</param>
    /// <param name="seed">For the order.</param>
    /// <param name="tokenTtl">With ACLs on: how long what is known of a token may be reused. Null: ACLs are off.</param>
    public static RemoteServerClient Create(
        IReadOnlyList<Uri> servers, TimeProvider? clock = null, int seed = 1, TimeSpan? tokenTtl = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
#pragma warning disable CA5394 // The order of servers is no secret.
        services.AddSingleton(clock ?? TimeProvider.System).AddSingleton(new Random(seed));
#pragma warning restore CA5394
        services.AddConsulServers(
            new ConsulServerOptions { Servers = servers },
            tokenTtl is { } ttl ? new RemoteTokenOptions { Enabled = true, DefaultAllow = false, Ttl = ttl } : null);
        return new RemoteServerClient(services.BuildServiceProvider());
    }

    public async ValueTask DisposeAsync() => await _services.DisposeAsync();
}
