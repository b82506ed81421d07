using System.Diagnostics.Metrics;
using System.Globalization;
using ConnectAgent.Agent.Checks;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Services;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Testing;
using ConnectAgent.Tests.Agent.LocalServices;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Checks;

/// <summary>The checks of the local state, run (services CHK-1, CHK-6, CHK-7).</summary>
public sealed class LocalChecksTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _clock = new();
    private readonly LocalAgent _agent;
    private readonly ScriptedServerClient _servers;
    private readonly ServiceProvider _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private Life _life = null!;

    public LocalChecksTests()
    {
        _agent = new LocalAgent(clock: _clock);
        _servers = new ScriptedServerClient(_clock);
    }

    public async Task InitializeAsync()
    {
        _life = new Life(this, new CheckOptions());
        await _life.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _life.StopAsync();
        await _agent.DisposeAsync();
        await _meters.DisposeAsync();
    }

    [Fact]
    public async Task A_check_that_is_registered_is_run_changed_with_its_definition_and_ended_with_it()
    {
        // Given
        await AddAsync(Ttl("c", TimeSpan.FromSeconds(10)));
        _life.Checks.UpdateTtl("c", CheckStatus.Passing, "fine").Should().BeTrue();
        (await OutputAsync("c", "fine")).Status.Should().Be("passing");

        // When: half of the time later it has another time to live.
        _clock.Advance(TimeSpan.FromSeconds(5));
        await AddAsync(Ttl("c", TimeSpan.FromSeconds(20)));
        _life.Checks.UpdateTtl("c", CheckStatus.Passing, "finer").Should().BeTrue();
        _clock.Advance(TimeSpan.FromSeconds(19));
        _agent.State.Current.Check("c")!.Health.Output.Should().Be("finer");
        _clock.Advance(TimeSpan.FromSeconds(1));
        await OutputAsync("c", "TTL expired (last output before timeout follows): finer");

        // Then
        await _agent.Registry.RemoveCheckAsync("c", CancellationToken.None);
        _life.Checks.UpdateTtl("c", CheckStatus.Passing, string.Empty).Should().BeFalse();
        _life.Checks.UpdateTtl("other", CheckStatus.Passing, string.Empty).Should().BeFalse();
    }

    // services AG-11: whoever registers and then says how it is finds the check, however late the runner hears of it.
    [Fact]
    public async Task A_check_takes_an_update_right_after_its_registration()
    {
        for (var i = 0; i < 100; i++)
        {
            await AddAsync(Ttl($"c{i}", TimeSpan.FromSeconds(10)));
            _life.Checks.UpdateTtl($"c{i}", CheckStatus.Passing, string.Empty).Should().BeTrue();
        }
    }

    [Fact]
    public async Task A_check_that_was_there_before_resumes()
    {
        // Given
        await AddAsync(Ttl("c", TimeSpan.FromSeconds(10)));
        _life.Checks.UpdateTtl("c", CheckStatus.Passing, "before");
        await _life.StopAsync();
        _clock.Advance(TimeSpan.FromMinutes(1));
        _agent.State.Current.Check("c")!.Health.Status.Should().Be("passing", "nobody runs it");

        // When
        _life = new Life(this, new CheckOptions());
        await _life.StartAsync();
        await _clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(10));
        _clock.Advance(TimeSpan.FromSeconds(10));

        // Then
        await OutputAsync("c", "TTL expired");
    }

    // services CHK-6
    [Fact]
    public async Task An_alias_follows_the_checks_of_its_service_and_of_the_node_at_once()
    {
        // Given
        await AddAsync(Alias("al", "web"));
        (await OutputAsync("al", "Service web could not be found on node ")).Status.Should().Be("critical");
        await _agent.AddAsync(LocalAgent.Registration("web"));
        (await OutputAsync("al", "No checks found.")).Status.Should().Be("passing");

        // When, Then
        await AddAsync(Ttl("service:web", TimeSpan.FromHours(1), "web"));
        (await OutputAsync("al", "Aliased check \"service:web\" failing: ")).Status.Should().Be("critical");
        _life.Checks.UpdateTtl("service:web", CheckStatus.Warning, "hm");
        (await OutputAsync("al", "Aliased check \"service:web\" failing: hm")).Status.Should().Be("warning");
        _life.Checks.UpdateTtl("service:web", CheckStatus.Passing, "good");
        (await OutputAsync("al", "All checks passing.")).Status.Should().Be("passing");
        await _agent.Registry.SetNodeMaintenanceAsync(true, "moving", string.Empty, CancellationToken.None);
        (await OutputAsync("al", "Aliased check \"Node Maintenance Mode\" failing: ")).Status.Should().Be("critical");
        await _agent.Registry.SetNodeMaintenanceAsync(false, string.Empty, string.Empty, CancellationToken.None);
        await OutputAsync("al", "All checks passing.");
        await _agent.RemoveAsync("web");
        await OutputAsync("al", "Service web could not be found on node ");
    }

    [Fact]
    public async Task Aliases_of_the_node_and_of_their_own_service_recover()
    {
        // Given: two aliases of the node, and one that belongs to the service that it follows.
        await _agent.AddAsync(LocalAgent.Registration("web"));
        await AddAsync(Ttl("service:web", TimeSpan.FromHours(1), "web"));
        await AddAsync(Alias("one", "web"));
        await AddAsync(Alias("two", "web"));
        await AddAsync(Alias("own", "web") with { ServiceId = "web" });
        await OutputAsync("own", "Aliased check \"service:web\" failing: ");

        // When
        _life.Checks.UpdateTtl("service:web", CheckStatus.Passing, "good");

        // Then
        foreach (var id in new[] { "own", "one", "two" })
        {
            (await OutputAsync(id, "All checks passing.")).Status.Should().Be("passing");
        }
    }

    // services CHK-6
    [Fact]
    public async Task An_alias_of_another_node_follows_the_catalog_and_keeps_its_result_while_the_servers_cannot_be_reached()
    {
        // Given
        await AddAsync(Alias("al", "db") with { Definition = new CheckDefinition { AliasNode = "node2", AliasService = "db" } });
        (await OutputAsync("al", "Service db could not be found on node node2")).Status.Should().Be("critical");

        // When
        await _servers.RegisterAsync(At("node2", "db", CheckStatus.Passing, "up"), string.Empty, CancellationToken.None);
        (await OutputAsync("al", "All checks passing.")).Status.Should().Be("passing");
        await _servers.RegisterAsync(At("node2", "db", CheckStatus.Critical, "down"), string.Empty, CancellationToken.None);

        // Then
        (await OutputAsync("al", "Aliased check \"db check\" failing: down")).Status.Should().Be("critical");
        _servers.Fail(ScriptedServerClient.Unreachable());
        _clock.Advance(TimeSpan.FromMinutes(5));
        _agent.State.Current.Check("al")!.Health.Output.Should().Be("Aliased check \"db check\" failing: down");
        _servers.Fail(null);
        await _servers.RegisterAsync(At("node2", "db", CheckStatus.Passing, "up"), string.Empty, CancellationToken.None);
        await OutputAsync("al", "All checks passing.");
        _servers.Fail(new ServerException(FailureKind.PermissionDenied, "Permission denied"));
        await OutputAsync("al", "Failure checking aliased node node2: Permission denied");
    }

    // services CHK-7
    [Fact]
    public async Task A_service_that_is_critical_for_long_enough_is_deregistered_and_half_a_minute_at_most_later()
    {
        // Given: both have been critical from the start; one says less than a minute.
        await _agent.AddAsync(LocalAgent.Registration("short", Deregistered("s", "short", TimeSpan.FromSeconds(1))));
        await _agent.AddAsync(LocalAgent.Registration("long", Deregistered("l", "long", TimeSpan.FromMinutes(2))));
        await _agent.AddAsync(LocalAgent.Registration("never", Ttl("n", TimeSpan.FromDays(1), "never")));
        await _clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(30));
        _clock.Advance(TimeSpan.FromSeconds(59));
        Services().Should().Equal("long", "never", "short");

        // When: the other one recovers for a moment.
        _clock.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => _agent.State.Current.Service("short") is null);
        _life.Checks.UpdateTtl("l", CheckStatus.Passing, string.Empty);
        _life.Checks.UpdateTtl("l", CheckStatus.Critical, "again");
        await AddAsync(Ttl("last", TimeSpan.FromDays(1)));
        await UntilAsync(() => _agent.State.Current.Check("last") is not null);

        // Then: its time begins anew.
        await AddAsync(Alias("follows", "long"));
        await OutputAsync("follows", "Aliased check \"l\" failing: again");
        _clock.Advance(TimeSpan.FromSeconds(90));
        Services().Should().Equal("long", "never");
        _clock.Advance(TimeSpan.FromSeconds(60));
        await UntilAsync(() => _agent.State.Current.Service("long") is null);
        Services().Should().Equal("never");
    }

    // services AG-9: what was registered while scripts were enabled is not run when they no longer are.
    [Theory]
    [InlineData(false, false, false, "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true")]
    [InlineData(false, true, false, "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true")]
    [InlineData(true, false, false, "Scripts are disabled on this agent; to enable, configure 'enable_script_checks' or 'enable_local_script_checks' to true")]
    [InlineData(true, true, false, "ran\n")]
    [InlineData(false, true, true, "ran\n")]
    public async Task Scripts_are_run_for_those_whom_the_configuration_names(bool isFromFile, bool local, bool all, string output)
    {
        // Given
        await _life.StopAsync();
        _life = new Life(this, new CheckOptions { RunsLocalScripts = local, RunsScripts = all });
        await _life.StartAsync();

        // When
        await AddAsync(new RegisteredCheck
        {
            CheckId = "s",
            Type = "script",
            IsFromFile = isFromFile,
            Definition = new CheckDefinition { ScriptArgs = ["echo", "ran"], Interval = TimeSpan.FromSeconds(10) },
        });

        // Then
        if (output.StartsWith("ran", StringComparison.Ordinal))
        {
            await _clock.ArmedAsync(delay => delay <= TimeSpan.FromSeconds(10));
            _clock.Advance(TimeSpan.FromSeconds(10));
        }

        await OutputAsync("s", output);
    }

    // services CHK-8
    [Fact]
    public async Task What_is_not_supported_can_be_registered_and_says_so()
    {
        await _life.StopAsync();
        _life = new Life(this, new CheckOptions { RunsScripts = true });
        await _life.StartAsync();
        await AddAsync(new RegisteredCheck { CheckId = "d", Type = "docker", Definition = new CheckDefinition { DockerContainerId = "c", ScriptArgs = ["true"], Interval = TimeSpan.FromSeconds(10) } });
        await AddAsync(new RegisteredCheck { CheckId = "o", Type = "os_service", Definition = new CheckDefinition { OsService = "sshd", Interval = TimeSpan.FromSeconds(10) } });
        foreach (var (id, type) in new[] { ("d", "docker"), ("o", "os_service") })
        {
            // Each has a time of its own within its interval, and is told of a registration when it likes.
            await UntilAsync(() =>
            {
                if (_agent.State.Current.Check(id)?.Health.Output == $"check type not supported: {type}")
                {
                    return true;
                }

                _clock.Advance(TimeSpan.FromSeconds(1));
                return false;
            });
            _agent.State.Current.Check(id)!.Health.Status.Should().Be("critical");
        }
    }

    [Fact]
    public async Task Programs_end_before_the_agent_does()
    {
        // Given
        await _life.StopAsync();
        _life = new Life(this, new CheckOptions { RunsScripts = true });
        await _life.StartAsync();
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "pid");
        await AddAsync(new RegisteredCheck
        {
            CheckId = "s",
            Type = "script",
            Definition = new CheckDefinition { ScriptArgs = ["sh", "-c", $"echo $$ > {file}.new; mv {file}.new {file}; sleep 1000"], Interval = TimeSpan.FromSeconds(1) },
        });
        await _clock.ArmedAsync(delay => delay <= TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(1));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!File.Exists(file))
        {
            await Task.Delay(10, limit.Token);
        }

        // When
        await _life.StopAsync();

        // Then
        var group = int.Parse(await File.ReadAllTextAsync(file), CultureInfo.InvariantCulture);
        while (ProcessGroups.LivingIn(group).Count > 0)
        {
            await Task.Delay(10, limit.Token);
        }
    }

    private static RegisteredCheck Ttl(string id, TimeSpan ttl, string serviceId = "") => LocalAgent.Check(id, serviceId, ttl) with { Type = "ttl" };

    private static RegisteredCheck Deregistered(string id, string serviceId, TimeSpan after)
    {
        var check = Ttl(id, TimeSpan.FromDays(1), serviceId);
        return check with { Definition = check.Definition with { DeregisterCriticalServiceAfter = after } };
    }

    private static RegisteredCheck Alias(string id, string serviceId) =>
        new() { CheckId = id, Name = id, Type = "alias", Definition = new CheckDefinition { AliasService = serviceId } };

    private static CatalogRegistration At(string node, string service, string status, string output) => new(new CatalogNode { Name = node, Address = "10.0.0.2" })
    {
        Service = new NodeService { Id = service, Name = service },
        Checks = [new HealthCheck { CheckId = service, Name = $"{service} check", ServiceId = service, Status = status, Output = output }],
    };

    private IEnumerable<string> Services() => _agent.State.Current.Services.Keys;

    private Task<bool> AddAsync(RegisteredCheck check) => _agent.Registry.AddCheckAsync(check, CancellationToken.None);

    private async Task<HealthCheck> OutputAsync(string id, string output)
    {
        await UntilAsync(() => _agent.State.Current.Check(id)?.Health.Output == output);
        return _agent.State.Current.Check(id)!.Health;
    }

    // Waits for changes; the clock is moved by seconds for those who pace themselves.
    private async Task UntilAsync(Func<bool> holds)
    {
        var limit = DateTimeOffset.UtcNow.AddSeconds(20);
        while (!holds())
        {
            DateTimeOffset.UtcNow.Should().BeBefore(limit, string.Join('\n', _agent.State.Current.Checks.Values.Select(check => $"{check.Id} {check.Health.Status} {check.Health.Output}")));
            var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var subscription = _agent.State.Subscribe(_ => changed.TrySetResult());
            if (!holds())
            {
                await changed.Task.WaitAsync(TimeSpan.FromMilliseconds(50)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                _life.Pace();
            }
        }
    }

    /// <summary>One life of what runs the checks.</summary>
    private sealed class Life
    {
        private readonly LocalChecksTests _test;
        private readonly CheckRuntime _runtime;
        private readonly CriticalServices _critical;
        private bool _isStopped;

        public Life(LocalChecksTests test, CheckOptions options)
        {
            _test = test;
            _runtime = new CheckRuntime(
                new LocalReports(test._agent.State), options, new CheckMetrics(test._meters.GetRequiredService<IMeterFactory>()), test._clock, new Random(1), NullLogger<CheckRuntime>.Instance);
            _critical = new CriticalServices(test._agent.Registry, _runtime);
            Checks = new LocalChecks(
                test._agent.State, _critical, _runtime, test._servers,
                new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.AclsDisabled));
        }

        public LocalChecks Checks { get; }

        public Task StartAsync() => Checks.StartAsync(CancellationToken.None);

        /// <summary>Lets who rests for a second go on.</summary>
        public void Pace()
        {
            if (_test._agent.State.Current.Checks.Values.Any(check => check.Registered.Definition.AliasNode.Length > 0))
            {
                _test._clock.Advance(TimeSpan.FromSeconds(1));
            }
        }

        public async Task StopAsync()
        {
            if (_isStopped)
            {
                return;
            }

            _isStopped = true;
            await Checks.StopAsync(CancellationToken.None);
            Checks.Dispose();
            _critical.Dispose();
            _runtime.Dispose();
        }
    }
}
