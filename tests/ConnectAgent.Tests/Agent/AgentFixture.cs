using System.Diagnostics;
using ConnectAgent.Agent;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Tests.Agent;

/// <summary>The agent on a manual clock and a scripted server.</summary>
internal sealed class AgentFixture : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ServiceProvider _services;

    public AgentFixture(Action<CacheOptions>? options = null, Random? random = null, Action<IServiceCollection>? services = null)
    {
        Servers = new ScriptedServerClient(Clock);
        var all = new ServiceCollection();
        all.AddLogging(logging => logging.AddProvider(Logs));
        all.AddSingleton<TimeProvider>(Clock);
        all.AddSingleton(random ?? new HalfRandom());
        all.AddSingleton<IServerClient>(Servers);
        all.AddSingleton(new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.AclsDisabled));
        all.AddSingleton<ICacheObserver>(Watch);
        services?.Invoke(all);
        all.AddConnectAgent();
        if (options is not null)
        {
            all.Configure(options);
        }

        _services = all.BuildServiceProvider();
    }

    /// <summary>The services of one life of an agent, for tests that have several.</summary>
    /// <param name="servers">Its servers.</param>
    /// <param name="folder">Where its cache is sealed; null: nowhere.</param>
    public static ServiceProvider Build(out ScriptedServerClient servers, string? folder = null)
    {
        var clock = new ManualTimeProvider();
        servers = new ScriptedServerClient(clock);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(clock);
        services.AddSingleton<IServerClient>(servers);
        services.AddSingleton(new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.AclsDisabled));
        services.AddConnectAgent(folder);
        return services.BuildServiceProvider();
    }

    public ManualTimeProvider Clock { get; } = new();

    public ScriptedServerClient Servers { get; }

    /// <summary>Hears what the cache stores.</summary>
    public CacheWatch Watch { get; } = new();

    /// <summary>What was logged.</summary>
    public RecordedLogs Logs { get; } = new();

    public AgentCache Cache => _services.GetRequiredService<AgentCache>();

    /// <summary>Readers and watchers that wait on any entry.</summary>
    public int Waiters => Cache.Entries.Sum(entry => entry.Waiters);

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public Authorizer Authorizer => _services.GetRequiredService<Authorizer>();

    public void Dispose() => _services.Dispose();

    public Task<CacheAnswer<CaRoots>> RootsAsync(
        ulong index = 0, TimeSpan? wait = null, string token = "", string datacenter = "dc1", CancellationToken cancellationToken = default) =>
        _services.GetRequiredService<RootsService>()
            .GetAsync(new RootsRequest(datacenter, token), new CacheRead(new BlockingQuery(index, wait)), cancellationToken).AsTask();

    public Task<CacheAnswer<LeafCertificate>> LeafAsync(
        string service = "web", ulong index = 0, TimeSpan? wait = null, string token = "", CancellationToken cancellationToken = default) =>
        _services.GetRequiredService<LeafService>()
            .GetAsync(new LeafRequest("dc1", token, service), new CacheRead(new BlockingQuery(index, wait)), cancellationToken).AsTask();

    /// <summary>Lets the loops run until something holds that no timer tells of.</summary>
    public static async Task EventuallyAsync(Func<bool> holds, string because)
    {
        var start = Stopwatch.GetTimestamp();
        while (!holds())
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                throw new TimeoutException(because);
            }

            await Task.Yield();
        }
    }

    // The middle of every random range.
    private sealed class HalfRandom : Random
    {
        public override double NextDouble() => 0.5;
    }
}
