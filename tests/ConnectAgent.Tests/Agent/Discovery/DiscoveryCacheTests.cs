using ConnectAgent.Agent;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Tokens;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Testing;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Agent.Discovery;

/// <summary>The health of upstreams out of the cache (services CAT-16, CAT-17, HLT-1 to HLT-8; agent-cache CACHE-42, CACHE-43).</summary>
public sealed class DiscoveryCacheTests : IDisposable
{
    private const string Token = "a token";
    private readonly AgentFixture _agent = new();

    public void Dispose() => _agent.Dispose();

    [Fact] // CAT-17, CACHE-10
    public async Task One_query_serves_all_readers_and_keeps_the_value_fresh()
    {
        _agent.Servers.SetHealth("web", connect: true, HealthInstances.Of("n1", "web-proxy"));
        var miss = await ReadAsync("web", connect: true);
        var hit = await ReadAsync("web", connect: true);
        (miss.Hit, hit.Hit, hit.Age).Should().Be((false, true, TimeSpan.Zero));
        hit.Value.Should().BeSameAs(miss.Value, "nothing is parsed or copied for a hit");
        var readers = Enumerable.Range(0, 20).Select(_ => ReadAsync("web", connect: true, index: hit.Index)).ToList();
        await AgentFixture.EventuallyAsync(() => _agent.Waiters == 20, "all are parked");
        _agent.Servers.SetHealth("web", connect: true, HealthInstances.Of("n1", "web-proxy", "critical"));
        foreach (var answer in await Task.WhenAll(readers).WaitAsync(AgentFixture.Patience))
        {
            answer.Value.Items.Should().ContainSingle().Which.IsPassing.Should().BeFalse("a check is part of it (HLT-5)");
            (answer.Hit, answer.Index > hit.Index).Should().Be((false, true));
        }

        await AgentFixture.EventuallyAsync(() => _agent.Servers.Running == 1, "the next read holds");
        _agent.Servers.HealthReads.Should().Be(3, "the first, the one that held, and the one that holds now");
    }

    [Fact] // CACHE-11
    public async Task A_blocking_read_ends_with_its_wait_and_the_same_value()
    {
        var first = await ReadAsync("web");
        var held = ReadAsync("web", index: first.Index, wait: TimeSpan.FromSeconds(5));
        await AgentFixture.EventuallyAsync(() => _agent.Waiters == 1, "it is parked");
        _agent.Clock.Advance(TimeSpan.FromSeconds(5));
        var answer = await held.WaitAsync(AgentFixture.Patience);
        (answer.Index, answer.Value).Should().Be((first.Index, first.Value));
    }

    [Fact] // CACHE-15: what held for its whole time and brings the same is no news
    public async Task A_query_that_runs_out_of_its_time_changes_nothing()
    {
        _agent.Servers.SetHealth("web", connect: false, HealthInstances.Of("n1", "web"));
        var first = await ReadAsync("web");
        await AgentFixture.EventuallyAsync(() => _agent.Servers.Running == 1, "the next read holds");
        _agent.Clock.Advance(TimeSpan.FromMinutes(10));
        await AgentFixture.EventuallyAsync(() => _agent.Servers.HealthReads == 3, "it is asked again");
        (await ReadAsync("web")).Value.Should().BeSameAs(first.Value);
    }

    [Fact] // CACHE-2, CACHE-43, GH-4987, CAT-12
    public void Whatever_changes_the_answer_is_in_the_key_and_nothing_else()
    {
        InstancesQuery[] different =
        [
            Question("web"), Question("web", connect: true), Question("web", connect: true, tags: ["a"]), Question("WEB", connect: true),
            Question("web", tags: ["a"]), Question("web", tags: ["a", "b"]), Question("web", tags: ["ab"]), Question("web", tags: ["a,b"]),
            Question("web", tags: ["a&tag=b"]), Question("web", tags: [""]), Question("web", meta: ["a"]), Question("web", meta: ["k:1", "k:2"]),
            Question("web", meta: ["k:2", "k:1"]), Question("web", filter: "a"), Question("web?tag=a"), Question("web/a"), Question("api"),
        ];
        different.Select(question => new DiscoveryRequest<InstancesQuery>("dc1", string.Empty, question).Key).Should().OnlyHaveUniqueItems();
        Question("WEB", tags: ["b", "a"], meta: ["z:1", "y:1"]).Should().Be(Question("web", tags: ["a", "b"], meta: ["y:1", "z:1"]));
        Question("web").Target.Should().NotBe(Question("webx").Target);
    }

