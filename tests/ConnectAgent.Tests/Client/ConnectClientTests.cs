using System.Text.Json;
using ConnectAgent.Client;
using ConnectAgent.Testing;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Tests.Watches;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Client;

/// <summary>The typed API: what is asked, fail-over, and the rules of watches.</summary>
public sealed class ConnectClientTests(LibraryMesh mesh) : IClassFixture<LibraryMesh>
{
    private const string Roots = """{"ActiveRootID":"a","TrustDomain":"t.consul","Roots":[]}""";
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task Each_family_of_the_API_is_read_and_written()
    {
        var client = mesh.Client;
        (await client.Agent.SelfAsync()).GetProperty("Config").GetProperty("Datacenter").GetString().Should().Be("dc1");
        await client.Agent.RegisterAsync(new ServiceRegistration
        {
            Name = "typed",
            Port = 80,
            Tags = ["v1"],
            Checks = [new CheckRegistration { CheckId = "alive", Ttl = "10m" }],
        });
        await client.Agent.UpdateCheckAsync("alive", "passing", "well");
        (await client.Agent.ServicesAsync("Service == typed")).Keys.Should().Equal("typed");
        (await client.Agent.ServiceAsync("typed"))!.Port.Should().Be(80);
        (await client.Agent.ServiceAsync("absent")).Should().BeNull();
        (await client.Agent.ChecksAsync())["alive"].Output.Should().Be("well");
        await client.Agent.MaintainAsync("typed", isEnabled: true, "moving");
        (await client.Agent.ChecksAsync()).Values.Should().Contain(check => check.Notes == "moving" && check.Status == "critical");
        await client.Agent.DeregisterAsync("typed");

        await client.Intentions.SetAsync("a", "b", isAllowed: false);
        (await client.Intentions.FindAsync("a", "b"))!.Action.Should().Be("deny");
        (await client.Intentions.FindAsync("b", "a")).Should().BeNull();
        (await client.Intentions.CheckAsync("a", "b")).Should().BeFalse();
        (await client.Intentions.MatchAsync("b")).Should().ContainSingle(intention => intention.SourceName == "a");
        (await client.Intentions.ListAsync("DestinationName == b")).Should().ContainSingle();
        await client.Intentions.DeleteAsync("a", "b");
        (await client.Intentions.CheckAsync("a", "b")).Should().BeTrue();

        using var entry = JsonDocument.Parse("""{"Kind":"service-defaults","Name":"typed","Protocol":"http"}""");
        (await client.ConfigEntries.WriteAsync(entry.RootElement)).Should().BeTrue();
        using var other = JsonDocument.Parse("""{"Kind":"service-defaults","Name":"typed","Protocol":"grpc"}""");
        (await client.ConfigEntries.WriteAsync(other.RootElement, modifyIndex: 1)).Should().BeFalse("it has another index");
        (await client.ConfigEntries.FindAsync("service-defaults", "typed"))!.Value.GetProperty("Protocol").GetString().Should().Be("http");
        (await client.ConfigEntries.ListAsync("service-defaults")).Should().ContainSingle();
        await client.ConfigEntries.DeleteAsync("service-defaults", "typed");
        (await client.ConfigEntries.FindAsync("service-defaults", "typed")).Should().BeNull();

        (await client.Catalog.DatacentersAsync()).Should().Equal("dc1");
        (await client.Catalog.NodesAsync()).Should().ContainSingle();
        using var far = JsonDocument.Parse("""{"Node":"far","Address":"10.0.0.9","Service":{"Service":"legacy","Port":7}}""");
        await client.Catalog.RegisterAsync(far.RootElement);
        (await client.Catalog.ServicesAsync()).Keys.Should().Contain("legacy");
        (await client.Catalog.ServiceAsync("legacy")).Should().ContainSingle(found => found.ServicePort == 7 && found.Address == "10.0.0.9");
        (await client.Health.ServiceAsync("legacy", new ServiceQuery { IsPassing = true })).Should().ContainSingle();
        (await client.Health.StateAsync("any")).Should().NotBeEmpty();
        await client.Catalog.DeregisterAsync("far");

        (await client.Connect.AuthorizeAsync("db", Http.InProcessAgent.UriOf("web"), string.Empty)).Reason.Should().Be("ACLs disabled, access is allowed by default");
        (await client.Connect.AuthorizeHttpAsync("db", Http.InProcessAgent.UriOf("web"), string.Empty, "GET", "/", [])).Authorized.Should().BeTrue();
        (await client.Connect.RevokedAsync()).Revoked.Should().BeEmpty();
        (await client.Connect.ConfigurationAsync()).Provider.Should().Be("consul");
    }

