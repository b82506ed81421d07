using System.Collections.Concurrent;
using System.Diagnostics;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Leaves;

/// <summary>Runs alone: it takes the thread pool's rest for the loops' rest.</summary>
[CollectionDefinition(nameof(LeafSoakTests), DisableParallelization = true)]
public sealed class LeafSoakCollection;

/// <summary>
/// Thirty days of a thousand services on the real loops, from one armed timer to the next (leaf-certificates LEAF-40 to LEAF-82). The servers
/// refuse above a rate, go away over renewals and over a rotation, and rotate twice within a minute.
/// </summary>
[Collection(nameof(LeafSoakTests))]
public sealed class LeafSoakTests : IDisposable
{
    private const int Services = 1000;
    private const int SignaturesPerSecond = 30;

    // Leaves of one age meet the 21.6 h of their renewal windows: 1000 in 1296 minutes, 0.77 a minute. Twelve in one minute are a chance of 1 in 10^10.
    private const int Calm = 12;

    // A new failure tries at 0, 1, 2, 3, 5, 9, 17 and 33 s of its first minute at most, and each former one once a minute: the longest outage, of 5 h,
    // makes 1000 * 5 / 21.6 = 232 leaves overdue (290 is 4 sigma above). That is 12 * 8 + 290 a minute; as much when they come back.
    private const int Outage = (Calm * 8) + 290;

    // A leaf tries once within 30 s of a rotation and, if refused, once in each 30 s after.
    private const int Rotation = 2 * Services;

    // One more than the eight above: the try when the servers are back.
    private const int OfOneKey = 9;

    private static readonly TimeSpan Life = TimeSpan.FromHours(72);
    private static readonly TimeSpan Recovery = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan[] Rotations = [Days(4), Days(11), Days(11) + TimeSpan.FromSeconds(40), Days(13.1), Days(20)];
    private static readonly (TimeSpan From, TimeSpan To)[] Outages =
    [
        (Days(6), Days(6) + TimeSpan.FromMinutes(20)),
        (Days(13), Days(13) + TimeSpan.FromHours(5)),
        (Days(22.5), Days(22.5) + TimeSpan.FromSeconds(40)),
        (Days(25), Days(25) + TimeSpan.FromHours(3)),
    ];

    private readonly AgentFixture _agent = new(random: new SharedRandom(20260101));
    private readonly DateTimeOffset _start;
    private readonly ConcurrentDictionary<string, LeafCertificate> _leaves = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly List<Task<CacheAnswer<LeafCertificate>>> _reads = [];
    private readonly SortedDictionary<long, int> _perMinute = [];
    private readonly Dictionary<string, int> _ofMinute = new(StringComparer.Ordinal);
    private readonly HashSet<string> _failing = new(StringComparer.Ordinal);
    private readonly int _busyAtRest = Enumerable.Range(0, 1000).Min(_ => Busy());
    private (long Second, int Count) _signed;
    private int _mostOfOneKey;
    private int _refusals;
    private int _issues;
    private bool _isAway;

    public LeafSoakTests() => _start = _agent.Clock.GetUtcNow();

    public void Dispose() => _agent.Dispose();

    [Fact]
    public Task Thirty_days_without_a_gap_a_storm_an_early_leaf_or_a_leak() =>
        Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static TimeSpan Days(double days) => TimeSpan.FromDays(days);

    private static int Busy()
    {
        ThreadPool.GetMaxThreads(out var most, out _);
        ThreadPool.GetAvailableThreads(out var free, out _);
        return most - free;
    }

    private void Run()
    {
        // Given: one loop for each leaf and one for the roots, each parked on one timer, and the sweeper's
        const int Parked = Services + 2;
        _agent.Servers.LeafLife = Life;
        _agent.Servers.VerifiesRequests = false;
        _agent.Servers.Signing = OnSigning;
        _agent.Watch.OnStored = OnStored;
        Read(Enumerable.Range(0, Services));
        Settle(Parked);

        // When
        foreach (var (at, action) in Script().OrderBy(step => step.At))
        {
            while (_agent.Clock.AdvanceToNext(_start + at))
            {
                Settle(Parked);
            }

            action();
            Settle(Parked);
        }

        // Then: no gap, no early leaf, no reader that failed
        _faults.Should().BeEmpty();
        _leaves.Should().HaveCount(Services);
        _issues.Should().BeInRange(Services * (10 + Rotations.Length), Services * (17 + Rotations.Length), "each lives 43.2 to 64.8 h of 720");
        _refusals.Should().BePositive("the soak shall meet the signer's limit");

        // Then: no storm
        _mostOfOneKey.Should().BeLessThanOrEqualTo(OfOneKey);
        foreach (var (minute, count) in _perMinute)
        {
            count.Should().BeLessThanOrEqualTo(BoundOf(TimeSpan.FromMinutes(minute)), "minute {0}", minute);
        }

        // Then: no leak
        (_agent.Cache.Count, _agent.Get<RootsWatch>().Waiting, _agent.Waiters, _agent.Servers.Running).Should().Be((Services + 1, Services, 1, 1));
        while (_agent.Clock.AdvanceToNext(_start + Days(30) + CacheOptions.IdleLife + CacheOptions.IdleLife + TimeSpan.FromHours(1)))
        {
            Settle(null);
        }

        Settle(1);
        (_agent.Cache.Count, _agent.Get<RootsWatch>().Waiting, _agent.Waiters, _agent.Servers.Running).Should().Be((0, 0, 0, 0));
    }