    [Fact] // TOKC-2, CACHE-30, ACL-SEC-9
    public async Task An_unknown_token_is_refused_before_anything_is_made_for_it()
    {
        _agent.Servers.SetRights(Token, new GrantedRights());
        (await FailureAsync(ReadAsync("web", token: "made-up"))).Should().Be((FailureKind.UnknownToken, "ACL not found"));
        (_agent.Cache.Count, _agent.Servers.HealthReads).Should().Be((0, 0));
    }

    [Fact] // ACL-SEC-2: the right went, nothing else has changed
    public async Task What_the_token_may_not_see_any_more_is_left_out_of_a_hit()
    {
        Seed();
        Grant("n1", "n2");
        (await SeesAsync()).Should().Be("n1,n2");
        Grant("n2");
        (await SeesAsync()).Should().Be("n2 and more");
        (await ReadAsync("web", token: Token, connect: true)).Hit.Should().BeTrue();
        _agent.Servers.SetRights(Token, new GrantedRights(Node("n1"), Node("n2"), Service("web-proxy")));
        (await SeesAsync()).Should().Be(" and more", "connect needs a right to the name itself (HLT-8)");
        _agent.Servers.SetRights(Token, null);
        (await FailureAsync(ReadAsync("web", token: Token, connect: true))).Should().Be((FailureKind.UnknownToken, "ACL not found"));
    }

    [Fact] // ACL-SEC-3: who was parked when the right went gets the list as it is for him now
    public async Task A_reader_that_is_parked_is_woken_with_what_is_left_to_it()
    {
        // Given
        await _agent.Get<TokenWatcher>().StartAsync(CancellationToken.None);
        Seed();
        Grant("n1", "n2");
        var before = await ReadAsync("web", token: Token, connect: true);
        var held = ReadAsync("web", token: Token, connect: true, index: before.Index);
        await AgentFixture.EventuallyAsync(() => _agent.Waiters == 1, "it is parked");
        var entry = _agent.Cache.Entries.Single();

        // When
        Grant("n1");

        // Then
        await AgentFixture.EventuallyAsync(() => entry.IsStopped, "what holds more than the token may see goes, from the sealed file, too");
        (await SeesAsync()).Should().Be("n1 and more");

        // Its index has not grown for him: he goes on waiting, and never sees what he lost.
        _agent.Servers.SetHealth("web", connect: true, HealthInstances.Of("n1", "web-proxy", "critical"), HealthInstances.Of("n2", "web-proxy"));
        var after = await held.WaitAsync(AgentFixture.Patience);
        after.Value.Items.Should().ContainSingle().Which.Node.Should().Be("n1");
        after.Value.IsFiltered.Should().BeTrue();

        // And: the token itself goes
        var last = ReadAsync("web", token: Token, connect: true, index: after.Index);
        await AgentFixture.EventuallyAsync(() => _agent.Waiters == 1, "it is parked");
        _agent.Servers.SetRights(Token, null);
        (await FailureAsync(last.WaitAsync(AgentFixture.Patience))).Should().Be((FailureKind.UnknownToken, "ACL not found"));
        await _agent.Get<TokenWatcher>().StopAsync(CancellationToken.None);
    }

    [Fact] // CACHE-2
    public async Task Partitions_never_mix()
    {
        Seed();
        Grant("n1");
        _agent.Servers.SetRights("other", new GrantedRights(Node("n2"), Service("web"), Service("web-proxy")));
        (await SeesAsync()).Should().Be("n1 and more");
        (await SeesAsync("other")).Should().Be("n2 and more");
        (await SeesAsync()).Should().Be("n1 and more");
        _agent.Servers.HealthReads.Should().BeGreaterOrEqualTo(2);
        (await FailureAsync(_agent.Get<DiscoveryCache>().GetAsync(
            _agent.Get<HealthKind>(),
            new DiscoveryRequest<InstancesQuery>("dc2", Token, Question("web", connect: true)), default, CancellationToken.None))).Should().Be((FailureKind.Failed, "No path to datacenter"));
    }