    [Fact]
    public async Task ACLs_are_read_and_written_and_a_secret_is_not_printed()
    {
        await using var agent = await LibraryMesh.StartAgentAsync(defaultPolicy: "deny");
        using var client = LibraryMesh.Open(agent, token: "root");
        var policy = await client.Acl.WritePolicyAsync(new AclPolicy { Name = "reader", Rules = """service_prefix "" { policy = "read" }""" });
        var token = await client.Acl.WriteTokenAsync(new AclToken { Description = "one", Policies = [new AclLink { Id = policy.Id }] });
        token.ToString().Should().NotContain(token.SecretId!);
        var changed = await client.Acl.WriteTokenAsync(token with { Description = "two", ServiceIdentities = [new AclServiceIdentity { ServiceName = "web" }] });
        changed.AccessorId.Should().Be(token.AccessorId);
        (await client.Acl.TokenAsync(token.AccessorId!)).Description.Should().Be("two");
        (await client.Acl.PoliciesAsync()).Should().Contain(one => one.Name == "reader");
        using var own = LibraryMesh.Open(agent, token: token.SecretId);
        (await own.Acl.SelfAsync()).AccessorId.Should().Be(token.AccessorId);
        (await own.Connect.LeafAsync("web")).Service.Should().Be("web");
        (await own.Connect.Awaiting(connect => connect.LeafAsync("db")).Should().ThrowAsync<ConnectException>()).Which.Status.Should().Be(403);
        await client.Acl.DeleteTokenAsync(token.AccessorId!);
        await client.Acl.DeletePolicyAsync(policy.Id!);
    }

