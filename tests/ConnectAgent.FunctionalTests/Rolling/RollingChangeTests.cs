using System.Text;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;
using Xunit.Abstractions;

namespace ConnectAgent.FunctionalTests.Rolling;

/// <summary>
/// Agents decide and hold reads while their servers come and go: three ways to one server, which are broken one after the other, and the server's process,
/// which ends, by request and by force, and comes back. Three ways to one state are what a cluster is to an agent (there is no replication).
/// The short form is one turn with four agents; <c>SOAK=1</c> has eight and goes on turning for five minutes.
/// </summary>
public sealed class RollingChangeTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly int Agents = Soak.Of(4, 8);
    private const int QuietMisses = 15;
    private static readonly NetworkFault[] Faults = [NetworkFault.BlackHole, NetworkFault.Reset, NetworkFault.Cut];
    private static readonly TimeSpan Ever = TimeSpan.FromDays(1);
    private readonly RollingState _state = new();
    private RollingServer _server = null!;
    private readonly RollingFigures _figures = new();
    private TcpProxy[] _ways = [];
    private RollingAgent[] _agents = [];
    private int _broken;

    private static TimeSpan Length => TimeSpan.FromMinutes(Soak.Of(0, 5));

    public async Task InitializeAsync()
    {
        _server = await RollingServer.CreateAsync();
        _ways = [.. Enumerable.Range(0, 3).Select(_ => TcpProxy.To(_server.Process.Address))];
        _agents = await Task.WhenAll(Enumerable.Range(0, Agents).Select(_ => RollingAgent.StartAsync(_state, _ways.Select(way => way.Address))));
    }

    public async Task DisposeAsync()
    {
        foreach (var agent in _agents)
        {
            await agent.DisposeAsync();
        }

        foreach (var way in _ways)
        {
            await way.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    [Fact] // agent-cache CACHE-9, CACHE-18, CACHE-29; http-conventions IDX-10
    public async Task While_servers_come_and_go_no_decision_is_wrong()
    {
        // Given
        var writer = new RollingWriter(_state, [.. _agents.Select(static agent => agent.Process)]);
        await FillAsync(writer);
        await MissQuietlyAsync();
        using var enough = new CancellationTokenSource();
        using var end = new CancellationTokenSource();
        var writing = Task.Run(() => writer.RunAsync(enough.Token));
        var users = _agents.Select((agent, seed) => Task.Run(() => agent.RunAsync(seed, end.Token))).ToList();

        // When
        var start = _state.Now;
        for (var turn = 0; turn == 0 || _state.Now - start < Length; turn++)
        {
            await TurnAsync(turn);
        }

        var took = _state.Now - start;
        await enough.CancelAsync();
        await writing;
        await writer.FinishAsync(_server.Process);

        // Then: who was parked has the news, and who asks hears what the server says
        await ArrivedAsync([.. _state.Intentions.Select(static history => history.Newest)]);
        var key = await _server.ActiveKeyAsync();
        foreach (var agent in _agents)
        {
            await ClientAgent.UntilAsync(() => Task.FromResult(agent.HasKey(key)));
        }

        await end.CancelAsync();
        await Task.WhenAll(users);
        await AgreeAsync();

        // Then
        var (wrong, staleness) = Verdict();
        Report(took, writer, staleness);
        wrong.Should().BeEmpty();
        _figures.Failed("miss, all ways up, under load").Should().Be(0);
    }

    private async Task FillAsync(RollingWriter writer)
    {
        _state.Keys.Add(await _server.ActiveKeyAsync());
        _state.Roots.Commit(_state.Roots.Begin(_state.Now), _state.Now);
        using var deny = new StringContent("{\"Action\":\"deny\"}", Encoding.UTF8, "application/json");
        using var denied = await _server.Process.Http.PutAsync(new Uri("/v1/connect/intentions/exact?source=denied&destination=*", UriKind.Relative), deny);
        denied.EnsureSuccessStatusCode();
        await writer.FinishAsync(_server.Process);
        await Task.WhenAll(_agents.Select(static agent => agent.WarmAsync()));
    }

    // In turns, so that what the machine does besides falls on both alike.
    private async Task MissQuietlyAsync()
    {
        for (var i = 0; i < QuietMisses * Agents; i++)
        {
            var kind = i < Agents * 3 ? "(first ones) " : string.Empty;
            _figures.Add(kind + "miss, quiet, at the server itself", await RollingAgent.MissAsync(_server.Process, i, _agents[0].Wrong));
            _figures.Add(kind + "miss, quiet, through a server", await _agents[i % Agents].MissAsync());
        }
    }

    private async Task TurnAsync(int turn)
    {
        await BreakAsync(_ways[0], Faults[turn % 3]);
        await RestartAsync("TERM");
        await BreakAsync(_ways[1], Faults[(turn + 1) % 3]);
        await MissAllAsync("miss, all ways up, under load");
        await BreakAsync(_ways[2], Faults[(turn + 2) % 3], rotates: true);
        await RestartAsync("KILL", isLong: turn % 5 == 2);
    }

    // It stays broken until what was written since is everywhere.
    private async Task BreakAsync(TcpProxy way, NetworkFault fault, bool rotates = false)
    {
        using var broken = _state.Break();
        way.Set(fault);
        _broken++;
        var misses = MissAllAsync($"miss, one way of three is lost by {fault}");
        if (rotates)
        {
            var generation = _state.Roots.Begin(_state.Now);
            _state.Keys.Add(await _server.RotateAsync());
            _state.Roots.Commit(generation, _state.Now);
        }

        await NewsArriveAsync();
        await misses;
        way.Set(NetworkFault.None);
    }

    // It stays away until each agent has decided a hundred times without it; for long: until none of them would ask again by itself for half a minute.
    private async Task RestartAsync(string signal, bool isLong = false)
    {
        using var broken = _state.Break();
        await _server.StopAsync(signal);
        foreach (var (agent, before) in _agents.Select(static agent => (agent, agent.Decisions)).ToList())
        {
            await ClientAgent.UntilAsync(() => Task.FromResult(agent.Decisions >= before + 100));
            if (isLong)
            {
                await agent.IsPatientAsync(TimeSpan.FromSeconds(30));
            }
        }

        var back = _state.Now;

        await _server.StartAsync();
        await NewsArriveAsync();
        _figures.Add(isLong ? "news everywhere after a long absence" : "news everywhere after a restart", ((_state.Now - back).TotalMilliseconds, null));
    }

    private async Task MissAllAsync(string what)
    {
        foreach (var one in await Task.WhenAll(_agents.Select(static agent => agent.MissAsync())))
        {
            _figures.Add(what, one);
        }
    }

    private async Task NewsArriveAsync()
    {
        int[] goals = [.. _state.Intentions.Select(static history => history.Count)];
        await ClientAgent.UntilAsync(() => Task.FromResult(goals.Zip(_state.Intentions).All(static pair => pair.Second.Newest >= pair.First)));
        await ArrivedAsync(goals);
    }

    private Task ArrivedAsync(IReadOnlyList<int> generations) =>
        Task.WhenAll(_agents.Select(agent => ClientAgent.UntilAsync(() => agent.HasAsync(generations))));

    private async Task AgreeAsync()
    {
        foreach (var (name, peer) in RollingState.Targets.SelectMany(static name => Enumerable.Range(0, RollingState.Peers).Select(peer => (name, peer))))
        {
            var right = (await _server.Process.AuthorizeAsync(name, "p" + peer)).Body;
            foreach (var agent in _agents)
            {
                (await agent.Process.AuthorizeAsync(name, "p" + peer)).Body.Should().Be(right, "{0} {1}", name, peer);
            }
        }
    }

    private (List<string> Wrong, TimeSpan Staleness) Verdict()
    {
        List<string> wrong = [];
        var longest = TimeSpan.Zero;
        foreach (var (agent, number) in _agents.Select(static (agent, number) => (agent, number)))
        {
            wrong.AddRange(agent.Wrong.Select(text => $"agent {number}: {text}"));
            for (var target = 0; target < RollingState.Targets.Length; target++)
            {
                longest = Take(number, RollingState.Targets[target], _state.Intentions[target], _state.Bound, agent.AnswersAbout(target));
            }

            Take(number, "roots", _state.Roots, _state.Bound, OfKeys(agent.Roots));

            // A leaf is replaced when there is a signer; it must not go back.
            Take(number, "leaf", _state.Roots, static _ => Ever, OfKeys(agent.Leaves));
        }

        return (wrong, longest);

        TimeSpan Take(int agent, string of, StateHistory history, Func<TimeSpan, TimeSpan> bound, IEnumerable<Answer> answers)
        {
            var judge = new Judge(history, bound);
            wrong.AddRange(judge.Of(answers).Take(5).Select(text => $"agent {agent}, {of}: {text}"));
            return judge.LongestStaleness > longest ? judge.LongestStaleness : longest;
        }
    }

    private IEnumerable<Answer> OfKeys(IEnumerable<(TimeSpan Start, TimeSpan End, string Key)> seen) =>
        seen.Select(one => new Answer(one.Start, one.End, _state.Keys.IndexOf(one.Key)));

    private void Report(TimeSpan took, RollingWriter writer, TimeSpan staleness)
    {
        output.WriteLine($"{took.TotalSeconds:0} s, {_broken} ways broken, {_server.Restarts} restarts, {_state.Keys.Count - 1} rotations, {writer.Written} changes ({writer.Failed} calls of the writer found no server)");
        output.WriteLine($"{_agents.Sum(static agent => agent.Decisions)} decisions, {_agents.Sum(static agent => agent.Wakes)} wakes, {_agents.Sum(static agent => agent.ParkedFailures)} parked reads told that no server is there");
        output.WriteLine($"longest staleness of an answer {staleness.TotalSeconds:0.00} s");
        output.WriteLine("decision: " + RollingFigures.Of(_agents.SelectMany(static agent => agent.Hits)));
        output.WriteLine("news to who is parked: " + RollingFigures.Of(_agents.SelectMany(agent => agent.Woken.SelectMany((woken, target) => woken
            .Where(static answer => answer.Generation is > 0)
            .DistinctBy(static answer => answer.Generation) // after a restart the same state may come with a higher index
            .Select(answer => Math.Max(0, (answer.End - _state.Intentions[target].CommittedAt(answer.Generation!.Value)!.Value).TotalMilliseconds))))));
        foreach (var line in _figures.Lines())
        {
            output.WriteLine(line);
        }
    }
}
