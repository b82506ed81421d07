using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.AntiEntropy;

/// <summary>Whatever happens here, at the servers and in between, restarts included: once it is quiet, both sides agree.</summary>
public sealed class CatalogSyncModelTests
{
    private static readonly string[] Ids = ["a", "b", "c", "d"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task At_rest_both_sides_agree(int seed)
    {
        var clock = new ManualTimeProvider();
        var servers = new ScriptedServerClient(clock);
#pragma warning disable CA5394 // A seed that can be used again.
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var agent = new SyncedAgent(servers, clock, random: random, directory: folder.Path);
        try
        {
            await agent.StartAsync();
            List<Action> snapshots = [servers.SaveCatalog()];
            for (var round = 0; round < 20; round++)
            {
                for (var step = random.Next(1, 12); step > 0; step--)
                {
                    await StepAsync(agent, servers, random, snapshots);
                    if (random.Next(4) == 0)
                    {
                        clock.Advance(TimeSpan.FromSeconds(random.Next(0, 30)));
                    }
                }

                if (random.Next(4) == 0)
                {
                    await agent.DisposeAsync();
                    agent = new SyncedAgent(servers, clock, random: random, directory: folder.Path);
                    await agent.BeginAsync();
                }

                // The servers are well, and everybody is allowed to.
                servers.Fail(null);
                servers.Writing = static _ => Task.CompletedTask;
                agent.ServersAreBack();
                await QuietAsync(servers, clock);
                agent.AgreesWithCatalog();
                agent.Checks["connect-agent"].Status.Should().Be(CheckStatus.Passing);
                servers.SeeNode("node1").Node!.Address.Should().Be("10.0.0.1");
            }
        }
        finally
        {
            await agent.DisposeAsync();
        }
#pragma warning restore CA5394
    }

#pragma warning disable CA5394
    private static async Task StepAsync(SyncedAgent agent, ScriptedServerClient servers, Random random, List<Action> snapshots)
    {
        var id = Ids[random.Next(Ids.Length)];
        var node = new CatalogRegistration(agent.Node) { SkipNodeUpdate = true };
        switch (random.Next(16))
        {
            case 0 or 1 or 2:
                await agent.AddAsync(id, service => service with
                {
                    Service = service.Service with { Port = random.Next(1, 4), EnableTagOverride = random.Next(3) == 0, Tags = [$"t{random.Next(3)}"] },
                    Checks = random.Next(2) == 0 ? [] : [new() { CheckId = id + "-check", Name = "c", ServiceId = id }],
                });
                break;
            case 3:
                await agent.RemoveAsync(id);
                break;
            case 4:
                await agent.AddCheckAsync($"check{random.Next(2)}", agent.Local.Current.Service(id) is null ? string.Empty : id);
                break;
            case 5:
                await agent.Registry.RemoveCheckAsync($"check{random.Next(2)}", CancellationToken.None);
                break;
            case 6 or 7:
                agent.Local.UpdateCheck(random.Next(2) == 0 ? id + "-check" : "check0", random.Next(2) == 0 ? CheckStatus.Passing : CheckStatus.Warning, $"o{random.Next(3)}");
                break;
            case 8:
                servers.Fail(random.Next(2) == 0 ? ScriptedServerClient.Unreachable() : null);
                break;
            case 9:
                snapshots.Add(servers.SaveCatalog());
                break;
            case 10:
                snapshots[random.Next(snapshots.Count)]();
                break;
            case 11 when agent.Services.TryGetValue(id, out var service):
                await WriteAsync(servers, node with { Service = service with { Port = 666, Tags = ["theirs"] } });
                break;
            case 12:
                await WriteAsync(servers, node with { Service = new NodeService { Id = "foreign", Name = "foreign" }, Checks = [new HealthCheck { CheckId = "f", ServiceId = "foreign" }] });
                break;
            case 14:
                await agent.Registry.SetMaintenanceAsync(id, isOn: random.Next(2) == 0, string.Empty, CancellationToken.None);
                break;
            case 15:
                await agent.Registry.SetNodeMaintenanceAsync(isOn: random.Next(2) == 0, string.Empty, string.Empty, CancellationToken.None);
                break;
            case 13:
                // Some answers get lost on their way, whatever was done.
                servers.Writing = write => random.Next(5) == 0 ? Task.FromException(ScriptedServerClient.Unreachable()) : Task.CompletedTask;
                break;
        }
    }
#pragma warning restore CA5394

    private static async Task WriteAsync(ScriptedServerClient servers, CatalogRegistration registration)
    {
        try
        {
            await servers.RegisterAsync(registration, string.Empty, CancellationToken.None);
        }
        catch (ServerException)
        {
            // They are unreachable to others, too.
        }
    }

    // Two comparisons after all is well: one that may have begun before, and one that began since.
    private static async Task QuietAsync(ScriptedServerClient servers, ManualTimeProvider clock)
    {
        for (var reads = servers.NodeReads; servers.NodeReads < reads + 2;)
        {
            clock.Advance(TimeSpan.FromSeconds(130));
            await clock.ArmedAsync(1);
            await Task.Yield();
        }

        // The loop's is the only timer: it sleeps again.
        await clock.ArmedAsync(1);
    }
}
