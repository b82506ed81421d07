using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Answers of a broken or hostile server: refused with a clear error and counted, and what was known stays (agent-cache CACHE-9, CACHE-29).</summary>
public sealed class HostileServerTests : IAsyncLifetime
{
    private readonly ScriptedConsulServer _server = ScriptedConsulServer.Start(setsNodeApart: true);
    private AgentProcess _agent = null!;

    /// <summary>What is asked for, and what comes.</summary>
    public static TheoryData<string, string> Answers => new()
    {
        { "roots", """{"ActiveRootID":7,"TrustDomain":[],"Roots":{}}""" },
        { "roots", """{"ActiveRootID":"a","TrustDomain":"x.consul","Roots":[{"ID":"a","Active":true,"RootCert":"no certificate"}]}""" },
        { "roots", """{"ActiveRootID":"a","TrustDomain":"x.consul","Roots":[""" },
        { "roots", "[]" },
        { "roots", "huge" },
        { "match", """{"db":"allow"}""" },
        { "match", """{"db":[{"SourceName":"*","DestinationName":"db","Action":7}]}""" },
        { "match", """{"other":[]}""" },
        { "match", """{"db":[{"SourceName":"*",""" },
        { "match", "huge" },
        { "health", """{"Node":{}}""" },
        { "health", """[null]""" },
        { "health", """[{"Node":{"Node":"n1"},"Service":"db","Checks":[]}]""" },
        { "health", """[{"Node":{"Node":"n1"},"Service":{"Service":"db"},"Checks":[{"Status":7}]}]""" },
        { "health", """[{"Node":{"Node":"","Service":{"Service":"db"},"Checks":[]}}]""" },
        { "health", """[{"Node":{"Node":"n1"},""" },
        { "health", "huge" },
        { "revoked", """{"Revoked":[{"SerialNumber":"01","SpiffeID":"spiffe://x/y"}]}""" },
        { "revoked", """{"Revoked":7}""" },
        { "revoked", "huge" },
    };

    public async Task InitializeAsync() => _agent = await AgentProcess.StartClientAsync(
        [_server.Address], new JsonObject { ["telemetry"] = new JsonObject { ["prometheus_retention_time"] = "1m" } });

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task What_is_no_answer_replaces_nothing_and_is_counted(string asked, string json)
    {
        // Given
        _server.Content.SetIntentions([new() { SourceName = "web", DestinationName = "db", Action = "deny" }]);
        _server.Content.SetHealth("db", connect: true, HealthInstances.Of("n1", "db-proxy"));
        var warm = await _agent.WarmAsync();
        var upstream = await _agent.GetAsync("/v1/health/connect/db?cached");
        upstream.List.Should().HaveCount(1);
        await _server.SeenAsync(1, request => IsAsked(request) && request.Holds);
        (await RefusedAsync()).Should().Be(0);

        // When
        _server.Script(request => IsAsked(request) ? ScriptedAnswer.Ok(json == "huge" ? new string(' ', 9 * 1024 * 1024) + "{}" : json, 99) : null);
        await ClientAgent.UntilAsync(async () => await RefusedAsync() > 0);

        // Then
        await _agent.StillServesAsync(warm, knownLeader: null);
        ((bool)(await _agent.AuthorizeAsync("db")).Json["Authorized"]!).Should().BeFalse();
        (await _agent.GetAsync("/v1/health/connect/db?cached")).Body.Should().Be(upstream.Body);
        List<JsonNode?> failing = [];
        await ClientAgent.UntilAsync(async () => (failing = [.. (await _agent.GetAsync("/v1/agent/connect/cache")).List
            .Where(entry => entry!["LastError"] is not null)]).Count > 0);
        failing.Should().OnlyContain(entry => entry!["LastError"]!["Text"]!.ToString().Contains(_server.Address.Authority, StringComparison.Ordinal));
        _server.Heal();
        await _agent.RecoveredAsync();

        bool IsAsked(ScriptedRequest request) => asked switch
        {
            "roots" => request.IsRoots,
            "match" => request.IsMatch,
            "health" => request.IsHealth,
            _ => request.Path == "/v1/connect/ca/revoked",
        };
    }

    [Theory] // an index is no time, and whatever it does it makes no loop (IDX-10)
    [InlineData("0")]
    [InlineData("18446744073709551615")]
    [InlineData("1")]
    public async Task An_index_that_jumps_is_believed_and_makes_no_loop(string index)
    {
        // Given
        var warm = await _agent.WarmAsync();
        await _server.SeenAsync(1, request => request.IsRoots && request.Holds);
        var roots = JsonSerializer.Serialize(_server.Content.RootsAt(1).Value);
        var before = _server.Requests.Count(request => request.IsRoots);
        _server.Script(request => request.IsRoots ? ScriptedAnswer.Ok(roots, ulong.Parse(index)) : null);

        // When: as long as another entry takes to be filled two hundred times
        for (var i = 0; i < 200; i++)
        {
            (await _agent.AuthorizeAsync($"other-{i}")).Status.Should().Be(200);
        }

        // Then
        await _agent.StillServesAsync(warm, knownLeader: null);
        _server.Requests.Skip(before).Count(request => request.IsRoots).Should().BeLessThan(200);
        _server.Heal();
        _server.Content.Rotate();
        await ClientAgent.UntilAsync(async () => (string)(await _agent.RootsAsync()).Json["ActiveRootID"]! != warm.ActiveRootId);
    }

    [Fact] // a signer that answers with the leaf of another service
    public async Task A_leaf_for_another_service_is_given_to_nobody()
    {
        // Given
        var warm = await _agent.WarmAsync();
        _server.Script(request => request.IsSign
            ? ScriptedAnswer.Ok(new JsonObject { ["CertPEM"] = warm.CertPem, ["ModifyIndex"] = 99 }.ToJsonString(), index: null) : null);

        // When
        var other = await _agent.LeafAsync("api");

        // Then
        (other.Status, other.Body).Should().Be((500, "the signer returned a certificate for another key"));
        await _agent.StillServesAsync(warm, knownLeader: true);
    }

    private async Task<double> RefusedAsync() => (await _agent.GetAsync("/v1/agent/metrics?format=prometheus")).Body.Split('\n')
        .Where(line => line.StartsWith("connect_agent_servers_refused_total ", StringComparison.Ordinal))
        .Sum(line => double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));
}