    [Fact]
    public async Task A_token_file_is_read_again_when_it_has_changed()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("token", "first\n");
        await using var agent = new HttpDouble(static _ => new HttpDouble.Answer(Body: Roots));
        using var client = new ConnectClient(new ConnectClientOptions { Address = agent.Address, Token = "other", TokenFile = file });
        await client.Connect.RootsAsync();
        (await agent.NextAsync()).Headers["X-Consul-Token"].Should().Be("first");
        folder.Write("token", "second\n");
        File.SetLastWriteTimeUtc(file, File.GetLastWriteTimeUtc(file).AddSeconds(1));
        await client.Connect.RootsAsync();
        (await agent.NextAsync()).Headers["X-Consul-Token"].Should().Be("second");
        File.Delete(file);
        (await client.Connect.Awaiting(connect => connect.RootsAsync()).Should().ThrowAsync<ConnectException>()).WithMessage("the token file * cannot be read*");
    }

    [Fact]
    public async Task The_next_agent_is_asked_when_one_fails_and_stays_the_one_that_is_asked()
    {
        await using var failing = new HttpDouble(static _ => new HttpDouble.Answer(Status: 500, Body: "No cluster leader"));
        await using var good = new HttpDouble(static _ => new HttpDouble.Answer(Body: Roots));
        using var client = new ConnectClient(new ConnectClientOptions { Addresses = [$"127.0.0.1:{FreePorts.Next()}", failing.Address, good.Address] });
        (await client.Connect.RootsAsync()).TrustDomain.Should().Be("t.consul");
        (await client.Connect.RootsAsync()).TrustDomain.Should().Be("t.consul");
        (await good.NextAsync()).Target.Should().Be("/v1/agent/connect/ca/roots");
        await good.NextAsync();
        await failing.NextAsync();
        failing.Requests.Should().Be(1, "it failed, and the good one did not");
    }

    [Fact]
    public async Task What_changes_something_is_not_repeated_where_it_may_have_arrived()
    {
        await using var failing = new HttpDouble(static _ => new HttpDouble.Answer(Status: 500, Body: "rpc error"));
        await using var good = new HttpDouble();
        using var client = new ConnectClient(new ConnectClientOptions { Addresses = [failing.Address, good.Address] });
        (await client.Intentions.Awaiting(intentions => intentions.SetAsync("a", "b", true)).Should().ThrowAsync<ConnectException>())
            .WithMessage("Unexpected response code: 500 (rpc error)").Which.Status.Should().Be(500);
        using var second = new ConnectClient(new ConnectClientOptions { Addresses = [$"127.0.0.1:{FreePorts.Next()}", good.Address] });
        await second.Intentions.SetAsync("a", "b", true);
        var asked = await good.NextAsync();
        asked.Method.Should().Be("PUT", "nothing was sent to the first one");
        asked.Body.Should().Be("{\"Action\":\"allow\"}\n");
    }

    [Fact]
    public async Task A_refusal_of_one_agent_is_not_asked_of_another()
    {
        await using var refusing = new HttpDouble(static _ => new HttpDouble.Answer(Status: 403, Body: "Permission denied"));
        await using var good = new HttpDouble(static _ => new HttpDouble.Answer(Body: Roots));
        using var client = new ConnectClient(new ConnectClientOptions { Addresses = [refusing.Address, good.Address] });
        (await client.Connect.Awaiting(connect => connect.RootsAsync()).Should().ThrowAsync<ConnectException>()).Which.Status.Should().Be(403);
        good.Requests.Should().Be(0);
    }

    [Fact] // WATCH-1, WATCH-2
    public async Task A_watch_hands_the_index_on_drops_what_is_the_same_and_starts_over_when_it_goes_back()
    {
        // Given
        var answers = new Queue<HttpDouble.Answer>(
        [
            new(Body: Of("one"), Index: 7), new(Body: Of("one"), Index: 8), new(Body: Of("two"), Index: 5), new(Body: Of("three"), Index: 6), new(IsHeld: true),
        ]);
        await using var agent = new HttpDouble(_ => answers.Dequeue());
        using var client = new ConnectClient(new ConnectClientOptions { Address = agent.Address, TimeProvider = _clock });
        using var end = new CancellationTokenSource();

        // When
        List<(string, ulong)> seen = [];
        await foreach (var state in client.Connect.WatchRootsAsync(new WatchOptions { Wait = TimeSpan.FromSeconds(30) }, end.Token))
        {
            seen.Add((state.Value.TrustDomain, state.Index));
            if (seen.Count == 3)
            {
                break;
            }
        }

        // Then
        seen.Should().Equal(("one", 7), ("two", 5), ("three", 6));
        List<string> asked = [];
        for (var i = 0; i < 4; i++)
        {
            asked.Add((await agent.NextAsync()).Target["/v1/agent/connect/ca/roots".Length..]);
        }

        asked.Should().Equal("?wait=30000ms", "?index=7&wait=30000ms", "?index=8&wait=30000ms", "?wait=30000ms");
    }

    [Fact] // WATCH-2
    public async Task An_agent_that_does_not_hold_its_answers_is_not_asked_without_end()
    {
        await using var agent = new HttpDouble(static _ => new HttpDouble.Answer(Body: Roots, Index: 3));
        using var client = new ConnectClient(new ConnectClientOptions { Address = agent.Address, TimeProvider = _clock });
        using var end = new CancellationTokenSource();
        var running = DrainAsync(client.Connect.WatchRootsAsync(cancellationToken: end.Token));
        await _clock.ArmedAsync(delay => delay == TimeSpan.FromMilliseconds(100));
        agent.Requests.Should().BeLessThanOrEqualTo(11);
        await end.CancelAsync();
        await running.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact] // WATCH-3, with pauses of our own: half of each is chance
    public async Task Failures_are_spaced_out_and_told()
    {
        await using var agent = new HttpDouble(static _ => new HttpDouble.Answer(Status: 500, Body: "no"));
        using var client = new ConnectClient(new ConnectClientOptions { Address = agent.Address, TimeProvider = _clock });
        using var end = new CancellationTokenSource();
        List<string> failures = [];
        var running = DrainAsync(client.Connect.WatchRootsAsync(new WatchOptions { Failed = error => failures.Add(error.Message) }, end.Token));
        foreach (var seconds in new[] { 0.25, 0.5, 1, 2, 4, 8, 15, 15 })
        {
            await agent.NextAsync();
            await _clock.ArmedAsync(delay => delay >= TimeSpan.FromSeconds(seconds / 2) && delay <= TimeSpan.FromSeconds(seconds));
            _clock.Advance(TimeSpan.FromSeconds(seconds));
        }

        await agent.NextAsync();
        failures.Should().HaveCountGreaterThanOrEqualTo(8).And.OnlyContain(failure => failure == "Unexpected response code: 500 (no)");
        await end.CancelAsync();
        await running.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact] // WATCH-2
    public async Task An_answer_without_an_index_is_not_asked_for_again_at_once()
    {
        await using var agent = new HttpDouble(static _ => new HttpDouble.Answer(Body: Roots));
        using var client = new ConnectClient(new ConnectClientOptions { Address = agent.Address, TimeProvider = _clock });
        using var end = new CancellationTokenSource();
        var running = DrainAsync(client.Connect.WatchRootsAsync(cancellationToken: end.Token));
        await agent.NextAsync();
        await _clock.ArmedAsync(delay => delay <= TimeSpan.FromSeconds(0.25));
        agent.Requests.Should().Be(1);
        await end.CancelAsync();
        await running.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task An_agent_that_does_not_answer_is_a_failure_in_time()
    {
        await using var agent = new HttpDouble(static _ => new HttpDouble.Answer(IsHeld: true));
        using var client = new ConnectClient(new ConnectClientOptions { Address = agent.Address, TimeProvider = _clock, RequestTimeout = TimeSpan.FromSeconds(3) });
        var reading = client.Connect.RootsAsync();
        await agent.NextAsync();
        _clock.Advance(TimeSpan.FromSeconds(3));
        (await reading.Awaiting(task => task).Should().ThrowAsync<ConnectException>()).WithMessage("the agent did not answer within 3 s");
    }

    [Theory]
    [InlineData("ftp://x", "Unknown protocol scheme: ftp")]
    [InlineData("a b", "\"a b\" is no address of an agent")]
    public void An_address_that_is_none_is_refused(string address, string expected) =>
        FluentActions.Invoking(() => new ConnectClient(new ConnectClientOptions { Address = address })).Should().Throw<ConnectException>().WithMessage(expected);

    private static string Of(string trustDomain) => Roots.Replace("t.consul", trustDomain, StringComparison.Ordinal);

    private static async Task DrainAsync<T>(IAsyncEnumerable<T> states)
    {
        await foreach (var _ in states)
        {
        }
    }
}
