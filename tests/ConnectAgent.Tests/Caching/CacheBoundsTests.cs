using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Caching;
using ConnectAgent.Caching.Inspection;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Tests.Agent;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Caching;

/// <summary>What the cache holds at most, and who goes for whom (CACHE-30, acl ACL-SEC-9; docs/design/0003-cache-engine.md).</summary>
public sealed class CacheBoundsTests
{
    private const int Size = 10_000;
    private readonly SizedKind _kind = new();

    [Fact] // FA-1: bytes are a bound beside entries, of one token and in all, and a token at its bound lets its own go
    public async Task FA_1_Bytes_are_bounded_per_token_and_in_all()
    {
        using var agent = new AgentFixture(options => (options.MaxBytes, options.MaxBytesPerToken) = (103_000, 40_000));
        foreach (var token in new[] { "a", "b", "c", "d" })
        {
            for (var i = 0; i < 20; i++)
            {
                await ReadAsync(agent, $"{token}{i}", Size, token);
                agent.Clock.Advance(TimeSpan.FromSeconds(1));
                agent.Cache.Bytes.Should().BeLessThanOrEqualTo(103_000);
                agent.Cache.Entries.Where(entry => entry.Key.Token == token).Sum(entry => entry.Weight).Should().BeLessThanOrEqualTo(40_000);
            }
        }

        Held(agent).Should().Equal("b18", "b19", "c17", "c18", "c19", "d17", "d18", "d19");
        agent.Cache.Bytes.Should().Be(agent.Cache.Entries.Sum(entry => entry.Weight));
        var error = (await FluentActions.Awaiting(() => ReadAsync(agent, "huge", 50_000, "a")).Should().ThrowAsync<ServerException>()).Which;
        (error.Kind, error.Limit).Should().Be((FailureKind.RateLimited, "cache.bytes_per_token"));
        agent.Cache.Count.Should().Be(8, "nobody goes for what does not fit even alone");
    }

    [Fact] // FA-1: a value that grows makes room, too; one that finds none is a failed refresh, says which bound it is, and is not followed by what it replaces
    public async Task FA_1_A_value_that_grows_is_weighed_again()
    {
        using var agent = new AgentFixture(options => options.MaxBytes = 40_000);
        var first = await ReadAsync(agent, "grows", Size);
        agent.Clock.Advance(TimeSpan.FromSeconds(1));
        await ReadAsync(agent, "idle", Size);
        _kind.Resize("grows", 3 * Size);
        (await ReadAsync(agent, "grows", Size, index: first.Index)).Value.Should().HaveCount(3 * Size);
        Held(agent).Should().Equal("grows");
        var blocked = ReadAsync(agent, "grows", Size, index: first.Index + 1);
        _kind.Resize("grows", 5 * Size);
        var error = (await FluentActions.Awaiting(() => blocked.WaitAsync(AgentFixture.Patience)).Should().ThrowAsync<ServerException>()).Which;
        (error.Kind, error.Limit).Should().Be((FailureKind.RateLimited, "cache.bytes"));
        error.Message.Should().Contain("connect_agent.cache_max_bytes").And.NotContain("grows");
        (await FluentActions.Awaiting(() => ReadAsync(agent, "grows", Size)).Should().ThrowAsync<ServerException>("what is out of date may allow what is denied by now"))
            .Which.Limit.Should().Be("cache.bytes");
        Held(agent).Should().BeEmpty();
        agent.Cache.Bytes.Should().BeLessThanOrEqualTo(40_000);
    }

    [Fact] // FA-1: what a caller spells and becomes a key
    public async Task FA_1_A_key_that_is_too_long_is_refused()
    {
        using var agent = new AgentFixture();
        foreach (var (name, token) in new[] { (new string('x', 40_000), string.Empty), ("x", new string('t', 40_000)) })
        {
            var error = (await FluentActions.Awaiting(() => ReadAsync(agent, name, 1, token)).Should().ThrowAsync<ServerException>()).Which;
            (error.Kind, error.Limit).Should().Be((FailureKind.Invalid, "cache.key"));
        }

        (agent.Cache.Count, agent.Cache.Bytes).Should().Be((0, 0));
    }

