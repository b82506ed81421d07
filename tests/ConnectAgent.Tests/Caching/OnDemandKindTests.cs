using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Timing;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Tests.Agent;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Caching;

/// <summary>Kinds that are fetched when asked and not kept fresh (agent-cache CACHE-7, CACHE-20, CACHE-41).</summary>
public sealed class OnDemandKindTests : IDisposable
{
    private readonly AgentFixture _agent = new();
    private readonly OnDemandKind _kind = new();

    public void Dispose() => _agent.Dispose();

    [Fact] // CACHE-7, CACHE-27
    public async Task A_value_serves_at_any_age_unless_the_reader_bounds_it()
    {
        (await ReadAsync()).Hit.Should().BeFalse();
        _agent.Clock.Advance(TimeSpan.FromSeconds(30));
        var old = await ReadAsync();
        (old.Hit, old.Age, _kind.Fetches).Should().Be((true, TimeSpan.FromSeconds(30), 1));
        (await ReadAsync(new CacheRead(MaxAge: TimeSpan.FromSeconds(30)))).Hit.Should().BeTrue();
        var young = await ReadAsync(new CacheRead(MaxAge: TimeSpan.FromSeconds(29)));
        (young.Hit, young.Age, _kind.Fetches).Should().Be((false, TimeSpan.Zero, 2));
        (await ReadAsync(new CacheRead(MustRevalidate: true))).Hit.Should().BeFalse();
        _kind.Fetches.Should().Be(3);
        (await ReadAsync(new CacheRead(new BlockingQuery(99)))).Hit.Should().BeTrue("a kind without an index does not block");
    }

    [Theory] // CACHE-41; section 12, test 12
    [InlineData(null, false, null, "value")]
    [InlineData(5, false, null, "error")]
    [InlineData(null, true, null, "error")]
    [InlineData(5, false, 60, "value")]
    [InlineData(null, true, 60, "value")]
    [InlineData(5, false, 10, "error")]
    [InlineData(null, true, 10, "error")]
    public async Task After_a_forced_fetch_failed_the_old_value_serves_only_for_who_said_so(int? maxAge, bool mustRevalidate, int? staleIfError, string expected)
    {
        await ReadAsync();
        _agent.Clock.Advance(TimeSpan.FromSeconds(10));
        _kind.Failure = ScriptedServerClient.Unreachable();
        var read = new CacheRead(MaxAge: Seconds(maxAge), MustRevalidate: mustRevalidate, StaleIfError: Seconds(staleIfError));
        if (expected == "error")
        {
            await ((Func<Task>)(() => ReadAsync(read))).Should().ThrowAsync<ServerException>();
            return;
        }

        var answer = await ReadAsync(read);
        (answer.Hit, answer.Age).Should().Be((true, TimeSpan.FromSeconds(10)));
    }

    [Fact] // CACHE-9: a failed first fetch leaves nothing, and the next read tries again
    public async Task A_failed_first_fetch_is_tried_again_at_the_next_read()
    {
        _kind.Failure = ScriptedServerClient.Unreachable();
        await ((Func<Task>)(() => ReadAsync())).Should().ThrowAsync<ServerException>();
        await ((Func<Task>)(() => ReadAsync())).Should().ThrowAsync<ServerException>();
        (_kind.Fetches, _agent.Cache.Count).Should().Be((2, 0));
    }

    [Fact] // CACHE-20; section 12, test 10
    public async Task A_limited_fetch_waits_and_a_reload_holds_for_existing_entries()
    {
        _agent.Cache.FetchLimits = new FetchLimits(1, 1);
        await ReadAsync();
        var second = ReadAsync(new CacheRead(MustRevalidate: true));
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(1));
        _kind.Fetches.Should().Be(1);
        _agent.Clock.Advance(TimeSpan.FromSeconds(1));
        await second.WaitAsync(AgentFixture.Patience);
        _agent.Cache.FetchLimits = new FetchLimits(1, 3);
        _agent.Clock.Advance(TimeSpan.FromSeconds(3));
        for (var i = 0; i < 3; i++)
        {
            await ReadAsync(new CacheRead(MustRevalidate: true)).WaitAsync(AgentFixture.Patience);
        }

        _kind.Fetches.Should().Be(5);
    }

    private static TimeSpan? Seconds(int? seconds) => seconds is { } count ? TimeSpan.FromSeconds(count) : null;

    private Task<CacheAnswer<string>> ReadAsync(CacheRead read = default) =>
        _agent.Cache.GetAsync(_kind, new OnDemandRequest(), read, CancellationToken.None).AsTask();

    private sealed record OnDemandRequest() : CacheRequest("dc1", string.Empty)
    {
        public override string Key => "only";
    }

    private sealed class OnDemandKind : CacheKind<OnDemandRequest, string>
    {
        public override string Name => "on-demand";

        public override long SizeOf(string value) => value.Length;

        public override bool Refreshes => false;

        public override bool Blocks => false;

        public int Fetches { get; private set; }

        public ServerException? Failure { get; set; }

        public override Task<ServerRead<string>?> FetchAsync(FetchContext<OnDemandRequest, string> context, CancellationToken cancellationToken)
        {
            Fetches++;
            return Failure is { } failure
                ? throw failure.ToThrow()
                : Task.FromResult<ServerRead<string>?>(new ServerRead<string>($"value {Fetches}", (ulong)Fetches));
        }
    }
}
