using ConnectAgent.Agent.AntiEntropy;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.AntiEntropy;

/// <summary>What is registered here gets into the catalog, and stays as it is here (services section 4, AE).</summary>
public sealed class CatalogSyncTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedServerClient _servers;
    private SyncedAgent _agent;

    public CatalogSyncTests()
    {
        _servers = new ScriptedServerClient(_clock);
        _agent = new SyncedAgent(_servers, _clock);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    [Fact] // AE-1, AE-4, AE-6
    public async Task At_the_start_the_node_its_check_and_all_services_are_written()
    {
        await _agent.AddAsync("web");
        await _agent.AddCheckAsync("disk");
        _servers.Writes.Should().BeEmpty("nothing runs yet");
        await _agent.StartAsync();
        _agent.AgreesWithCatalog();
        _servers.SeeNode("node1").Node!.Address.Should().Be("10.0.0.1");
        _agent.Checks["connect-agent"].Should().Match<HealthCheck>(check => check.Status == CheckStatus.Passing && check.ServiceId.Length == 0);
        _agent.Checks.Should().NotContainKey("serfHealth");
        _servers.Writes.Select(write => write.Write).OfType<CatalogRegistration>().Where(write => write.Service is not null)
            .Should().OnlyContain(write => write.SkipNodeUpdate);
    }

    [Theory] // AE-1, AE-2, AE-4
    [InlineData(false, 8300, "disk", 1)]
    [InlineData(true, 80, "disk,mine", 0)]
    public async Task The_service_of_a_server_stays_on_its_own_node_whatever_has_its_ID_here(bool isRemote, int port, string checks, int warnings)
    {
        // Given
        await using var agent = new SyncedAgent(_servers, _clock, "node2", isRemote);
        var own = new CatalogRegistration(agent.Node) { Service = new NodeService { Id = "consul", Name = "consul", Port = 8300 } };
        await _servers.RegisterAsync(own, string.Empty, CancellationToken.None);
        await agent.AddAsync("consul");
        await agent.AddCheckAsync("mine", "consul");
        await agent.AddCheckAsync("disk");

        // When
        await agent.StartAsync();
        await agent.AddAsync("consul");
        await agent.CompareAsync();

        // Then
        agent.Services["consul"].Port.Should().Be(port);
        agent.Checks.Keys.Where(static id => id != "connect-agent").Order().Should().Equal(checks.Split(','));
        agent.Logs.Events.Count(static line => line.Id == 1729).Should().Be(warnings);
        var writes = _servers.Writes.Count;
        await agent.CompareAsync();
        _servers.Writes.Count.Should().Be(writes, "nobody fights over it");
    }

    [Fact] // REG-16
    public async Task Whoever_registered_finds_it_in_the_catalog()
    {
        await _agent.StartAsync();
        await _agent.AddAsync("web", service => service with { Checks = [new() { CheckId = "c", Name = "c", ServiceId = "web" }] });
        _agent.AgreesWithCatalog();
        await _agent.AddCheckAsync("d", "web");
        _agent.AgreesWithCatalog();
        await _agent.Registry.RemoveCheckAsync("d", CancellationToken.None);
        _agent.AgreesWithCatalog();
        await _agent.Registry.SetNodeMaintenanceAsync(isOn: true, "why", string.Empty, CancellationToken.None);
        _agent.AgreesWithCatalog();
        await _agent.RemoveAsync("web");
        _agent.AgreesWithCatalog();
    }

    [Fact]
    public async Task Where_both_agree_nothing_is_written()
    {
        await _agent.AddAsync("web");
        await _agent.StartAsync();
        var writes = _servers.Writes.Count;
        await _agent.CompareAsync();
        await _agent.CompareAsync();
        _servers.Writes.Count.Should().Be(writes);
    }

    [Fact] // CHK-9
    public async Task A_change_of_a_status_is_written_at_once()
    {
        await _agent.StartAsync();
        await _agent.AddAsync("web");
        await _agent.AddCheckAsync("c", "web");
        _agent.Local.UpdateCheck("c", CheckStatus.Passing, "fine");
        await SyncedAgent.UntilAsync(() => _agent.Checks["c"].Status == CheckStatus.Passing);
        _agent.Checks["c"].Output.Should().Be("fine");
    }

    [Fact] // CHK-9
    public async Task A_change_of_an_output_alone_is_written_later_and_only_the_last_of_them()
    {
        // Given
        await using var agent = new SyncedAgent(_servers, _clock, "node2", outputs: TimeSpan.FromMinutes(5));
        await agent.StartAsync();
        await agent.AddCheckAsync("c");
        var writes = _servers.Writes.Count;

        // When
        agent.Local.UpdateCheck("c", CheckStatus.Critical, "first");
        await _clock.ArmedAsync(static delay => delay == TimeSpan.FromMinutes(5));
        _clock.Advance(TimeSpan.FromMinutes(4.9));
        agent.Local.UpdateCheck("c", CheckStatus.Critical, "last");
        await agent.RestsAsync();
        (agent.Checks["c"].Output, _servers.Writes.Count).Should().Be((string.Empty, writes));
        _clock.Advance(TimeSpan.FromMinutes(0.1));

        // Then
        await SyncedAgent.UntilAsync(() => agent.Checks["c"].Output == "last");
        _servers.Writes.Count.Should().Be(writes + 1);
        agent.Local.UpdateCheck("c", CheckStatus.Critical, "another");
        await _clock.ArmedAsync(static delay => delay == TimeSpan.FromMinutes(5));
    }

    [Fact] // AE-2
    public async Task What_others_wrote_to_this_node_goes_with_the_next_comparison()
    {
        // Given
        await _agent.StartAsync();
        var node = new CatalogRegistration(_agent.Node) { SkipNodeUpdate = true };
        await WriteAsync(node with { Service = new NodeService { Id = "foreign", Name = "foreign" }, Checks = [Check("f1", "foreign")] });
        await WriteAsync(node with { Service = new NodeService { Id = "consul", Name = "consul" }, Checks = [Check("f2", "consul"), Check("serfHealth"), Check("f3")] });
        await WriteAsync(new CatalogRegistration(_agent.Node with { Address = "10.6.6.6" }));

        // When
        await _agent.CompareAsync();

        // Then
        _agent.Services.Keys.Should().Equal("consul");
        _agent.Checks.Keys.Should().BeEquivalentTo("serfHealth", "connect-agent");
        _servers.SeeNode("node1").Node!.Address.Should().Be("10.0.0.1");
    }

    [Fact]
    public async Task What_others_changed_or_removed_is_put_right()
    {
        await _agent.StartAsync();
        await _agent.AddAsync("web", service => service with { Checks = [new() { CheckId = "c", Name = "c", ServiceId = "web" }] });
        await _agent.AddAsync("db");
        var node = new CatalogRegistration(_agent.Node) { SkipNodeUpdate = true };
        await WriteAsync(node with { Service = new NodeService { Id = "web", Name = "web", Port = 6666 }, Checks = [Check("c", "web") with { Status = CheckStatus.Passing }] });
        await _servers.DeregisterAsync(new CatalogDeregistration("dc1", "node1", "db"), string.Empty, CancellationToken.None);
        await _agent.CompareAsync();
        _agent.AgreesWithCatalog();
        await _servers.DeregisterAsync(new CatalogDeregistration("dc1", "node1"), string.Empty, CancellationToken.None);
        await _agent.CompareAsync();
        _agent.AgreesWithCatalog();
        _agent.Checks.Should().ContainKey("connect-agent");
    }

    [Fact] // AG-29, ACL-AGT-6
    public async Task Another_description_of_the_node_and_another_token_act_at_once()
    {
        await _agent.StartAsync();
        _agent.Own.Use(_agent.Node with { Meta = new Dictionary<string, string> { ["rack"] = "7" } });
        await SyncedAgent.UntilAsync(() => _servers.SeeNode("node1").Node!.Meta?.ContainsKey("rack") == true);
        await _agent.RestsAsync();
        var reads = _servers.NodeReads;
        _agent.Identity.UseAgentToken("another");
        await SyncedAgent.UntilAsync(() => _servers.NodeReads > reads);
    }

    [Fact] // AE-3
    public async Task Tags_that_the_catalog_changed_are_taken_over_until_the_owner_says_otherwise()
    {
        await _agent.StartAsync();
        await _agent.AddAsync("web", Tagged("a"));
        await WriteAsync(new CatalogRegistration(_agent.Node) { SkipNodeUpdate = true, Service = _agent.Services["web"] with { Tags = ["b"] } });
        await _agent.CompareAsync();
        _agent.Local.Current.Service("web")!.Visible.Tags.Should().Equal("b");
        _agent.AgreesWithCatalog();
        await _agent.CompareAsync();
        _agent.Services["web"].Tags.Should().Equal("b");
        await _agent.AddAsync("web", Tagged("c"));
        _agent.Services["web"].Tags.Should().Equal("c");
        await _agent.CompareAsync();
        _agent.Services["web"].Tags.Should().Equal("c");

        static Func<ConnectAgent.Agent.LocalServices.ServiceRegistration, ConnectAgent.Agent.LocalServices.ServiceRegistration> Tagged(string tag) =>
            registration => registration with { Service = registration.Service with { Tags = [tag], EnableTagOverride = true } };
    }

    [Fact] // AE-5
    public async Task Each_write_goes_under_its_own_token()
    {
        await using var agent = new SyncedAgent(_servers, _clock, "node2", defaultToken: "default", agentToken: "agent");
        await agent.StartAsync();
        await agent.AddAsync("own", service => service with { Token = "own-token", Checks = [new() { CheckId = "nested", Name = "n", ServiceId = "own", Token = "own-token" }] });
        await agent.AddAsync("none");
        await agent.AddCheckAsync("c", "own", "check-token");
        await agent.AddCheckAsync("n");
        await agent.RemoveAsync("own");
        _servers.Writes.Select(write => (write.Token, write.Write switch
        {
            CatalogRegistration { Service: { } service } registration => $"{service.Id} {string.Join(',', registration.Checks.Select(check => check.CheckId))}",
            CatalogRegistration { Checks: [var check] } => check.CheckId,
            CatalogDeregistration gone => "-" + gone.ServiceId,
            _ => "node",
        })).Should().Equal(
            ("agent", "node"), ("agent", "connect-agent"), ("own-token", "own nested"), ("default", "none "), ("check-token", "c"), ("default", "n"), ("own-token", "-own"));
    }

    [Fact] // AE-5: tokens are often deleted before their services
    public async Task What_has_lost_its_token_is_removed_under_the_agents()
    {
        AccessRequest node = new(AclResource.Node, "node2", AclAccess.Write);
        _servers.SetRights("agent", new GrantedRights(node, node with { Access = AclAccess.Read }));
        _servers.SetRights("web-token", GrantedRights.ToServices("web"));
        await using var agent = new SyncedAgent(_servers, _clock, "node2", agentToken: "agent");
        await agent.StartAsync();
        await agent.AddAsync("web", service => service with { Token = "web-token" });
        agent.Services.Should().ContainKey("web");
        _servers.SetRights("web-token", null);
        await agent.RemoveAsync("web");
        agent.Services.Should().BeEmpty();
    }

    [Fact] // AE-5, ACL-AGT-6
    public async Task A_service_that_is_denied_does_not_stop_the_others_and_is_tried_again()
    {
        // Given
        AccessRequest node = new(AclResource.Node, "node2", AclAccess.Write);
        _servers.SetRights("agent", new GrantedRights(node, node with { Access = AclAccess.Read }));
        _servers.SetRights("web-token", GrantedRights.ToServices("web"));
        _servers.SetRights("db-token", new GrantedRights());
        await using var agent = new SyncedAgent(_servers, _clock, "node2", agentToken: "agent");
        await agent.AddAsync("db", service => service with { Token = "db-token", Checks = [new() { CheckId = "c", Name = "c", ServiceId = "db", Token = "db-token" }] });
        await agent.AddAsync("web", service => service with { Token = "web-token" });

        // When
        await agent.StartAsync();
        await agent.CompareAsync();

        // Then
        agent.Services.Keys.Should().Equal("web");
        agent.Logs.Events.Where(entry => entry.Id == 1722).Should().ContainSingle("it is not said again and again").Which.Text.Should().Contain("service db").And.Contain("Permission denied");
        _servers.SetRights("db-token", GrantedRights.ToServices("db"));
        await agent.CompareAsync();
        agent.AgreesWithCatalog();
    }

    [Fact] // ACL-AGT-6: who may not compare may still write
    public async Task A_refused_agent_token_does_not_stop_services_that_have_their_own()
    {
        _servers.SetRights("web-token", new GrantedRights(
            new AccessRequest(AclResource.Service, "web", AclAccess.Write), new AccessRequest(AclResource.Node, "node2", AclAccess.Write)));
        await using var agent = new SyncedAgent(_servers, _clock, "node2", agentToken: "unknown");
        await agent.StartAsync();
        await agent.AddAsync("web", service => service with { Token = "web-token" });
        agent.Services.Should().ContainKey("web");
    }

    [Fact] // design decision 8
    public async Task While_servers_are_unreachable_registrations_are_answered_and_nobody_is_asked()
    {
        // Given
        await _agent.StartAsync();
        await _agent.AddAsync("web");
        _servers.Fail(ScriptedServerClient.Unreachable());
        await _agent.AddAsync("first");
        await _agent.PausesAsync();
        var (writes, reads) = (_servers.Writes.Count, _servers.NodeReads);

        // When
        await _agent.AddAsync("second");
        await _agent.RemoveAsync("web");
        _agent.Local.UpdateCheck("c", CheckStatus.Passing, "fine");

        // Then
        (_servers.Writes.Count, _servers.NodeReads).Should().Be((writes, reads));
        _servers.Fail(null);
        _agent.ServersAreBack();
        await _clock.ArmedAsync(static delay => delay == TimeSpan.FromSeconds(1.5)); // SyncPace.ReturnOf
        _clock.Advance(TimeSpan.FromSeconds(1.5));
        await _agent.RestsAsync();
        _agent.AgreesWithCatalog();
    }

    [Fact] // CHK-9
    public async Task The_output_of_a_check_that_is_registered_anew_waits_anew()
    {
        // Given
        await using var agent = new SyncedAgent(_servers, _clock, "node2", outputs: TimeSpan.FromMinutes(5));
        await agent.StartAsync();
        await UpdateAsync("old");
        _clock.Advance(TimeSpan.FromMinutes(4));

        // When
        await agent.Registry.RemoveCheckAsync("c", CancellationToken.None);
        await UpdateAsync("new");
        _clock.Advance(TimeSpan.FromMinutes(4.9));

        // Then
        await agent.AddCheckAsync("another");
        agent.Checks["c"].Output.Should().BeEmpty();
        _clock.Advance(TimeSpan.FromMinutes(0.1));
        await SyncedAgent.UntilAsync(() => agent.Checks["c"].Output == "new");

        // A write of the node's group after the update has seen it.
        async Task UpdateAsync(string output)
        {
            await agent.AddCheckAsync("c");
            agent.Local.UpdateCheck("c", CheckStatus.Critical, output);
            await agent.AddCheckAsync("other" + output);
        }
    }

    [Fact] // REG-16
    public async Task A_write_that_hangs_lets_its_caller_go_and_nobody_else_wait()
    {
        // Given
        await _agent.StartAsync();
        TaskCompletionSource hold = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _servers.Writing = write => write.IsOf("slow") ? hold.Task : Task.CompletedTask;
        var slow = _agent.AddAsync("slow");
        await SyncedAgent.UntilAsync(() => _servers.Writes[^1].IsOf("slow"));

        // Then
        await _agent.AddAsync("web");
        _agent.Services.Keys.Should().Equal("web");
        await _clock.ArmedAsync(static delay => delay == TimeSpan.FromSeconds(3));
        _clock.Advance(TimeSpan.FromSeconds(3));
        await slow.WaitAsync(Patience);

        // And a later state is not overtaken.
        var again = _agent.AddAsync("slow", service => service with { Service = service.Service with { Port = 9999 } });
        hold.SetResult();
        await again.WaitAsync(Patience);
        _agent.AgreesWithCatalog();
    }

    [Fact] // what is known of a service must not be forgotten when it comes back while it goes
    public async Task A_service_that_comes_back_while_it_goes_is_known_and_can_go_again()
    {
        await _agent.StartAsync();
        await _agent.AddAsync("web");
        TaskCompletionSource hold = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _servers.Writing = write => write.Write is CatalogDeregistration ? hold.Task : Task.CompletedTask;
        var going = _agent.RemoveAsync("web");
        await SyncedAgent.UntilAsync(() => _servers.Writes[^1].Write is CatalogDeregistration);
        var coming = _agent.AddAsync("web");
        await SyncedAgent.UntilAsync(() => _agent.Local.Current.Service("web") is not null);
        hold.SetResult();
        await Task.WhenAll(going, coming).WaitAsync(Patience);
        _agent.AgreesWithCatalog();
        await _agent.RemoveAsync("web");
        _agent.AgreesWithCatalog();
    }

    [Fact]
    public async Task A_bug_with_one_service_is_heard_and_does_not_stop_the_others()
    {
        await _agent.StartAsync();
        _servers.Writing = write => write.IsOf("odd") ? throw new InvalidOperationException("a bug") : Task.CompletedTask;
        await _agent.AddAsync("odd");
        await _agent.AddAsync("web");
        _agent.Services.Keys.Should().Equal("web");
        _agent.Logs.Events.Should().Contain(entry => entry.Id == 1726);
        _servers.Writing = static _ => Task.CompletedTask;
        await _agent.CompareAsync();
        _agent.AgreesWithCatalog();
    }

    [Fact]
    public async Task Servers_without_a_catalog_are_asked_once_a_minute_and_no_more()
    {
        _servers.Fail(new ServerException(FailureKind.Unsupported, "the servers have no catalog of services"));
        await _agent.StartAsync();
        await _agent.AddAsync("web");
        await _agent.CompareAsync();
        _servers.Writes.Should().BeEmpty();
        _agent.Logs.Events.Where(entry => entry.Id == 1724).Should().ContainSingle();
    }

    [Fact] // AE-6
    public async Task An_orderly_stop_turns_the_agents_check_critical()
    {
        await _agent.StartAsync();
        await _agent.AddAsync("web");
        await _agent.StopAsync();
        _agent.Checks["connect-agent"].Status.Should().Be(CheckStatus.Critical);
        _agent.Services.Should().ContainKey("web");
        _agent = new SyncedAgent(_servers, _clock);
        await _agent.AddAsync("web");
        await _agent.StartAsync();
        _agent.Checks["connect-agent"].Status.Should().Be(CheckStatus.Passing);
    }

    [Fact] // AE-4: with a control plane of its own the node has serfHealth instead
    public async Task With_its_own_control_plane_the_agent_has_no_check_of_its_own()
    {
        await using var agent = new SyncedAgent(_servers, _clock, "node2", isRemote: false);
        await agent.StartAsync();
        await agent.StopAsync();
        agent.Checks.Should().BeEmpty();
    }

    [Fact]
    public async Task Two_agents_do_not_touch_each_others_node()
    {
        await using var other = new SyncedAgent(_servers, _clock, "node2");
        await _agent.StartAsync();
        await other.StartAsync();
        await _agent.AddAsync("web");
        await other.AddAsync("web", service => service with { Service = service.Service with { Port = 81 } });
        await _agent.CompareAsync();
        await _clock.ArmedAsync(2, static delay => delay > TimeSpan.FromSeconds(50));
        _agent.AgreesWithCatalog();
        other.AgreesWithCatalog();
        _agent.Services["web"].Port.Should().Be(80);
    }

    private static HealthCheck Check(string id, string serviceId = "") => new() { CheckId = id, Name = id, ServiceId = serviceId };

    private Task WriteAsync(CatalogRegistration registration) => _servers.RegisterAsync(registration, string.Empty, CancellationToken.None);
}