    [Fact] // CACHE-29: fail static, with an age
    public async Task With_the_servers_away_the_last_value_is_answered()
    {
        _agent.Servers.SetHealth("web", connect: false, HealthInstances.Of("n1", "web"));
        await ReadAsync("web");
        await AgentFixture.EventuallyAsync(() => _agent.Servers.Running == 1, "the next read holds");
        _agent.Servers.Fail(ScriptedServerClient.Unreachable());
        await AgentFixture.EventuallyAsync(() => _agent.Cache.Errors > 0, "the read that held fails");
        _agent.Clock.Advance(TimeSpan.FromSeconds(7));
        var answer = await ReadAsync("web");
        (answer.Hit, answer.InContact, answer.Age, answer.Value.Items.Count).Should().Be((true, false, TimeSpan.FromSeconds(7), 1));
        (await FailureAsync(ReadAsync("api"))).Kind.Should().Be(FailureKind.Unreachable);
    }

    [Fact] // docs/design/0004: an agent that starts while its servers are unreachable finds its upstreams
    public async Task Health_is_sealed_and_restored_with_the_rest_of_the_cache()
    {
        var folder = Directory.CreateTempSubdirectory("connect-agent-health-").FullName;
        try
        {
            string asBefore;
            await using (var before = AgentFixture.Build(out var servers, folder))
            {
                before.GetRequiredService<SealedCache>();
                servers.SetRights(Token, new GrantedRights(Node("n1"), Service("web")));
                servers.SetHealth("web", connect: false, HealthInstances.Of("n1", "web", "passing", "a", "b"), HealthInstances.Of("n2", "web", "passing", "a", "b"));
                asBefore = Convert.ToBase64String((await ReadFromAsync(before)).Value.Json.Span);
                await AgentFixture.EventuallyAsync(() => servers.Running == 1, "the next read begins when the last one is sealed");
            }

            await using var after = AgentFixture.Build(out var away, folder);
            away.SetRights(Token, new GrantedRights(Node("n1"), Service("web")));
            away.Fail(ScriptedServerClient.Unreachable());
            after.GetRequiredService<SealedCache>().Restore().Should().Be(1);
            var restored = await ReadFromAsync(after);
            restored.Hit.Should().BeTrue();
            restored.Value.IsFiltered.Should().BeTrue();
            Convert.ToBase64String(restored.Value.Json.Span).Should().Be(asBefore);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static Task<CacheAnswer<DiscoveryList>> ReadFromAsync(ServiceProvider services) => services.GetRequiredService<DiscoveryCache>().GetAsync(
            services.GetRequiredService<HealthKind>(),
            new DiscoveryRequest<InstancesQuery>("dc1", Token, Question("web", tags: ["b", "a"])), default, CancellationToken.None);
    }

    private static AccessRequest Node(string name) => new(AclResource.Node, name, AclAccess.Read);

    private static AccessRequest Service(string name) => new(AclResource.Service, name, AclAccess.Read);

    private static InstancesQuery Question(
        string service, bool connect = false, string[]? tags = null, string[]? meta = null, string filter = "") =>
        new(connect, service, tags ?? [], meta ?? [], filter);

    private static async Task<(FailureKind Kind, string Message)> FailureAsync(Task read)
    {
        var failure = (await read.Invoking(async task => await task).Should().ThrowAsync<ServerException>()).Which;
        return (failure.Kind, failure.Message);
    }

    private void Seed() => _agent.Servers.SetHealth(
        "web", connect: true, HealthInstances.Of("n1", "web-proxy"), HealthInstances.Of("n2", "web-proxy"));

    private void Grant(params string[] nodes) =>
        _agent.Servers.SetRights(Token, new GrantedRights([.. nodes.Select(Node), Service("web"), Service("web-proxy")]));

    private async Task<string> SeesAsync(string token = Token)
    {
        var value = (await ReadAsync("web", connect: true, token: token)).Value;
        return string.Join(',', value.Items.Select(instance => instance.Node)) + (value.IsFiltered ? " and more" : string.Empty);
    }

    private Task<CacheAnswer<DiscoveryList>> ReadAsync(
        string service, bool connect = false, string token = "", ulong index = 0, TimeSpan? wait = null) => _agent.Get<DiscoveryCache>().GetAsync(
            _agent.Get<HealthKind>(),
            new DiscoveryRequest<InstancesQuery>("dc1", token, Question(service, connect)), new CacheRead(new BlockingQuery(index, wait)), CancellationToken.None);
}
