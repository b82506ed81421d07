using System.Net;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>The window into the cache, the metrics, and the sealed file, on the published daemon.</summary>
public sealed class CacheWindowTests
{
    private const string Secret = "5ec3e7ab-9999-1111-2222-333344445555";
    private static readonly int Kills = Soak.Of(10, 200);

    [Fact]
    public async Task Every_live_entry_is_listed_and_no_token_shows()
    {
        // Given
        await using var agent = await AgentProcess.StartAsync();
        await GetAsync(agent, "/v1/agent/connect/ca/roots");
        await GetAsync(agent, "/v1/agent/connect/ca/leaf/web?token=" + Secret);
        await GetAsync(agent, "/v1/connect/intentions/match?by=destination&name=db&cached");

        // When
        var text = await agent.Http.GetStringAsync(new Uri("/v1/agent/connect/cache?pretty", UriKind.Relative));

        // Then
        text.Should().NotContain(Secret);
        var entries = JsonNode.Parse(text)!.AsArray();
        entries.Select(entry => (string)entry!["Kind"]!).Should().Equal("connect-ca-leaf", "connect-ca-root", "intention-match");
        entries.Select(entry => (string)entry!["State"]!).Should().Equal("scheduled", "fresh", "fresh");
        entries.Should().OnlyContain(entry => (long)entry!["Index"]! > 0 && (long)entry["SizeBytes"]! >= 0);
        var leaf = entries[0]!;
        ((string)leaf["Token"]!).Should().HaveLength(8);
        ((string)leaf["Leaf"]!["SpiffeId"]!).Should().EndWith("/svc/web");
        DateTimeOffset.Parse((string)leaf["Leaf"]!["NextRenewal"]!).Should().BeBefore(DateTimeOffset.Parse((string)leaf["Leaf"]!["ValidUntil"]!));
        (await GetAsync(agent, "/v1/agent/connect/cache?kind=connect-ca-root")).AsArray().Should().ContainSingle();
        (await GetAsync(agent, "/v1/agent/connect/cache?filter=Kind==%22intention-match%22")).AsArray().Should().ContainSingle();
        using var bad = await agent.Http.GetAsync(new Uri("/v1/agent/connect/cache?filter=Nope==1", UriKind.Relative));
        (await bad.Content.ReadAsStringAsync()).Should().Be("Failed to create boolean expression evaluator: Selector \"Nope\" is not valid");
        var summary = await GetAsync(agent, "/v1/agent/connect/cache/summary");
        ((int)summary["Entries"]!, (int)summary["ByState"]!["fresh"]!, (int)summary["ByState"]!["scheduled"]!, (int)summary["MaxEntries"]!).Should().Be((3, 2, 1, 10_000));
    }

    [Fact]
    public async Task The_list_blocks_until_the_cache_changes()
    {
        await using var agent = await AgentProcess.StartAsync();
        using var first = await agent.Http.GetAsync(new Uri("/v1/agent/connect/cache", UriKind.Relative));
        var index = first.Headers.GetValues("X-Consul-Index").Single();
        var blocked = agent.Http.GetStringAsync(new Uri($"/v1/agent/connect/cache?index={index}&wait=60s", UriKind.Relative));
        await GetAsync(agent, "/v1/agent/connect/ca/leaf/web");
        JsonNode.Parse(await blocked.WaitAsync(TimeSpan.FromSeconds(60)))!.AsArray().Should().NotBeEmpty();
    }

