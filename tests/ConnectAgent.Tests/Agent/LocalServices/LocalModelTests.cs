using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Protocol.Services;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Tests.Heap;
using FluentAssertions;
using Xunit;
using static ConnectAgent.Tests.Agent.LocalServices.LocalAgent;

namespace ConnectAgent.Tests.Agent.LocalServices;

/// <summary>Random registrations, deregistrations, results of checks, maintenance and restarts against a small model (issue 14).</summary>
public sealed class LocalModelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_the_agent_has_is_what_the_model_has(int seed)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(seed);
        SortedDictionary<string, string?> services = new(StringComparer.Ordinal); // and which of them made it as its sidecar
        SortedDictionary<string, string> checks = new(StringComparer.Ordinal); // and their services
        Dictionary<string, string> results = new(StringComparer.Ordinal); // of TTL checks; all others are critical
        var agent = new LocalAgent(folder.Path);
        try
        {
            for (var step = 0; step < Soak.Of(300, 5000); step++)
            {
                var id = "s" + random.Next(5);
                switch (random.Next(10))
                {
                    case 0:
                        await agent.AddAsync(WithSidecar(id));
                        services[id] = null;
                        services[id + "-sidecar-proxy"] = id;
                        checks[$"service:{id}-sidecar-proxy:1"] = id + "-sidecar-proxy";
                        break;
                    case 1 or 2:
                        var replaces = random.Next(2) == 0;
                        var check = $"{id}:{random.Next(3)}";
                        await agent.AddAsync(Registration(id, Check(check, id, TimeSpan.FromHours(1))) with { ReplacesChecks = replaces });
                        services[id] = null;
                        Remove(replaces ? id : "nobody", check);
                        checks[check] = id;
                        break;
                    case 3:
                        (await agent.RemoveAsync(id)).Should().Be(services.Remove(id));
                        Remove(id);
                        if (services.GetValueOrDefault(id + "-sidecar-proxy") == id)
                        {
                            services.Remove(id + "-sidecar-proxy");
                            Remove(id + "-sidecar-proxy");
                        }

                        break;
                    case 4:
                        var isOn = random.Next(2) == 0;
                        (await agent.Registry.SetMaintenanceAsync(id, isOn, string.Empty, CancellationToken.None)).Should().Be(services.ContainsKey(id));
                        checks.Remove(Maintenance.CheckIdOf(id));
                        if (isOn && services.ContainsKey(id))
                        {
                            checks[Maintenance.CheckIdOf(id)] = id;
                        }

                        break;
                    case 5:
                        await agent.Registry.SetNodeMaintenanceAsync(isOn: true, string.Empty, string.Empty, CancellationToken.None);
                        checks[Maintenance.NodeCheckId] = string.Empty;
                        break;
                    case 6:
                        await agent.Registry.RemoveCheckAsync(Maintenance.NodeCheckId, CancellationToken.None);
                        checks.Remove(Maintenance.NodeCheckId);
                        break;
                    case 7 or 8:
                        var (updated, status) = ($"{id}:{random.Next(3)}", random.Next(2) == 0 ? CheckStatus.Passing : CheckStatus.Warning);
                        agent.State.UpdateCheck(updated, status, string.Empty).Should().Be(checks.ContainsKey(updated));
                        results[updated] = status;
                        break;
                    default:
                        await agent.DisposeAsync();
                        agent = new LocalAgent(folder.Path, agent.Clock);
                        break;
                }

                var view = agent.State.Current;
                view.Services.Select(static pair => (pair.Key, pair.Value.SidecarOf)).Should().Equal(services.Select(static pair => (pair.Key, pair.Value)), "step {0}", step);
                foreach (var gone in results.Keys.Where(key => !checks.ContainsKey(key)).ToList())
                {
                    results.Remove(gone);
                }

                view.Checks.Select(static pair => (pair.Key, pair.Value.Health.ServiceId, pair.Value.Health.Status)).Should().Equal(
                    checks.Select(pair => (pair.Key, pair.Value, results.GetValueOrDefault(pair.Key, CheckStatus.Critical))), "step {0}", step);
                view.ChecksOf(id).Select(static check => check.Id).Should().Equal(checks.Where(pair => pair.Value == id).Select(static pair => pair.Key));
            }
        }
        finally
        {
            await agent.DisposeAsync();
        }

        void Remove(string serviceId, string? but = null)
        {
            foreach (var gone in checks.Where(pair => pair.Value == serviceId && pair.Key != but).Select(static pair => pair.Key).ToList())
            {
                checks.Remove(gone);
            }
        }
    }

    [Fact] // issue 14: 6 kB for a local service with two checks
    public async Task A_service_with_two_checks_takes_little_memory() =>
        (await HeapProcess.RunAsync(nameof(LocalModelTests), "service", 2000)).Should().BeLessThan(6000);

    internal static async Task<double> BytesAsync(string id, int count)
    {
        await using var agent = new LocalAgent();
        await agent.AddAsync(Registration("first", Check("first:1", "first"), Check("first:2", "first")));
        var before = HeapProcess.Bytes();
        for (var i = 0; i < count; i++)
        {
            await agent.AddAsync(Registration($"{id}-{i}", Check($"{id}-{i}:1", $"{id}-{i}"), Check($"{id}-{i}:2", $"{id}-{i}")));
        }

        agent.Sync.Pushed.Clear();
        var grown = HeapProcess.Bytes() - before;
        GC.KeepAlive(agent);
        return grown / (double)count;
    }
}
