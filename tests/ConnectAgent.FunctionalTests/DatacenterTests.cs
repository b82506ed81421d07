using System.Text.Json;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Datacenters besides the agent's own (http-conventions DC-1, DC-3; agent-cache CACHE-2, CACHE-30).</summary>
public sealed class DatacenterTests : IAsyncLifetime
{
    private readonly ScriptedConsulServer _server = ScriptedConsulServer.Start(setsNodeApart: true);
    private AgentProcess _agent = null!;

    public async Task InitializeAsync() => _agent = await AgentProcess.StartClientAsync([_server.Address]);

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory] // no entry, and no loop
    [InlineData("/v1/agent/connect/ca/roots?dc=nowhere")]
    [InlineData("/v1/agent/connect/ca/leaf/web?dc=nowhere")]
    [InlineData("/v1/connect/intentions/match?by=destination&name=db&cached&dc=nowhere")]
    public async Task An_unknown_one_is_an_error_and_leaves_nothing_behind(string path)
    {
        for (var i = 0; i < 3; i++)
        {
            var answer = await _agent.GetAsync(path);
            (answer.Status, answer.Body).Should().Be((500, "No path to datacenter"));
        }

        (await _agent.GetAsync("/v1/agent/connect/cache")).List.Should().BeEmpty();
        var asked = _server.Requests.Count(request => request.First("dc") == "nowhere");
        asked.Should().Be(3, "one for each caller: nothing negative is remembered");
        var servers = (await _agent.GetAsync("/v1/agent/connect/servers")).List.Single()!;
        servers["State"]!.ToString().Should().NotBe("failing", "it answered");
        await _agent.WarmAsync();
        _server.Requests.Count(request => request.First("dc") == "nowhere").Should().Be(asked);
    }

    [Fact] // the servers answer for all they know
    public async Task What_is_forwarded_carries_its_own_datacenter()
    {
        _server.Script(_ => ScriptedAnswer.Text(500, "No path to datacenter"));
        var answer = await _agent.GetAsync("/v1/catalog/nodes?dc=nowhere");
        (answer.Status, answer.Body).Should().Be((500, "No path to datacenter"));
        _server.Requests.Should().ContainSingle().Which.Target.Should().Be("/v1/catalog/nodes?dc=nowhere");
    }

    [Fact] // CACHE-2
    public async Task Another_one_has_entries_of_its_own()
    {
        // Given
        var far = new ScriptedServerClient(TimeProvider.System);
        far.Rotate();
        var never = new TaskCompletionSource<ScriptedAnswer?>();
        var document = ScriptedAnswer.Ok(JsonSerializer.Serialize(far.RootsAt(7).Value), 7);
        _server.Script(request => request.First("dc") != "dc2" || !request.IsRoots ? Task.FromResult<ScriptedAnswer?>(null)
            : request.Holds ? never.Task : Task.FromResult<ScriptedAnswer?>(document));

        // When
        var own = await _agent.RootsAsync();
        var other = await _agent.RootsAsync("?dc=dc2");
        var blocked = _agent.RootsAsync("?dc=dc2&index=7&wait=60s");
        await _agent.WaitedOnAsync("connect-ca-root");
        _server.Content.Rotate();
        await ClientAgent.UntilAsync(async () => (await _agent.RootsAsync()).Index > own.Index);

        // Then
        ((string)other.Json["ActiveRootID"]!).Should().NotBe((string)own.Json["ActiveRootID"]!);
        blocked.IsCompleted.Should().BeFalse("a change here is none there");
        var again = await _agent.RootsAsync("?dc=dc2");
        (again.Index, again.Header("X-Cache"), (string)again.Json["ActiveRootID"]!).Should().Be((7UL, "HIT", (string)other.Json["ActiveRootID"]!));
        (await _agent.GetAsync("/v1/agent/connect/cache?kind=connect-ca-root")).List.Select(entry => (string)entry!["Datacenter"]!)
            .Should().BeEquivalentTo(["dc1", "dc2"]);
        never.SetResult(ScriptedAnswer.Ok(JsonSerializer.Serialize(far.RootsAt(7).Value), 9));
        (await blocked).Index.Should().Be(9);
    }
}
