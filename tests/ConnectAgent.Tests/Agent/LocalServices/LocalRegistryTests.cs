using System.Text;
using System.Text.Json;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.State.Storage;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;
using static ConnectAgent.Tests.Agent.LocalServices.LocalAgent;

namespace ConnectAgent.Tests.Agent.LocalServices;

/// <summary>Registrations: what they change, what they leave, and that they outlive a restart (services REG-13 to REG-16, SIDE-1 to SIDE-8, AG-1 to AG-3).</summary>
public sealed class LocalRegistryTests
{
    [Fact] // issue 14, item 2
    public async Task What_is_registered_is_there_after_a_restart_with_its_token_which_is_nowhere_in_the_file()
    {
        using var folder = new TemporaryFolder();
        await using (var agent = new LocalAgent(folder.Path))
        {
            await agent.AddAsync(Registration("web", Check("web:1", "web") with { Token = "check-secret" }) with { Token = "service-secret" });
        }

        foreach (var file in Directory.GetFiles(folder.Path))
        {
            File.GetUnixFileMode(file).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
            Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)).Should().NotContain("-secret", file);
        }

        await using var again = new LocalAgent(folder.Path);
        again.State.Current.Service("web")!.Stored.Should().BeEquivalentTo(Registration("web").Service);
        again.State.Current.Service("web")!.Token.Should().Be("service-secret");
        again.State.Current.Check("web:1")!.Registered.Token.Should().Be("check-secret");
        again.State.Current.Check("web:1")!.Health.Should().BeEquivalentTo(new
        {
            Node = "node1",
            CheckId = "web:1",
            ServiceId = "web",
            ServiceName = "web",
            Status = CheckStatus.Critical,
        });
    }

    [Fact] // rows of earlier revisions have all members, those of today only what is set
    public async Task Rows_of_an_earlier_revision_are_read_and_what_is_registered_again_as_it_is_needs_no_disk()
    {
        using var folder = new TemporaryFolder();
        var service = new NodeService { Id = "web", Name = "web", Port = 80, Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["b"] = "2", ["a"] = "1" } };
        var check = Check("web:1", "web", TimeSpan.FromHours(1), CheckStatus.Passing);
        using (var storage = new SqliteStateStorage(Path.Combine(folder.Path, LocalStore.FileName), []))
        {
            storage.Commit(
                0,
                [
                    new RowChange("local-services", "web", JsonSerializer.SerializeToUtf8Bytes(new LocalService { Stored = service }, LocalRowJson.Default.LocalService)),
                    new RowChange("local-checks", "web:1", JsonSerializer.SerializeToUtf8Bytes(check, LocalRowJson.Default.RegisteredCheck)),
                ],
                [new TableIndex("local-services", 2), new TableIndex("local-checks", 2)]);
        }

        await using var agent = new LocalAgent(folder.Path);
        var restored = agent.State.Current.Service("web")!;
        restored.Stored.Should().BeEquivalentTo(service);
        agent.State.Current.Check("web:1")!.Registered.Should().BeEquivalentTo(check);
        await agent.AddAsync(ServiceRegistration.Of(new ServiceDefinition { Service = service }, string.Empty));
        agent.State.Current.Service("web").Should().BeSameAs(restored);
    }

    [Fact]
    public async Task Without_the_key_a_service_comes_back_without_its_token_and_a_warning_says_so()
    {
        using var folder = new TemporaryFolder();
        await using (var agent = new LocalAgent(folder.Path))
        {
            await agent.AddAsync(Registration("web") with { Token = "secret" });
        }

        File.Delete(Path.Combine(folder.Path, TokenSeal.KeyName));
        await using var again = new LocalAgent(folder.Path);
        again.State.Current.Service("web")!.Token.Should().BeEmpty();
        again.Logs.Events.Should().ContainSingle(entry => entry.Id == 2601).Which.Text.Should().Contain("service web").And.NotContain("secret");
    }

    [Fact] // REG-16
    public async Task What_changed_is_pushed_before_the_answer()
    {
        await using var agent = new LocalAgent();
        await agent.AddAsync(WithSidecar("web"));
        await agent.RemoveAsync("web");
        agent.Sync.Pushed.Should().BeEquivalentTo(
            [
                (new[] { "web", "web-sidecar-proxy" }, new[] { "service:web-sidecar-proxy:1" }),
                (new[] { "web", "web-sidecar-proxy" }, new[] { "service:web-sidecar-proxy:1" }),
            ]);
    }

    [Fact] // REG-14, REG-15
    public async Task Registering_again_replaces_the_service_and_keeps_the_results_of_its_checks_and_the_checks_that_are_not_mentioned()
    {
        await using var agent = new LocalAgent();
        await agent.AddAsync(Registration("web", Check("a", "web"), Check("b", "web")));
        agent.State.UpdateCheck("a", CheckStatus.Passing, "fine").Should().BeTrue();
        await agent.AddAsync(Registration("web", Check("a", "web") with { Notes = "new" }) with { Service = new NodeService { Id = "web", Name = "site" } });
        agent.State.Current.Service("web")!.Visible.Should().BeEquivalentTo(new { Name = "site", Port = 0 });
        agent.State.Current.Check("a")!.Health.Should().BeEquivalentTo(new { Status = "passing", Output = "fine", Notes = "new", ServiceName = "site" });
        agent.State.Current.Check("b")!.Health.ServiceName.Should().Be("site");

        await agent.AddAsync(Registration("web", Check("a", "web")) with { ReplacesChecks = true });
        agent.State.Current.Checks.Keys.Should().Equal("a");
        agent.State.Current.Check("a")!.Health.Status.Should().Be("passing");
    }

    [Fact] // SIDE-4, SIDE-5, SIDE-7, SIDE-8
    public async Task Sidecars_get_the_lowest_free_port_keep_it_and_give_it_back()
    {
        await using var agent = new LocalAgent(firstPort: 21100, lastPort: 21101);
        await agent.AddAsync(Registration("taken") with { Service = new NodeService { Id = "taken", Name = "taken", Port = 21100 } });
        await agent.AddAsync(WithSidecar("web"));
        PortOf("web-sidecar-proxy").Should().Be(21101);
        await agent.AddAsync(WithSidecar("web"));
        PortOf("web-sidecar-proxy").Should().Be(21101, "it keeps its port");

        var refused = () => agent.AddAsync(WithSidecar("api"));
        (await refused.Should().ThrowAsync<ServerException>()).Which.Message.Should().Be(
            "Bad request: Invalid SidecarService: no port provided for sidecar_service and none left in the configured range [21100, 21101]");
        agent.State.Current.Service("api").Should().BeNull("all or nothing");

        await agent.RemoveAsync("taken");
        await agent.AddAsync(WithSidecar("api"));
        PortOf("api-sidecar-proxy").Should().Be(21100);
        await agent.AddAsync(Registration("api"));
        PortOf("api-sidecar-proxy").Should().Be(21100, "without a word about it the sidecar stays");

        int PortOf(string id) => agent.State.Current.Service(id)!.Stored.Port;
    }

    [Fact] // SIDE-5
    public async Task Without_a_range_of_ports_none_is_given_out()
    {
        await using var agent = new LocalAgent(firstPort: 0, lastPort: 0);
        var refused = () => agent.AddAsync(WithSidecar("web"));
        (await refused.Should().ThrowAsync<ServerException>()).Which.Message.Should().Be(
            "Bad request: Invalid SidecarService: no port provided for sidecar_service and auto-assignment disabled in config");
    }

    [Fact] // SIDE-7, AG-1
    public async Task A_service_goes_with_its_checks_and_the_sidecar_that_it_made_and_with_no_other_of_that_name()
    {
        await using var agent = new LocalAgent();
        await agent.AddAsync(WithSidecar("web"));
        await agent.AddAsync(Registration("api-sidecar-proxy"));
        await agent.AddAsync(Registration("api", Check("c", "api")));
        (await agent.RemoveAsync("web")).Should().BeTrue();
        (await agent.RemoveAsync("api")).Should().BeTrue();
        (await agent.RemoveAsync("api")).Should().BeFalse();
        agent.State.Current.Services.Keys.Should().Equal("api-sidecar-proxy");
        agent.State.Current.Checks.Should().BeEmpty();

        await agent.AddAsync(WithSidecar("db"));
        await agent.RemoveAsync("db-sidecar-proxy");
        agent.State.Current.Services.Keys.Should().Equal("api-sidecar-proxy", "db");
    }

    [Fact] // AG-2, AG-3
    public async Task Maintenance_is_a_check_that_keeps_its_first_reason()
    {
        await using var agent = new LocalAgent();
        await agent.AddAsync(Registration("web"));
        (await agent.Registry.SetMaintenanceAsync("nope", true, string.Empty, CancellationToken.None)).Should().BeFalse();
        (await agent.Registry.SetMaintenanceAsync("web", true, "disk", CancellationToken.None)).Should().BeTrue();
        await agent.Registry.SetMaintenanceAsync("web", true, "other", CancellationToken.None);
        agent.State.Current.Check("_service_maintenance:web")!.Health.Should().BeEquivalentTo(new
        {
            Name = "Service Maintenance Mode",
            Status = "critical",
            Notes = "disk",
            Type = "maintenance",
            ServiceId = "web",
            ServiceName = "web",
        });
        await agent.Registry.SetNodeMaintenanceAsync(true, string.Empty, string.Empty, CancellationToken.None);
        agent.State.Current.Check("_node_maintenance")!.Health.Should().BeEquivalentTo(new
        {
            Name = "Node Maintenance Mode",
            Notes = "Maintenance mode is enabled for this node, but no reason was provided. This is a default message.",
            ServiceId = string.Empty,
        });
        await agent.Registry.SetMaintenanceAsync("web", false, string.Empty, CancellationToken.None);
        await agent.Registry.SetMaintenanceAsync("web", false, string.Empty, CancellationToken.None);
        await agent.Registry.SetNodeMaintenanceAsync(false, string.Empty, string.Empty, CancellationToken.None);
        agent.State.Current.Checks.Should().BeEmpty();
    }

    [Fact] // AG-9
    public async Task A_check_of_an_unknown_service_is_refused()
    {
        await using var agent = new LocalAgent();
        (await agent.Registry.AddCheckAsync(Check("c", "nope"), CancellationToken.None)).Should().BeFalse();
        (await agent.Registry.AddCheckAsync(Check("c"), CancellationToken.None)).Should().BeTrue();
        (await agent.Registry.RemoveCheckAsync("c", CancellationToken.None)).Should().BeTrue();
        (await agent.Registry.RemoveCheckAsync("c", CancellationToken.None)).Should().BeFalse();
    }

    [Fact] // CHK-1: only the last state of a TTL check outlives a restart, and no longer than its TTL
    public async Task After_a_restart_checks_are_critical_but_a_TTL_check_that_was_heard_of_within_its_time()
    {
        using var folder = new TemporaryFolder();
        LocalAgent agent;
        await using (agent = new LocalAgent(folder.Path))
        {
            await agent.AddAsync(Registration(
                "web", Check("ttl", "web", TimeSpan.FromSeconds(30)), Check("late", "web", TimeSpan.FromSeconds(10)), Check("tcp", "web", status: "passing")));
            agent.State.Current.Check("tcp")!.Health.Status.Should().Be("passing");
            foreach (var check in new[] { "ttl", "late", "tcp" })
            {
                agent.State.UpdateCheck(check, CheckStatus.Warning, "so so");
            }
        }

        agent.Clock.Advance(TimeSpan.FromSeconds(20));
        await using var again = new LocalAgent(folder.Path, agent.Clock);
        again.State.Current.Check("ttl")!.Health.Should().BeEquivalentTo(new { Status = "warning", Output = "so so" });
        again.State.Current.Check("late")!.Health.Should().BeEquivalentTo(new { Status = "critical", Output = string.Empty });
        again.State.Current.Check("tcp")!.Health.Should().BeEquivalentTo(new { Status = "critical", Output = string.Empty });
    }

    [Fact] // CHK-1, REG-14
    public async Task After_a_restart_a_check_that_was_registered_anew_has_nothing_of_the_one_before_it()
    {
        using var folder = new TemporaryFolder();
        LocalAgent agent;
        await using (agent = new LocalAgent(folder.Path))
        {
            // Given: its result waits to be written when it is removed.
            await agent.AddAsync(Registration("web", Check("ttl", "web", TimeSpan.FromHours(1))));
            agent.State.UpdateCheck("ttl", CheckStatus.Passing, "fine");
            await agent.RemoveAsync("web");

            // When
            await agent.AddAsync(Registration("web", Check("ttl", "web", TimeSpan.FromHours(1))));
            agent.State.Current.Check("ttl")!.Health.Status.Should().Be("critical");
        }

        // Then
        await using var again = new LocalAgent(folder.Path, agent.Clock);
        again.State.Current.Check("ttl")!.Health.Should().BeEquivalentTo(new { Status = "critical", Output = string.Empty });
    }

    [Fact] // CHK-1: a kill leaves the disk as it is
    public async Task Another_status_outlives_a_kill_at_once_and_a_heartbeat_that_says_the_same_after_a_second()
    {
        using var folder = new TemporaryFolder();
        await using var agent = new LocalAgent(folder.Path);
        await agent.AddAsync(Registration("web", Check("ttl", "web", TimeSpan.FromSeconds(30))));
        await UpdateAsync(CheckStatus.Passing, "first");
        (await AfterKillAsync()).Should().Be(("passing", "first"));
        await UpdateAsync(CheckStatus.Critical, "down");
        (await AfterKillAsync()).Should().Be(("critical", "down"));
        await UpdateAsync(CheckStatus.Passing, "second");
        await UpdateAsync(CheckStatus.Passing, "third");
        (await AfterKillAsync()).Should().Be(("passing", "second"));
        agent.Clock.Advance(TimeSpan.FromSeconds(1));
        await UpdateAsync(CheckStatus.Warning, "last");
        (await AfterKillAsync()).Should().Be(("warning", "last"));

        Task UpdateAsync(string status, string output)
        {
            agent.State.UpdateCheck("ttl", status, output);
            return agent.State.ResultsKeptAsync();
        }

        async Task<(string Status, string Output)> AfterKillAsync()
        {
            using var left = new TemporaryFolder();
            foreach (var file in Directory.GetFiles(folder.Path))
            {
                File.Copy(file, Path.Combine(left.Path, Path.GetFileName(file)));
            }

            await using var again = new LocalAgent(left.Path, agent.Clock);
            return again.State.Current.Check("ttl")!.Health is var health ? (health.Status, health.Output) : default;
        }
    }

    [Fact] // services CHK-1
    public async Task A_status_that_comes_while_another_is_written_is_on_disk_before_its_owner_is_answered()
    {
        // Given: critical on disk, passing being written.
        await using var agent = new LocalAgent();
        await agent.AddAsync(Registration("web", Check("ttl", "web", TimeSpan.FromSeconds(30))));
        agent.State.UpdateCheck("ttl", CheckStatus.Critical, "first");
        await agent.State.ResultsKeptAsync();
        using var before = new ManualResetEventSlim();
        using var during = new ManualResetEventSlim();
        var (isBefore, isDuring) = (Signal(), Signal());
        var held = HoldAsync(before, isBefore);
        await isBefore.Task;
        agent.State.UpdateCheck("ttl", CheckStatus.Passing, "second");
        var writing = HoldAsync(during, isDuring);
        before.Set();
        await isDuring.Task;

        // When
        agent.State.UpdateCheck("ttl", CheckStatus.Critical, "last");
        var answered = agent.State.ResultsKeptAsync();
        during.Set();
        await answered;

        // Then
        agent.Store.Current.Find(agent.Store.Tables.Results, "ttl")!.Output.Should().Be("last");
        await Task.WhenAll(held, writing);

        static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

        Task HoldAsync(ManualResetEventSlim hold, TaskCompletionSource reached) => agent.Store.WriteAsync(_ =>
        {
            reached.TrySetResult();
            hold.Wait();
            return true;
        });
    }

    [Fact] // CHK-1
    public async Task A_result_that_cannot_be_written_is_written_later_and_a_warning_says_so_once()
    {
        // Given: a disk that hangs, and as many writes behind it as may wait.
        await using var agent = new LocalAgent();
        await agent.AddAsync(Registration("web", Check("ttl", "web", TimeSpan.FromSeconds(30))));
        using var hold = new ManualResetEventSlim();
        TaskCompletionSource hangs = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<Task> writes =
        [
            agent.Store.WriteAsync(_ =>
            {
                hangs.SetResult();
                hold.Wait();
                return true;
            }),
        ];
        await hangs.Task;
        while (!writes[^1].IsFaulted)
        {
            writes.Add(agent.Store.WriteAsync(static _ => true));
        }

        // When
        agent.State.UpdateCheck("ttl", CheckStatus.Passing, "first");
        agent.State.UpdateCheck("ttl", CheckStatus.Warning, "last");
        await agent.State.ResultsKeptAsync();
        hold.Set();
        await Task.WhenAll(writes[..^1]);
        agent.Store.Current.Find(agent.Store.Tables.Results, "ttl").Should().BeNull();
        agent.Clock.Advance(TimeSpan.FromSeconds(1));

        // Then
        while (agent.Store.Current.Find(agent.Store.Tables.Results, "ttl")?.Output != "last")
        {
            await Task.Yield();
        }

        agent.Logs.Events.Should().ContainSingle(entry => entry.Id == 2605);
    }

    [Fact] // AG-29
    public async Task What_files_define_comes_and_goes_with_them_and_the_rest_stays()
    {
        using var folder = new TemporaryFolder();
        await using var agent = new LocalAgent(folder.Path);
        await agent.AddAsync(Registration("api", Check("api:1", "api")));
        await agent.AddAsync(Registration("both"));
        await ReplaceAsync([File("web", "web:1"), File("both", "both:1")], [Check("node:1") with { IsFromFile = true }]);
        agent.State.Current.Services.Keys.Should().Equal("api", "both", "web");
        agent.State.UpdateCheck("web:1", CheckStatus.Passing, string.Empty);
        await ReplaceAsync([File("web", "web:1")], []);
        agent.State.Current.Services.Keys.Should().Equal("api", "web");
        agent.State.Current.Checks.Keys.Should().Equal("api:1", "web:1");
        agent.State.Current.Check("web:1")!.Health.Status.Should().Be("passing", "checks keep their results");
        await ReplaceAsync([File("web", "web:2")], []);
        agent.State.Current.Checks.Keys.Should().Equal("api:1", "web:2");

        ServiceRegistration File(string id, string check) =>
            Registration(id, Check(check, id) with { IsFromFile = true }) with { IsFromFile = true };

        Task ReplaceAsync(ServiceRegistration[] services, RegisteredCheck[] checks) =>
            agent.Registry.ReplaceFilesAsync(services, checks);
    }

    [Fact] // 11.10
    public async Task A_reload_is_one_change_in_which_no_service_is_missing_for_a_moment()
    {
        await using var agent = new LocalAgent();
        var web = Registration("web") with { IsFromFile = true };
        await agent.Registry.ReplaceFilesAsync([web], []);
        List<LocalChange> changes = [];
        using var subscription = agent.State.Subscribe(changes.Add);
        await agent.Registry.ReplaceFilesAsync([web with { Service = web.Service with { Port = 9 } }, Registration("db")], []);
        changes.Should().ContainSingle().Which.Services.Should().BeEquivalentTo("web", "db");
    }
}