    [Fact] // FA-1, ACL-SEC-9: made-up tokens of roots, which need none, share one entry; those that exist have their own, as the recordings show
    public async Task FA_1_Unknown_tokens_share_one_entry_of_the_roots()
    {
        using var agent = new AgentFixture();
        agent.Servers.SetRights(string.Empty, new GrantedRights());
        agent.Servers.SetRights("known", new GrantedRights());
        agent.Servers.ResolutionFailure = new ServerException(FailureKind.Failed, "nobody is asked for what is public (FA-14)");
        (await agent.RootsAsync()).Hit.Should().BeFalse();
        (await agent.RootsAsync(token: "known")).Hit.Should().BeFalse();
        for (var i = 0; i < 600; i++)
        {
            var token = $"made-up-{i}-" + new string('x', 20_000);
            (await agent.RootsAsync(token: token)).Hit.Should().BeFalse("whether others have read it must not show (CACHE-39)");
            (await agent.RootsAsync(token: token)).Hit.Should().BeTrue();
        }

        agent.Cache.Entries.Select(entry => entry.Key.Token).Should().BeEquivalentTo(string.Empty, "known", TokenText.Unknown);
        agent.Cache.Bytes.Should().BeLessThan(20_000);
    }

    [Fact] // FA-1, ACL-SEC-9: whatever the endpoint forgot
    public async Task FA_1_An_unknown_token_makes_no_entry_of_what_needs_a_right()
    {
        using var agent = new AgentFixture();
        agent.Servers.SetRights("known", new GrantedRights());
        (await FluentActions.Awaiting(() => ReadAsync(agent, "x", 1, "made-up")).Should().ThrowAsync<ServerException>())
            .WithMessage("ACL not found");
        (agent.Cache.Count, _kind.Fetches).Should().Be((0, 0));
        await ReadAsync(agent, "x", 1, "known");
    }

    [Fact] // FA-1: no look at the cache answers more than a page
    public async Task FA_1_The_window_is_bounded()
    {
        using var agent = new AgentFixture();
        for (var i = 0; i < 1_100; i++)
        {
            await ReadAsync(agent, $"{i:d4}" + new string('k', 1_000), 1);
        }

        var window = agent.Get<CacheInspector>();
        var page = window.Entries("sized", _ => true, 0, out var hasMore);
        (page.Count, hasMore, page[0].Key.Length).Should().Be((CacheInspector.MostShown, true, CacheInspector.LongestShownKey + 1));
        var rest = window.Entries("sized", _ => true, CacheInspector.MostShown, out hasMore);
        (rest.Count, hasMore).Should().Be((100, false));
        page.Concat(rest).Select(view => view.Id).Should().OnlyHaveUniqueItems();
    }

    [Fact] // FA-2: the least recently read one goes, and no other
    public async Task FA_2_A_full_partition_lets_its_least_recently_read_entry_go()
    {
        using var agent = new AgentFixture(options => options.MaxEntriesPerToken = 3);
        await ReadAsync(agent, "others", Size, "other");
        foreach (var name in new[] { "a", "b", "c", "a", "d" })
        {
            agent.Clock.Advance(TimeSpan.FromSeconds(1));
            await ReadAsync(agent, name, Size, "t");
        }

        Held(agent).Should().Equal("a", "c", "d", "others");
    }

    [Fact] // FA-2: junk goes before anything that somebody has written, however lately it was read
    public async Task FA_2_What_carries_nothing_goes_first()
    {
        using var agent = new AgentFixture(options => options.MaxEntriesPerToken = 3);
        await ReadAsync(agent, "real", Size);
        for (var i = 0; i < 50; i++)
        {
            agent.Clock.Advance(TimeSpan.FromSeconds(1));
            await ReadAsync(agent, $"junk-{i}", 0);
        }

        Held(agent).Should().Equal("junk-48", "junk-49", "real");
        await ReadAsync(agent, "new", Size);
        Held(agent).Should().Equal("junk-49", "new", "real");
    }

    [Fact] // FA-1: made-up names have a small part of the memory, however much is free
    public async Task FA_1_What_carries_nothing_has_a_bound_of_its_own()
    {
        using var agent = new AgentFixture(options => options.MaxEmptyBytes = 10_000);
        var waited = await ReadAsync(agent, "waited", 0);
        var blocked = ReadAsync(agent, "waited", 0, index: waited.Index);
        await ReadAsync(agent, "real", Size);
        for (var i = 0; i < 50; i++)
        {
            agent.Clock.Advance(TimeSpan.FromSeconds(1));
            await ReadAsync(agent, $"junk-{i}", 0, i % 2 == 0 ? "a" : "b");
        }

        Held(agent).Should().Equal("junk-47", "junk-48", "junk-49", "real", "waited");
        _kind.Resize("waited", 0);
        await blocked.WaitAsync(AgentFixture.Patience);
        await ReadAsync(agent, "junk-50", 0);
        Held(agent).Should().Equal("junk-48", "junk-49", "junk-50", "real", "waited");
    }

