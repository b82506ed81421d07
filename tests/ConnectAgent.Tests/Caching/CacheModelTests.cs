using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Timing;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Tests.Agent;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.Caching;

/// <summary>
/// Random interleavings of read, block, fetch outcomes, eviction and cancellation against a small model of the rules (CACHE-6 to CACHE-13, CACHE-18,
/// CACHE-21 to CACHE-24, CACHE-30, CACHE-32). FsCheck shrinks and prints the failing sequence.
/// </summary>
public sealed class CacheModelTests
{
    private enum Step
    {
        Read,
        Block,
        FetchOk,
        FetchSame,
        FetchFail,
        FetchBack,
        Evict,
        Cancel,
        Wait,
    }

    [Fact]
    public void The_engine_does_what_the_rules_say_in_every_order()
    {
        var steps = Gen.Elements(Enum.GetValues<Step>()).ListOf().Select(list => list.Take(40).ToArray());
        Prop.ForAll(Arb.From(steps, Shrink), sequence => RunAsync(sequence).WaitAsync(TimeSpan.FromSeconds(60)).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Soak.Of(400, 2000)));
    }

    private static IEnumerable<Step[]> Shrink(Step[] sequence) =>
        Enumerable.Range(0, sequence.Length).Select(left => sequence.Where((_, i) => i != left).ToArray());

    private static async Task RunAsync(IReadOnlyList<Step> sequence)
    {
        using var world = new World();
        foreach (var step in sequence)
        {
            await world.ApplyAsync(step);
        }
    }

    private sealed class World : IDisposable
    {
        private readonly AgentFixture _agent = new();
        private readonly SteeredKind _kind = new();
        private readonly List<Reader> _parked = [];
        private ulong _nextIndex = 10;
        private int _failures;
        private (string Text, ulong Index)? _value;
        private bool _isFetching;
        private bool _isSleeping;

        public World() => _agent.Cache.FetchLimits = new FetchLimits(1e9, 1_000_000);

        public void Dispose()
        {
            _agent.Dispose();
            _kind.Dispose();
            _kind.MostAtOnce.Should().BeLessThanOrEqualTo(1, "one fetch at a time for each key (CACHE-12, CACHE-24)");
        }

        public async Task ApplyAsync(Step step)
        {
            switch (step)
            {
                case Step.Read:
                    await ReadAsync(0);
                    break;
                case Step.Block:
                    await ReadAsync(_value?.Index ?? 0);
                    break;
                case Step.FetchOk when _isFetching:
                    await FetchedAsync(++_nextIndex);
                    break;
                case Step.FetchBack when _isFetching && _value is { Index: > 3 } value:
                    await FetchedAsync(value.Index - 2);
                    break;
                case Step.FetchSame when _isFetching && _value is not null:
                    _failures = 0;
                    await CompleteAsync(null);
                    break;
                case Step.FetchFail when _isFetching:
                    await FailAsync();
                    break;
                case Step.Evict when _isFetching || _isSleeping:
                    await EvictAsync();
                    break;
                case Step.Cancel when _parked.Count > 0:
                    await CancelAsync();
                    break;
                case Step.Wait when _isSleeping:
                    _agent.Clock.Advance(TimeSpan.FromSeconds(120));
                    await FetchStartsAsync();
                    break;
            }

            _parked.Should().NotContain(reader => reader.Answer.IsCompleted);
        }

        private async Task ReadAsync(ulong index)
        {
            var cancel = new CancellationTokenSource();
            var reader = new Reader(index, _agent.Cache.GetAsync(_kind, new SteeredRequest(), new CacheRead(new BlockingQuery(index)), cancel.Token).AsTask(), cancel);
            if (_value is { } value && index < value.Index)
            {
                var answer = await reader.Answer.WaitAsync(AgentFixture.Patience);
                (answer.Value, answer.Index, answer.Hit).Should().Be((value.Text, value.Index, true));
                return;
            }

            // CACHE-23: a reader wakes a loop that sleeps in its back-off.
            _parked.Add(reader);
            if (!_isFetching)
            {
                await FetchStartsAsync();
            }
        }

        private async Task FetchedAsync(ulong index)
        {
            var back = _value is { } before && index < before.Index;
            _value = ($"value {index}", index);
            _failures = 0;
            await CompleteAsync(new ServerRead<string>($"value {index}", index));
            foreach (var reader in _parked.Where(reader => back || reader.MinIndex < index).ToList())
            {
                var answer = await reader.Answer.WaitAsync(AgentFixture.Patience);
                (answer.Value, answer.Index, answer.Hit).Should().Be(($"value {index}", index, false));
                _parked.Remove(reader);
            }
        }

        private async Task CompleteAsync(ServerRead<string>? read)
        {
            _kind.Complete(read);
            await FetchStartsAsync();
        }

        private async Task FailAsync()
        {
            _isFetching = false;
            _kind.Fail();
            foreach (var reader in _parked)
            {
                await ((Func<Task>)(() => reader.Answer.WaitAsync(AgentFixture.Patience))).Should().ThrowAsync<ServerException>("CACHE-9");
            }

            _parked.Clear();
            if (_value is null)
            {
                // CACHE-30: nothing stays of a first fetch that failed.
                await EmptyAsync();
                return;
            }

            _failures++;
            var pause = RefreshBackoff.Pause(_failures, 0.5);
            if (pause == TimeSpan.Zero)
            {
                await FetchStartsAsync();
                return;
            }

            await _agent.Clock.ArmedAsync(delay => delay == pause);
            _isSleeping = true;
        }

        private async Task EmptyAsync()
        {
            while (true)
            {
                var next = _agent.Cache.Changes.Next;
                if (_agent.Cache.Count == 0)
                {
                    return;
                }

                await next.WaitAsync(AgentFixture.Patience);
            }
        }

        private async Task EvictAsync()
        {
            _agent.Cache.Drop(_agent.Cache.Entries.Single()).Should().BeTrue();
            (_value, _failures, _isFetching, _isSleeping) = (null, 0, false, false);
            if (_parked.Count > 0)
            {
                // CACHE-32: who waited starts over with a new entry; the next step may only come when all have.
                await FetchStartsAsync();
                while (_agent.Cache.Entries.Sum(entry => entry.Waiters) != _parked.Count)
                {
                    await Task.Yield();
                }
            }
            else
            {
                _agent.Cache.Count.Should().Be(0);
            }
        }

        private async Task CancelAsync()
        {
            var reader = _parked[0];
            _parked.RemoveAt(0);
            await reader.Cancel.CancelAsync();
            await ((Func<Task>)(() => reader.Answer.WaitAsync(AgentFixture.Patience))).Should().ThrowAsync<OperationCanceledException>();
        }

        private async Task FetchStartsAsync()
        {
            await _kind.StartedAsync();
            (_isFetching, _isSleeping) = (true, false);
        }
    }

    private sealed record Reader(ulong MinIndex, Task<CacheAnswer<string>> Answer, CancellationTokenSource Cancel);

    private sealed record SteeredRequest() : CacheRequest("dc1", string.Empty)
    {
        public override string Key => "only";
    }

    /// <summary>Its fetches end when the test says so.</summary>
    private sealed class SteeredKind : CacheKind<SteeredRequest, string>, IDisposable
    {
        private readonly SemaphoreSlim _started = new(0);
        private TaskCompletionSource<ServerRead<string>?> _outcome = new();

        public override string Name => "steered";

        public override long SizeOf(string value) => value.Length;

        public int MostAtOnce { get; private set; }

        public async Task StartedAsync() => (await _started.WaitAsync(AgentFixture.Patience)).Should().BeTrue("a fetch starts");

        public void Dispose() => _started.Dispose();

        public void Complete(ServerRead<string>? read) => _outcome.SetResult(read);

        public void Fail() => _outcome.SetException(ScriptedServerClient.Unreachable());

        public override async Task<ServerRead<string>?> FetchAsync(
            FetchContext<SteeredRequest, string> context, CancellationToken cancellationToken)
        {
            // Counted for each entry: a dropped one may still be ending while the next begins.
            var running = context.State.Get<Running>();
            MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref running.Count));
            try
            {
                var outcome = _outcome = new TaskCompletionSource<ServerRead<string>?>(TaskCreationOptions.RunContinuationsAsynchronously);
                _started.Release();
                return await outcome.Task.WaitAsync(cancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref running.Count);
            }
        }

        private sealed class Running
        {
            public int Count;
        }
    }
}