    [Fact]
    public async Task An_operator_renews_a_leaf_and_drops_an_entry()
    {
        await using var agent = await AgentProcess.StartAsync();
        var before = await GetAsync(agent, "/v1/agent/connect/ca/leaf/web");
        using var renewed = await agent.Http.PutAsync(new Uri("/v1/agent/connect/ca/leaf/web/renew", UriKind.Relative), null);
        renewed.StatusCode.Should().Be(HttpStatusCode.OK);
        var after = JsonNode.Parse(await renewed.Content.ReadAsStringAsync())!;
        ((string)after["SerialNumber"]!).Should().NotBe((string)before["SerialNumber"]!);
        ((ulong)after["ModifyIndex"]!).Should().BeGreaterThan((ulong)before["ModifyIndex"]!);
        ((string)(await GetAsync(agent, "/v1/agent/connect/ca/leaf/web"))["SerialNumber"]!).Should().Be((string)after["SerialNumber"]!);

        var id = (string)(await GetAsync(agent, "/v1/agent/connect/cache?kind=connect-ca-leaf"))[0]!["Id"]!;
        using var dropped = await agent.Http.DeleteAsync(new Uri("/v1/agent/connect/cache/" + id, UriKind.Relative));
        dropped.StatusCode.Should().Be(HttpStatusCode.OK);
        using var again = await agent.Http.DeleteAsync(new Uri("/v1/agent/connect/cache/" + id, UriKind.Relative));
        ((int)again.StatusCode, await again.Content.ReadAsStringAsync()).Should().Be((404, "No such cache entry"));
        using var put = await agent.Http.PutAsync(new Uri("/v1/agent/connect/ca/leaf/web", UriKind.Relative), null);
        ((int)put.StatusCode, put.Content.Headers.Allow.Count).Should().Be((405, 2), "the leaf itself stays read-only (LEAF-5)");
    }

