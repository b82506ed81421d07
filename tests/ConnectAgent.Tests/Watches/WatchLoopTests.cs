using System.Text;
using ConnectAgent.Client.Api;
using ConnectAgent.Testing;
using ConnectAgent.Watches;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Watches;

/// <summary>clients WATCH-1 to WATCH-3, of the command line and of the configuration alike.</summary>
public sealed class WatchLoopTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly CancellationTokenSource _end = new();
    private readonly List<string> _changes = [];
    private readonly List<string> _failures = [];

    public void Dispose() => _end.Dispose();

    [Fact] // WATCH-2, WATCH-3: the index goes on; what is the same is dropped; one that went backwards is asked anew
    public async Task A_watch_by_index_goes_on_where_it_was()
    {
        Queue<HttpDouble.Answer> answers = new([new(Body: "1", Index: 5), new(Body: "1", Index: 6), new(Body: "2", Index: 7), new(Body: "3", Index: 2), new(Body: "3", Index: 3), new(IsHeld: true)]);
        await using var agent = new HttpDouble(_ => answers.Dequeue());
        var running = RunAsync(agent, new WatchTarget { Type = "service", Service = "a b", Tags = ["x", "y"], PassingOnly = true, Datacenter = "dc2" });
        List<string> targets = [];
        for (var request = 0; request < 6; request++)
        {
            targets.Add((await agent.NextAsync()).Target);
        }

        const string Target = "/v1/health/service/a%20b?dc=dc2&{0}passing=1&tag=x&tag=y";
        targets.Should().Equal(new[] { string.Empty, "index=5&", "index=6&", "index=7&", string.Empty, "index=3&" }.Select(index => string.Format(null, Target, index)));
        _changes.Should().Equal("1", "2", "3");
        await EndAsync(running);
    }

    [Fact] // WATCH-1
    public async Task A_watch_of_a_service_of_the_agent_goes_by_its_hash()
    {
        Queue<HttpDouble.Answer> answers = new([new(Body: "1", Hash: "abc"), new(Body: "2", Hash: "def"), new(IsHeld: true)]);
        await using var agent = new HttpDouble(_ => answers.Dequeue());
        var running = RunAsync(agent, new WatchTarget { Type = "agent_service", ServiceId = "web" });
        new[] { (await agent.NextAsync()).Target, (await agent.NextAsync()).Target, (await agent.NextAsync()).Target }
            .Should().Equal("/v1/agent/service/web", "/v1/agent/service/web?hash=abc", "/v1/agent/service/web?hash=def");
        _changes.Should().HaveCount(2);
        await EndAsync(running);
    }

    [Fact] // design.md 8: index 0 never makes a busy loop
    public async Task What_cannot_be_held_is_asked_for_with_a_pause()
    {
        await using var agent = new HttpDouble();
        var running = RunAsync(agent, new WatchTarget { Type = "services" });
        await agent.NextAsync();
        await _clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(5));
        _clock.Advance(TimeSpan.FromSeconds(5));
        await agent.NextAsync();
        await _clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(5));
        _changes.Should().ContainSingle();
        await EndAsync(running);
    }

    [Fact] // WATCH-3: 5 s times the square of their number, at most 180 s
    public async Task Failures_are_spaced_out()
    {
        await using var agent = new HttpDouble(static _ => new HttpDouble.Answer(Status: 500, Body: "no"));
        var running = RunAsync(agent, new WatchTarget { Type = "connect_roots" });
        foreach (var seconds in new[] { 5, 20, 45, 80, 125, 180, 180 })
        {
            await agent.NextAsync();
            await _clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(seconds));
            _clock.Advance(TimeSpan.FromSeconds(seconds));
        }

        await agent.NextAsync();
        _failures.Should().HaveCountGreaterThanOrEqualTo(7).And.OnlyContain(failure => failure == "Unexpected response code: 500 (no)");
        await EndAsync(running);
    }

    [Theory]
    [InlineData(null, "Watch type must be specified")]
    [InlineData("nope", "Unsupported watch type: nope")]
    [InlineData("service", "Failed to parse watch params: Must specify a single service to watch")]
    [InlineData("key", "Watches of type key are not part of this product: it has no key/value store and no user events.")]
    public void A_watch_that_cannot_be_is_refused(string? type, string expected) =>
        new WatchTarget { Type = type }.Invoking(WatchPlan.Of).Should().Throw<WatchException>().WithMessage(expected);

    private async Task RunAsync(HttpDouble agent, WatchTarget target)
    {
        using var api = AgentApi.Open(new ApiOptions { Address = agent.Address });
        var answers = api.FollowAsync(
            WatchPlan.Of(target).Request,
            error =>
            {
                _failures.Add(error.Message);
                return Task.CompletedTask;
            },
            _end.Token,
            _clock);
        await foreach (var answer in answers)
        {
            _changes.Add(Encoding.UTF8.GetString(answer.Body.Span));
        }
    }

    private async Task EndAsync(Task running)
    {
        await _end.CancelAsync();
        await running.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
    }
}
