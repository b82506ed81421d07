using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json.Nodes;
using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Configuration;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Tests.Limits;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Forwarding;

/// <summary>An agent of remote servers, whole and in this process: what the servers may make it say and do.</summary>
public sealed class RemoteServersHttpTests : IAsyncLifetime
{
    private readonly ScriptedConsulServer _server = ScriptedConsulServer.Start();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact] // FA-40: the servers decide
    public async Task FA_40_An_agent_of_remote_servers_asks_for_no_connect_block()
    {
        await using var agent = await StartAsync();
        foreach (var enabled in new[] { "roots", "leaf", "authorize" })
        {
            var (status, text, _) = enabled switch
            {
                "roots" => await agent.SendAsync("GET", "/v1/agent/connect/ca/roots"),
                "leaf" => await agent.SendAsync("GET", "/v1/agent/connect/ca/leaf/web"),
                _ => await agent.PostAsync("/v1/agent/connect/authorize", AuthorizeBody()),
            };
            status.Should().Be(200, "{0}: {1}", enabled, text);
        }
    }

    [Fact] // FA-40: what they say of Connect is what the caller hears
    public async Task FA_40_Servers_without_Connect_say_so_themselves()
    {
        await using var agent = await StartAsync();
        _server.Script(_ => ScriptedAnswer.Text(500, "Connect must be enabled in order to use this endpoint"));
        var (status, text, _) = await agent.SendAsync("GET", "/v1/agent/connect/ca/roots");
        (status, text).Should().Be((500, "Connect must be enabled in order to use this endpoint"));
        _server.Requests.Should().NotBeEmpty();
    }

    [Fact] // docs/limits.md, servers.forwarded
    public async Task Beyond_the_bound_a_forwarded_call_is_refused_and_counted()
    {
        await using var agent = await StartAsync();
        var go = new TaskCompletionSource<ScriptedAnswer?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Script(request => request.Path == "/v1/catalog/nodes" ? go.Task : Task.FromResult<ScriptedAnswer?>(null));
        var held = Enumerable.Range(0, 40).Select(_ => agent.SendAsync("GET", "/v1/catalog/nodes")).ToList();
        await _server.SeenAsync(held.Count, request => request.Path == "/v1/catalog/nodes");
        var (status, text, _) = await agent.SendAsync("GET", "/v1/catalog/nodes");
        (status, text).Should().Be((429, "Too many calls are being forwarded to the servers, please rate limit your calls"));
        RefusalCounts.Of(agent.Services, "servers.forwarded").Should().Be(1);
        go.SetResult(ScriptedAnswer.Ok("[]", 1));
        (await Task.WhenAll(held)).Should().OnlyContain(answer => answer.Status == 200);
    }

    [Theory] // FA-11: browsers read a backslash as a slash, and a path with two slashes in front as a host
    [InlineData("/\\evil.com", false)]
    [InlineData("/a\\..\\..\\evil.com", false)]
    [InlineData("//evil.com", false)]
    [InlineData("\\\\evil.com", false)]
    [InlineData("http://evil.com/", false)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("a/b", false)]
    [InlineData("/v1/health/", true)]
    [InlineData("/ui/?a=b#c", true)]
    public async Task FA_11_Nobody_is_sent_to_another_host(string location, bool passes)
    {
        await using var agent = await StartAsync();
        _server.Script(_ => ScriptedAnswer.Of(307, string.Empty, "Location: " + location));
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = agent.Address };
        using var answer = await http.GetAsync(new Uri("/v1/catalog/nodes", UriKind.Relative));
        ((int)answer.StatusCode).Should().Be(307);
        answer.Headers.NonValidated.TryGetValues("Location", out var sent).Should().Be(passes);
        if (passes)
        {
            sent.ToString().Should().Be(location);
        }
    }

    [Theory] // FA-11: what is not 200 to 599 is no answer; passed on, it would end or upgrade the caller's connection
    [InlineData("101")]
    [InlineData("000")]
    [InlineData("099")]
    [InlineData("600")]
    [InlineData("999")]
    public async Task FA_11_A_status_that_no_answer_has_is_a_failure_of_the_server(string status)
    {
        await using var agent = await StartAsync();
        _server.Script(_ => ScriptedAnswer.Raw($"HTTP/1.1 {status} x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n"));
        var (forwarded, text, _) = await agent.SendAsync("GET", "/v1/catalog/nodes");
        forwarded.Should().Be(500);
        text.Should().StartWith("rpc error making call: " + _server.Address.GetLeftPart(UriPartial.Authority));
        (await agent.SendAsync("GET", "/v1/agent/connect/ca/roots")).Status.Should().Be(500);
    }

    [Theory] // FA-11: a browser that looks at the agent runs nothing that a server has made up
    [InlineData("text/html", "application/octet-stream")]
    [InlineData("image/svg+xml", "application/octet-stream")]
    [InlineData("text/plain, text/html", "application/octet-stream")]
    [InlineData("application/json; charset=utf-8", "application/json; charset=utf-8")]
    [InlineData("text/plain", "text/plain")]
    public async Task FA_11_A_content_type_that_a_browser_runs_is_not_passed_on(string type, string expected)
    {
        await using var agent = await StartAsync();
        _server.Script(_ => ScriptedAnswer.Of(200, "<script>", "Content-Type: " + type, "X-Consul-Index: many", "Retry-After: now", "Set-Cookie: a=b", "X-Consul-Lastcontact: 7"));
        using var http = new HttpClient { BaseAddress = agent.Address };
        using var answer = await http.GetAsync(new Uri("/v1/kv/a", UriKind.Relative));
        (await answer.Content.ReadAsStringAsync()).Should().Be("<script>");
        answer.Content.Headers.NonValidated["Content-Type"].ToString().Should().Be(expected);
        answer.Headers.NonValidated["X-Content-Type-Options"].ToString().Should().Be("nosniff");
        answer.Headers.NonValidated["X-Consul-Lastcontact"].ToString().Should().Be("7");
        answer.Headers.NonValidated.Select(header => header.Key).Should().NotContain(["X-Consul-Index", "Retry-After", "Set-Cookie"]);
    }

    [Theory] // FA-11: a body where none can be
    [InlineData(204)]
    [InlineData(205)]
    [InlineData(304)]
    public async Task FA_11_An_answer_that_has_no_body_is_passed_on_without_one(int status)
    {
        await using var agent = await StartAsync();
        _server.Script(_ => ScriptedAnswer.Of(status, "a body", "X-Consul-Index: 7"));
        var (passed, text, headers) = await agent.SendAsync("GET", "/v1/kv/a");
        (passed, text, headers["X-Consul-Index"]).Should().Be((status, string.Empty, "7"));
    }

    [Fact] // FA-11, ACL-RES-8: one 401 opens the agent for reading; what is written would stay
    public async Task FA_11_The_word_of_one_server_opens_no_writes_at_the_agent()
    {
        // Given
        await using var agent = await StartAsync(acls: true);
        _server.Script(request => request.Path.StartsWith("/v1/acl/", StringComparison.Ordinal) ? ScriptedAnswer.Text(403, "ACL not found") : null);
        var (before, _, _) = await agent.SendAsync("PUT", "/v1/agent/token/default", """{"Token":"mine"}""", "made-up");
        before.Should().Be(403);
        using var metrics = new MeterListener();
        long openings = 0, open = 0;
        metrics.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RemoteTokenMetrics.MeterName && instrument.Meter.Scope == agent.Services.GetRequiredService<IMeterFactory>())
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        metrics.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            openings = instrument.Name == "connect_agent.servers.acl_openings" ? value : openings;
            open = instrument.Name == "connect_agent.servers.acls_open" ? value : open;
        });
        metrics.Start();

        // When
        _server.Script(request => request.Path.StartsWith("/v1/acl/", StringComparison.Ordinal) ? ScriptedAnswer.Text(401, "ACL support disabled") : null);
        (await agent.SendAsync("GET", "/v1/agent/connect/ca/leaf/web", token: "another")).Status.Should().Be(200);

        // Then
        metrics.RecordObservableInstruments();
        (openings, open).Should().Be((1, 1));
        foreach (var token in new[] { "another", "made-up", string.Empty })
        {
            (await agent.SendAsync("PUT", "/v1/agent/token/default", """{"Token":"mine"}""", token)).Status.Should().Be(403);
            (await agent.SendAsync("PUT", "/v1/agent/reload", token: token)).Status.Should().Be(403);
            (await agent.SendAsync("PUT", "/v1/agent/connect/ca/leaf/web/renew", token: token)).Status.Should().Be(403);
            (await agent.SendAsync("DELETE", "/v1/agent/connect/cache/x", token: token)).Status.Should().Be(403);
        }

        (await agent.SendAsync("GET", "/v1/agent/self", token: "made-up")).Status.Should().Be(200);
        (await agent.SendAsync("PUT", "/v1/agent/token/default", """{"Token":"mine"}""", "recover")).Status.Should().Be(200, "the agent's own token needs no server");
    }

    [Fact] // FA-16: the same from end to end, for each answer that is of no use
    public async Task FA_16_A_token_that_a_server_chokes_on_is_no_outage_for_others()
    {
        await using var agent = await StartAsync(acls: true);
        foreach (var (number, answer) in new[] { ScriptedAnswer.Text(500, "rpc error"), ScriptedAnswer.Text(200, "<html>") }.Index())
        {
            _server.Content.SetRights("good" + number, GrantedRights.ToServices("web"));
            _server.Script(request => request.Token == "odd" + number ? answer : null);
            (await agent.SendAsync("GET", "/v1/agent/connect/ca/leaf/web", token: "odd" + number)).Status.Should().Be(403, "by the down policy");
            var (status, text, _) = await agent.SendAsync("GET", "/v1/agent/connect/ca/leaf/web", token: "good" + number);
            status.Should().Be(200, text);
        }
    }

    [Fact] // FA-1: neither kept nor sent on
    public async Task FA_1_A_token_that_is_too_long_goes_to_no_server()
    {
        await using var agent = await StartAsync();
        var (status, text, _) = await agent.SendAsync("GET", "/v1/catalog/nodes", token: new string('x', 5000));
        (status, text).Should().Be((403, "ACL not found"));
        _server.Requests.Should().NotContain(request => request.Token.Length > 0);
    }

    private static string AuthorizeBody() => new JsonObject
    {
        ["Target"] = "db",
        ["ClientCertURI"] = $"spiffe://{ScriptedServerClient.TrustDomainName}/ns/default/dc/dc1/svc/web",
    }.ToJsonString();

    private Task<InProcessAgent> StartAsync(bool acls = false) => InProcessAgent.StartAsync(acls ? "deny" : null, values =>
    {
        InProcessAgent.PutInFrontOf(values, _server.Address);
        values.Set(ConnectKeys.Enabled, null);
        values.Set(AclKeys.ManagementToken, null).Set(AclKeys.DefaultToken, null).Set(AclKeys.RecoveryToken, "recover");
        values.Set(ConnectKeys.CaConfig, null);
    });
}