    [Fact] // FA-2: an entry that comes to carry something, or nothing any more, changes its place
    public async Task FA_2_What_an_entry_carries_now_counts()
    {
        using var agent = new AgentFixture(options => options.MaxEntries = 2);
        var (was, became) = (await ReadAsync(agent, "was", Size), await ReadAsync(agent, "became", 0));
        agent.Clock.Advance(TimeSpan.FromSeconds(1));
        _kind.Resize("became", Size);
        await ReadAsync(agent, "became", 0, index: became.Index).WaitAsync(AgentFixture.Patience);
        agent.Clock.Advance(TimeSpan.FromSeconds(1));
        _kind.Resize("was", 0);
        await ReadAsync(agent, "was", Size, index: was.Index).WaitAsync(AgentFixture.Patience);
        await ReadAsync(agent, "new", Size);
        Held(agent).Should().Equal("became", "new");
    }

    [Theory] // FA-2: two thousand made-up targets lock nobody out, nor push anybody out; whether nothing holds for them or what holds for every name
    [InlineData(false)]
    [InlineData(true)]
    public async Task FA_2_A_flood_of_made_up_targets_locks_nobody_out(bool allowsAll)
    {
        using var agent = new AgentFixture();
        var deny = new Intention { SourceName = "web", DestinationName = "db", Action = Intention.Deny };
        agent.Servers.SetIntentions(allowsAll ? [deny, new Intention { SourceName = "*", DestinationName = "*", Action = Intention.Allow }] : [deny]);
        var client = new ServiceId("x.consul", "dc1", "web");
        var leaf = await agent.LeafAsync();
        (await agent.Authorizer.AuthorizeAsync("db", client, string.Empty, CancellationToken.None)).Value.Allowed.Should().BeFalse();
        for (var i = 0; i < 5_000; i++)
        {
            await agent.Authorizer.AuthorizeAsync($"made-up-{i}", client, string.Empty, CancellationToken.None);
        }

        (await agent.Authorizer.AuthorizeAsync("db", client, string.Empty, CancellationToken.None)).Hit.Should().BeTrue();
        (await agent.LeafAsync()).Value.Should().BeSameAs(leaf.Value);
        (await agent.LeafAsync("api")).Value.Should().NotBeNull();
        agent.Cache.Count.Should().BeLessThanOrEqualTo(2_000 + 2);
    }

    [Theory] // FA-2: refused only when all are waited on; then counted, by the name of the bound and with its key
    [InlineData(true, "cache.entries_per_token", "connect_agent.cache_max_entries_per_token")]
    [InlineData(false, "cache.entries", "connect_agent.cache_max_entries")]
    public async Task FA_2_A_new_entry_is_refused_only_when_all_are_waited_on(bool perToken, string limit, string key)
    {
        using var agent = new AgentFixture(options =>
            (options.MaxEntries, options.MaxEntriesPerToken) = perToken ? (100, 2) : (2, 100));
        var (a, b) = (await ReadAsync(agent, "a", Size), await ReadAsync(agent, "b", Size));
        Task[] blocked = [ReadAsync(agent, "a", Size, index: a.Index), ReadAsync(agent, "b", Size, index: b.Index)];
        var error = (await FluentActions.Awaiting(() => ReadAsync(agent, "c", Size)).Should().ThrowAsync<ServerException>()).Which;
        (error.Kind, error.Limit).Should().Be((FailureKind.RateLimited, limit));
        error.Message.Should().Contain(key);
        Held(agent).Should().Equal("a", "b");

        // Whoever stops waiting makes its entry one that may go.
        _kind.Resize("a", Size);
        await blocked[0].WaitAsync(AgentFixture.Patience);
        await ReadAsync(agent, "c", Size);
        Held(agent).Should().Equal("b", "c");
    }

    private static IEnumerable<string> Held(AgentFixture agent) =>
        agent.Cache.Entries.Where(entry => entry.Key.Kind == "sized").Select(entry => entry.Key.Request).Order(StringComparer.Ordinal);

    private Task<CacheAnswer<byte[]>> ReadAsync(AgentFixture agent, string name, int size, string token = "", ulong index = 0) =>
        agent.Cache.GetAsync(_kind, new SizedRequest(name, size, token), new CacheRead(new BlockingQuery(index)), CancellationToken.None).AsTask();
}
