using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Caching;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Tests.Caching.Sealing;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Agent;

/// <summary>What of the cache reaches the sealed file, and what comes back.</summary>
public sealed class SealedCacheTests : IDisposable
{
    private static readonly ServiceId Web = new("x.consul", "dc1", "web");
    private readonly SealedDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact] // FA-1, FA-2: junk is neither sealed, nor does it have the file written again
    public async Task FA_1_What_carries_nothing_is_not_sealed()
    {
        // Given
        await using var store = _directory.Open();
        using var agent = SealedIn(store);
        agent.Servers.SetIntentions(new Intention { SourceName = "web", DestinationName = "db", Action = Intention.Deny });
        await AuthorizeAsync(agent, "db");
        await FlushAsync(store);
        var written = File.GetLastWriteTimeUtc(_directory.SealedPath);
        var bytes = await File.ReadAllBytesAsync(_directory.SealedPath);

        // When
        for (var i = 0; i < 300; i++)
        {
            await AuthorizeAsync(agent, $"made-up-{i}");
            await agent.RootsAsync(token: $"made-up-{i}");
        }

        foreach (var entry in agent.Cache.Entries.Where(entry => entry.CarriesNothing))
        {
            agent.Cache.Drop(entry);
        }

        await FlushAsync(store);

        // Then: each write has a salt of its own, and would give other bytes
        (await File.ReadAllBytesAsync(_directory.SealedPath)).Should().Equal(bytes);
        File.GetLastWriteTimeUtc(_directory.SealedPath).Should().Be(written);
    }

    [Fact] // FA-2: an answer that becomes empty must not leave its predecessor in the file
    public async Task FA_2_What_carries_nothing_any_more_leaves_the_file()
    {
        await using var store = _directory.Open();
        using var agent = SealedIn(store);
        agent.Servers.SetIntentions(new Intention { SourceName = "web", DestinationName = "db", Action = Intention.Allow });
        await AuthorizeAsync(agent, "db");
        await FlushAsync(store);
        agent.Servers.SetIntentions();
        await AgentFixture.EventuallyAsync(() => agent.Cache.Entries.Single().CarriesNothing, "the change arrives");
        await AgentFixture.EventuallyAsync(() => agent.Servers.Running == 1, "and is sealed before the next read");
        await FlushAsync(store);
        (await _directory.ReadAsync()).Should().BeEmpty();
    }

    [Fact] // FA-2: neither does junk that a former life has left
    public async Task FA_2_Restored_junk_locks_nobody_out()
    {
        // Given: more junk than fits, as an older agent sealed it
        using var agent = new AgentFixture(options => (options.MaxEntries, options.MaxEntriesPerToken) = (20, 10));
        var origin = new RestoredOrigin(10, TimeSpan.Zero, TimeSpan.Zero);
        for (var i = 0; i < 50; i++)
        {
            agent.Cache.Restore<MatchRequest, IReadOnlyList<IntentionMatch>>(
                agent.Get<IntentionMatchKind>(), MatchRequest.ForTarget("dc1", string.Empty, $"made-up-{i}"), [IntentionMatch.ForDestination([])], origin);
        }

        // When, Then
        agent.Cache.Count.Should().Be(10);
        (await agent.LeafAsync()).Value.Should().NotBeNull();
        await AuthorizeAsync(agent, "db");
    }

    [Fact] // FA-17: what was removed while it was being stored is not sealed behind that
    public async Task FA_17_What_is_removed_while_it_is_stored_is_not_sealed()
    {
        // Given: whoever seals is overtaken by a removal, as far as that can get
        await using var store = _directory.Open();
        using var agent = SealedIn(store);
        var overtaken = new TaskCompletionSource<Thread>(TaskCreationOptions.RunContinuationsAsynchronously);
        agent.Watch.OnStored = entry =>
        {
            if (entry.Request is not LeafRequest)
            {
                return;
            }

            var removal = new Thread(() => agent.Cache.Drop(entry, "token"));
            removal.Start();
            SpinWait.SpinUntil(() => !removal.IsAlive || removal.ThreadState.HasFlag(ThreadState.WaitSleepJoin), AgentFixture.Patience).Should().BeTrue();
            agent.Watch.OnStored = static _ => { };
            overtaken.SetResult(removal);
        };

        // When
        await agent.LeafAsync();
        (await overtaken.Task.WaitAsync(AgentFixture.Patience)).Join(AgentFixture.Patience).Should().BeTrue();

        // Then
        await FlushAsync(store);
        (await _directory.ReadAsync()).Select(held => held.Id.Split('\0')[0]).Should().Equal(["connect-ca-root"], "a key whose token is gone must not come back");
        var late = agent.Cache.Entries.First();
        agent.Cache.Drop(late).Should().BeTrue();
        agent.Cache.WithLive(late, _ => throw new InvalidOperationException("it is out"));
    }

    [Fact] // whoever else hears the cache does not turn sealing off, nor does sealing deafen him
    public async Task Another_observer_does_not_turn_sealing_off()
    {
        await using var store = _directory.Open();
        using var agent = SealedIn(store);
        List<string> heard = [];
        agent.Watch.OnStored = entry => heard.Add(entry.Key.Kind);
        await agent.RootsAsync();
        await FlushAsync(store);
        heard.Should().Equal("connect-ca-root");
        (await _directory.ReadAsync()).Should().ContainSingle();
    }

    [Fact] // acl ACL-RES-8: restored under the same word, it would be allowed again, although no server ever knew that
    public async Task What_nobody_vouches_for_is_not_sealed_but_what_is_public_is()
    {
        await using var store = _directory.Open();
        using var agent = SealedIn(store);
        agent.Servers.SetIntentions(new Intention { SourceName = "web", DestinationName = "db", Action = Intention.Allow });
        agent.Servers.Vouching = token => token == "known";
        await agent.Authorizer.AuthorizeAsync("db", Web, "made-up", CancellationToken.None);
        await agent.Authorizer.AuthorizeAsync("db", Web, "known", CancellationToken.None);
        await agent.RootsAsync();
        await FlushAsync(store);
        (await _directory.ReadAsync()).Select(held => held.Id.Split('\0')[0] + held.Id.Split('\0')[3]).Should().Equal("connect-ca-root", "intention-matchknown");
    }

    [Fact] // FA-34, CACHE-27: the clock went back between two lives
    public async Task FA_34_No_age_is_negative_when_the_clock_went_back()
    {
        // Given
        await using (var store = _directory.Open())
        using (var agent = SealedIn(store))
        {
            await agent.RootsAsync();
            await FlushAsync(store);
        }

        // When
        await using var reopened = _directory.Open();
        using var after = SealedIn(reopened);
        after.Clock.SetWallClock(-TimeSpan.FromHours(3));
        after.Servers.Fail(ScriptedServerClient.Unreachable());
        after.Get<SealedCache>().Restore().Should().Be(1);

        // Then
        (await after.RootsAsync()).Age.Should().Be(TimeSpan.Zero);
        after.Clock.Advance(TimeSpan.FromHours(72));
        after.Clock.Advance(TimeSpan.FromMinutes(1));
        after.Cache.Count.Should().Be(0, "nor does it live longer");
    }

    // What else hears the cache comes before the sealer.
    private static AgentFixture SealedIn(SealedStore store) => new(services: services =>
    {
        services.AddSealedCache(string.Empty);
        services.AddSingleton(store);
    });

    private static ValueTask<CacheAnswer<IntentionDecision>> AuthorizeAsync(AgentFixture agent, string target) =>
        agent.Authorizer.AuthorizeAsync(target, Web, string.Empty, CancellationToken.None);

    private static async Task FlushAsync(SealedStore store)
    {
        using var limit = new CancellationTokenSource(AgentFixture.Patience);
        await store.FlushAsync(limit.Token);
    }
}
