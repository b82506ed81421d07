using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>acl section 9 on the published daemon: what a token could read it cannot read any more once it is gone.</summary>
public sealed class TokenRevocationTests
{
    private const string WebRules = "service \"web\" { policy = \"write\" } agent_prefix \"\" { policy = \"read\" } acl = \"read\"";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Every read that blocks and looks at a token.
    private static readonly string[] BlockingReads =
    [
        "/v1/agent/connect/ca/leaf/web",
        "/v1/connect/intentions/match?by=destination&name=web&cached",
        "/v1/connect/intentions/match?by=destination&name=web",
        "/v1/connect/intentions",
        "/v1/config/service-intentions",
        "/v1/config/service-defaults/web",
        "/v1/acl/token/self",
        "/v1/acl/policies",
        "/v1/acl/roles",
    ];

    [Fact] // ACL-SEC-3, ACL-SEC-6, ACL-RES-1
    public async Task A_deletion_ends_every_blocked_reader_of_the_token_at_once()
    {
        await using var agent = await AclAgent.StartAsync();
        await agent.SendAsync(HttpMethod.Put, "/v1/config", new JsonObject { ["Kind"] = "service-defaults", ["Name"] = "web" });
        var token = await agent.TokenAsync(WebRules);
        var other = await agent.TokenAsync(WebRules);
        var readers = new List<Task<AclAnswer>>();
        var others = new List<Task<AclAnswer>>();
        using var leave = new CancellationTokenSource();
        foreach (var path in BlockingReads.Where(path => path.StartsWith("/v1/acl", StringComparison.Ordinal) is false))
        {
            readers.Add(await BlockAsync(agent, path, token.SecretId, leave.Token));
            others.Add(await BlockAsync(agent, path, other.SecretId, leave.Token));
        }

        // The ACL tables' own readers are woken by any change of them, so they come after the tokens are made.
        foreach (var path in BlockingReads.Where(path => path.StartsWith("/v1/acl", StringComparison.Ordinal)))
        {
            readers.Add(await BlockAsync(agent, path, token.SecretId, leave.Token));
        }

        await agent.DeleteAsync(token);
        foreach (var reader in readers)
        {
            (await reader.WaitAsync(Patience)).Should().BeEquivalentTo(new { Status = 403, Body = "ACL not found" });
        }

        others.Should().OnlyContain(reader => !reader.IsCompleted, "nobody else is disturbed");
        foreach (var path in BlockingReads)
        {
            (await agent.GetAsync(path, token.SecretId)).Should().BeEquivalentTo(new { Status = 403, Body = "ACL not found" }, "{0}", path);
        }

        await leave.CancelAsync();
        await Task.WhenAll(others).ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    [Fact] // ACL-SEC-4, ACL-SEC-6; the metric
    public async Task The_cache_lets_go_of_what_a_deleted_token_held()
    {
        await using var agent = await AclAgent.StartAsync();
        var token = await agent.TokenAsync(WebRules);
        (await agent.GetAsync("/v1/agent/connect/ca/leaf/web", token.SecretId)).Status.Should().Be(200);
        (await agent.GetAsync("/v1/agent/connect/ca/roots", token.SecretId)).Status.Should().Be(200);
        (await agent.GetAsync("/v1/connect/intentions/match?by=destination&name=web&cached", token.SecretId)).Status.Should().Be(200);
        var held = await ViewAsync(agent);
        held.Where(entry => (string)entry!["Token"]! != string.Empty).Should().HaveCount(3);

        var index = (await agent.GetAsync("/v1/agent/connect/cache", AclAgent.Management)).Index;
        await agent.DeleteAsync(token);
        while ((await ViewAsync(agent)).Any(entry => (string)entry!["Token"]! != string.Empty))
        {
            index = (await agent.GetAsync($"/v1/agent/connect/cache?index={index}&wait=30s", AclAgent.Management)).Index;
        }

        var metrics = await agent.SendAsync(HttpMethod.Get, "/v1/agent/metrics", null);
        metrics["Gauges"]!.AsArray().Where(gauge => ((string)gauge!["Name"]!).EndsWith("acl.revocation_window", StringComparison.Ordinal))
            .Should().HaveCount(2).And.OnlyContain(gauge => (double)gauge!["Value"]! > 0 && (double)gauge["Value"]! < 30);
    }

    [Fact] // ACL-SEC-3: rights, not only tokens
    public async Task A_narrowed_policy_ends_the_readers_that_it_concerns()
    {
        await using var agent = await AclAgent.StartAsync();
        var token = await agent.TokenAsync("service_prefix \"\" { policy = \"write\" }");
        var web = await BlockAsync(agent, "/v1/agent/connect/ca/leaf/web", token.SecretId);
        var api = await BlockAsync(agent, "/v1/agent/connect/ca/leaf/api", token.SecretId);
        await agent.ChangeRulesAsync(token, "service \"api\" { policy = \"write\" }");
        (await web.WaitAsync(Patience)).Should().BeEquivalentTo(new { Status = 403, Body = "Permission denied" });
        api.IsCompleted.Should().BeFalse();
        (await agent.GetAsync("/v1/agent/connect/ca/leaf/api", token.SecretId)).Status.Should().Be(200);
        (await agent.GetAsync("/v1/agent/connect/ca/leaf/web", token.SecretId)).Status.Should().Be(403);
        await agent.DeleteAsync(token);
        (await api.WaitAsync(Patience)).Body.Should().Be("ACL not found");
    }

    [Fact] // ACL-SEC-4: nor with the next life of the process
    public async Task What_a_deleted_token_held_does_not_come_back_from_the_sealed_file()
    {
        using var folder = new TemporaryFolder();
        var config = new JsonObject { ["data_dir"] = folder.Path };
        string doomedLeaf;
        AclToken doomed;
        AclToken kept;
        await using (var agent = await AclAgent.StartAsync(config))
        {
            doomed = await agent.TokenAsync(WebRules);
            kept = await agent.TokenAsync(WebRules);
            doomedLeaf = (await agent.GetAsync("/v1/agent/connect/ca/leaf/web", doomed.SecretId)).Body;
            (await agent.GetAsync("/v1/agent/connect/ca/leaf/web", kept.SecretId)).Status.Should().Be(200);
            var reader = await BlockAsync(agent, "/v1/agent/connect/ca/leaf/web", doomed.SecretId);
            await agent.DeleteAsync(doomed);
            (await reader.WaitAsync(Patience)).Status.Should().Be(403);
            await agent.Process.Process.SignalAsync("KILL");
            await agent.Process.Process.ExitAsync(Patience);
        }

        await using var restarted = await AclAgent.StartAsync(config);
        (await restarted.GetAsync("/v1/agent/connect/ca/leaf/web", doomed.SecretId)).Should().BeEquivalentTo(new { Status = 403, Body = "ACL not found" });
        var leaf = await restarted.GetAsync("/v1/agent/connect/ca/leaf/web", kept.SecretId);
        leaf.Status.Should().Be(200);
        leaf.Body.Should().NotBe(doomedLeaf);
        (await ViewAsync(restarted)).Count(entry => (string)entry!["Kind"]! == "connect-ca-leaf").Should().Be(1);
    }

    [Fact] // ACL-SEC-8, TOKC-3
    public async Task Another_default_token_takes_effect_with_the_next_read()
    {
        await using var agent = await AclAgent.StartAsync();
        var first = await agent.TokenAsync(WebRules);
        var second = await agent.TokenAsync("service \"api\" { policy = \"write\" }");
        await SetDefaultAsync(agent, first);
        (await agent.GetAsync("/v1/agent/connect/ca/leaf/web", string.Empty)).Status.Should().Be(200);
        await SetDefaultAsync(agent, second);
        (await agent.GetAsync("/v1/agent/connect/ca/leaf/web", string.Empty)).Should().BeEquivalentTo(new { Status = 403, Body = "Permission denied" });
        (await agent.GetAsync("/v1/agent/connect/ca/leaf/api", string.Empty)).Status.Should().Be(200);
        (await agent.GetAsync("/v1/agent/connect/ca/leaf/web", first.SecretId)).Status.Should().Be(200, "presented itself, it is the token it was");
        await agent.DeleteAsync(second);
        (await agent.GetAsync("/v1/agent/connect/ca/leaf/api", string.Empty)).Should().BeEquivalentTo(new { Status = 403, Body = "ACL not found" });
    }

    private static async Task SetDefaultAsync(AclAgent agent, AclToken token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v1/agent/token/default")
        {
            Content = new StringContent(new JsonObject { ["Token"] = token.SecretId }.ToJsonString()),
        };
        request.Headers.Add("X-Consul-Token", AclAgent.Management);
        using var answer = await agent.Http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<JsonArray> ViewAsync(AclAgent agent) =>
        (await agent.SendAsync(HttpMethod.Get, "/v1/agent/connect/cache", null)).AsArray();

    // One that comes too late to be parked is refused as it arrives, which is right as well.
    private static async Task<Task<AclAnswer>> BlockAsync(
        AclAgent agent, string path, string token, CancellationToken cancellationToken = default)
    {
        var now = await agent.GetAsync(path, token, cancellationToken);
        now.Status.Should().Be(200, "{0}: {1}", path, now.Body);
        var separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        return agent.GetAsync($"{path}{separator}index={now.Index}&wait=5m", token, cancellationToken);
    }
}