    [Fact] // AG-27, agent-cache section 11
    public async Task Metrics_come_as_JSON_and_as_Prometheus_text()
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["telemetry"] = new JsonObject { ["prometheus_retention_time"] = "60s" },
        });
        await GetAsync(agent, "/v1/agent/connect/ca/roots?token=" + Secret);
        await GetAsync(agent, "/v1/agent/connect/ca/roots?token=" + Secret);
        var json = await GetAsync(agent, "/v1/agent/metrics");
        json["Gauges"]!.AsArray().Select(gauge => (string)gauge!["Name"]!).Should()
            .Contain(["consul.runtime.alloc_bytes", "consul.cache.entries_count", "consul.consul.cache.entries_count"]);
        using var answer = await agent.Http.GetAsync(new Uri("/v1/agent/metrics?format=prometheus", UriKind.Relative));
        answer.Content.Headers.ContentType!.ToString().Should().Be("text/plain; version=0.0.4; charset=utf-8");
        var text = await answer.Content.ReadAsStringAsync();
        text.Should().Contain("# TYPE connect_agent_cache_hits_total counter\n")
            .And.Contain("connect_agent_cache_hits_total{kind=\"connect-ca-root\"} 1\n")
            .And.Contain("connect_agent_http_requests_total{method=\"GET\",path=\"/v1/agent/connect/ca/roots\",status=\"200\"} 2\n")
            .And.NotContain(Secret);
    }

    [Theory] // fail static over a restart, kill -9 included
    [InlineData("KILL")]
    [InlineData("TERM")]
    public async Task After_a_restart_the_agent_comes_back_with_what_it_held(string signal)
    {
        // Given
        using var folder = new TemporaryFolder();
        var config = new JsonObject { ["data_dir"] = folder.Path, ["log_level"] = "debug" };
        string serial;
        await using (var agent = await AgentProcess.StartAsync(config))
        {
            serial = (string)(await GetAsync(agent, "/v1/agent/connect/ca/leaf/web"))["SerialNumber"]!;
            await GetAsync(agent, "/v1/connect/intentions/match?by=destination&name=db&cached");

            // Nobody has written anything about db: that is not sealed.
            var held = (await GetAsync(agent, "/v1/agent/connect/cache?filter=Kind!=%22intention-match%22")).AsArray().Count;
            await agent.Process.SeenAsync($"Sealed cache written: entries={held}", TimeSpan.FromSeconds(60));
            await agent.Process.SignalAsync(signal);
            await agent.Process.ExitAsync(TimeSpan.FromSeconds(60));
        }

        var sealedFile = Path.Combine(folder.Path, "agent-cache.sealed");
        File.GetUnixFileMode(sealedFile).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(Path.Combine(folder.Path, "agent-cache.key")).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await File.ReadAllTextAsync(sealedFile)).Should().NotContain("PRIVATE KEY").And.NotContain("svc/web");

        // When
        await using var restarted = await AgentProcess.StartAsync(config);

        // Then
        restarted.Process.Output.Should().Contain("Cache restored from the sealed file: entries=");
        var entries = await GetAsync(restarted, "/v1/agent/connect/cache");
        entries.AsArray().Select(entry => (string)entry!["Kind"]!).Should().Contain("connect-ca-leaf");
        serial.Should().NotBeEmpty();
        var now = await GetAsync(restarted, "/v1/agent/connect/ca/leaf/web");
        var roots = await GetAsync(restarted, "/v1/agent/connect/ca/roots");
        using var leaf = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem((string)now["CertPEM"]!);
        using var root = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem((string)roots["Roots"]![0]!["RootCert"]!);
        leaf.Issuer.Should().Be(root.Subject, "the refresh has found the server's present CA");
    }

    [Fact] // kills in the middle of writes, twenty or, with SOAK=1, two hundred: never a torn file, never an agent that does not come up
    public async Task Kills_during_writes_leave_a_file_that_can_be_read()
    {
        using var folder = new TemporaryFolder();
        var config = new JsonObject { ["data_dir"] = folder.Path, ["log_level"] = "info" };
        var random = new Random(1);
        var restored = 0;
        for (var round = 0; round < Kills; round++)
        {
            // The first kills may come before anything was written.
            var isThere = File.Exists(Path.Combine(folder.Path, "agent-cache.sealed"));
            await using var agent = await AgentProcess.StartAsync(config);
            if (isThere)
            {
                await agent.Process.SeenAsync("Cache restored from the sealed file", TimeSpan.FromSeconds(60));
                restored++;
            }

            Directory.EnumerateFiles(folder.Path, "*.bad-*").Should().BeEmpty("round {0}", round);

            // Each leaf is a change that is written at once; the kill falls somewhere among them.
            var leaves = Enumerable.Range(0, 8).Select(i => GetAsync(agent, $"/v1/agent/connect/ca/leaf/s{round % 10}-{i}")).ToList();
            await leaves[random.Next(leaves.Count)];
            await agent.Process.SignalAsync("KILL");
            foreach (var leaf in leaves)
            {
                await Task.WhenAny(leaf);
            }
        }

        restored.Should().BeGreaterThan(Kills * 3 / 4);
    }

    [Fact]
    public async Task A_corrupt_sealed_file_is_set_aside_and_never_stops_the_start()
    {
        using var folder = new TemporaryFolder();
        folder.Write("agent-cache.sealed", "garbage");
        await using var agent = await AgentProcess.StartAsync(new JsonObject { ["data_dir"] = folder.Path });
        Directory.EnumerateFiles(folder.Path, "agent-cache.sealed.bad-*").Should().ContainSingle();
        agent.Process.Output.Should().Contain("[WARN]");
        (await GetAsync(agent, "/v1/agent/connect/ca/leaf/web"))["CertPEM"].Should().NotBeNull();
    }

    [Fact]
    public async Task Persistence_can_be_turned_off()
    {
        using var folder = new TemporaryFolder();
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["data_dir"] = folder.Path,
            ["agent"] = new JsonObject { ["cache_persistence"] = false },
        });
        await GetAsync(agent, "/v1/agent/connect/ca/leaf/web");
        await agent.Process.SignalAsync("TERM");
        await agent.Process.ExitAsync(TimeSpan.FromSeconds(60));
        Directory.EnumerateFiles(folder.Path, "agent-cache*").Should().BeEmpty();
    }

    private static async Task<JsonNode> GetAsync(AgentProcess agent, string path) =>
        JsonNode.Parse(await agent.Http.GetStringAsync(new Uri(path, UriKind.Relative)))!;
}