    private IEnumerable<(TimeSpan At, Action Do)> Script()
    {
        foreach (var at in Rotations)
        {
            yield return (at, _agent.Servers.Rotate);
            var settled = Outages.Where(outage => at >= outage.From && at < outage.To).Select(outage => outage.To).Append(at).Max();
            yield return (settled + Recovery, () => Note(_leaves.Values.All(IsOfActiveRoot), "a leaf of a former root is left"));
        }

        foreach (var (from, to) in Outages)
        {
            yield return (from, () => SetAway(true));
            yield return (to, () => SetAway(false));
            yield return (to + Recovery, () => Note(_failing.Count == 0, "an overdue leaf was not renewed after the outage (LEAF-82)"));
        }

        // Each service asks once a day, so that its entry stays (LEAF-24).
        for (var hour = 1; hour < 24 * 30; hour++)
        {
            var turn = hour % 24;
            yield return (TimeSpan.FromHours(hour) + TimeSpan.FromMinutes(7), () => Read(Enumerable.Range(0, Services).Where(i => i % 24 == turn)));
        }

        yield return (Days(30), () => Note(_leaves.Values.All(leaf => leaf.ValidBefore > _agent.Clock.GetUtcNow()), "a leaf has ended"));
    }

    private static int BoundOf(TimeSpan minute)
    {
        bool Within(TimeSpan from, TimeSpan to) => minute > from - TimeSpan.FromMinutes(1) && minute < to + Recovery;
        var rotates = minute < Recovery || Rotations.Any(at => Within(at, at))
            || Outages.Any(outage => Rotations.Any(at => at >= outage.From && at < outage.To) && Within(outage.To, outage.To));
        return rotates ? Rotation : Outages.Any(outage => Within(outage.From, outage.To)) ? Outage : Calm;
    }

    private void SetAway(bool isAway)
    {
        _isAway = isAway;
        _agent.Servers.Fail(isAway ? ScriptedServerClient.Unreachable() : null);
    }

    private void Read(IEnumerable<int> services)
    {
        Note(_reads.TrueForAll(read => read.IsCompletedSuccessfully && read.Result.Value.ValidBefore > _agent.Clock.GetUtcNow() - TimeSpan.FromHours(2)), "a read failed");
        _reads.Clear();
        _reads.AddRange(services.Select(i => _agent.LeafAsync($"service{i}")));
    }

    private bool IsOfActiveRoot(LeafCertificate leaf) => leaf.AuthorityKeyId == _agent.Servers.RootsAt(1).Value.Active!.SigningKeyId;

    // Under the server's lock, one at a time.
    private ServerException? OnSigning(ServiceId identity)
    {
        var now = _agent.Clock.GetUtcNow() - _start;
        var minute = (long)now.TotalMinutes;
        if (!_perMinute.TryGetValue(minute, out var count))
        {
            _ofMinute.Clear();
        }

        _perMinute[minute] = count + 1;
        var ofKey = _ofMinute[identity.Service] = _ofMinute.GetValueOrDefault(identity.Service) + 1;
        _mostOfOneKey = Math.Max(_mostOfOneKey, ofKey);
        if (_isAway)
        {
            _failing.Add(identity.Service);
            return ScriptedServerClient.Unreachable();
        }

        var second = (long)now.TotalSeconds;
        _signed = (second, _signed.Second == second ? _signed.Count + 1 : 1);
        if (_signed.Count > SignaturesPerSecond && now > TimeSpan.Zero)
        {
            _refusals++;
            return new ServerException(FailureKind.RateLimited, "Rate limit reached, try again later");
        }

        _failing.Remove(identity.Service);
        _issues++;
        return null;
    }

    private void OnStored(CacheEntry entry)
    {
        if (entry is not CacheEntry<LeafRequest, LeafCertificate> { Current.Value: { } leaf })
        {
            return;
        }

        if (_leaves.TryGetValue(leaf.Service, out var former))
        {
            var now = _agent.Clock.GetUtcNow();
            Note(now < former.ValidBefore, "a leaf ended before the next came");
            Note(former.AuthorityKeyId != leaf.AuthorityKeyId || now >= former.ValidAfter + (Life * 0.6), "a good leaf was replaced early (LEAF-40)");
        }

        _leaves[leaf.Service] = leaf;
    }

    private void Note(bool holds, string fault)
    {
        if (!holds)
        {
            _faults.Enqueue($"{_agent.Clock.GetUtcNow() - _start}: {fault}");
        }
    }

    /// <summary>Waits until every loop has done what the time has for it.</summary>
    /// <param name="timers">What is armed then; null: whatever.</param>
    private void Settle(int? timers)
    {
        var since = Stopwatch.GetTimestamp();
        var spin = default(SpinWait);
        while ((timers is { } parked && _agent.Clock.ArmedTimers != parked) || ThreadPool.PendingWorkItemCount > 0 || Busy() > _busyAtRest)
        {
            if (Stopwatch.GetElapsedTime(since) > AgentFixture.Patience)
            {
                throw new TimeoutException($"{_agent.Clock.GetUtcNow() - _start}: {_agent.Clock.ArmedTimers} timers are armed instead of {timers}");
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    // The loops draw from several threads.
    private sealed class SharedRandom(int seed) : Random(seed)
    {
        private readonly Lock _gate = new();

        public override double NextDouble()
        {
            lock (_gate)
            {
                return base.NextDouble();
            }
        }
    }
}
