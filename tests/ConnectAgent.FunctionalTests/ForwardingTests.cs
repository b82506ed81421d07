using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>The servers' API in front of an agent without a control plane (http-conventions sections 3 and 6, agent-cache CACHE-42).</summary>
public sealed class ForwardingTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ScriptedConsulServer _server = ScriptedConsulServer.Start(setsNodeApart: true);
    private AgentProcess _agent = null!;

    public async Task InitializeAsync() => _agent = await AgentProcess.StartClientAsync([_server.Address]);

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("GET", "/v1/connect/intentions")]
    [InlineData("POST", "/v1/connect/intentions")]
    [InlineData("DELETE", "/v1/connect/intentions/exact?source=web&destination=db")]
    [InlineData("GET", "/v1/connect/intentions/match?by=destination&name=db")]
    [InlineData("GET", "/v1/connect/ca/configuration")]
    [InlineData("PUT", "/v1/connect/ca/configuration")]
    [InlineData("PUT", "/v1/config?cas=7")]
    [InlineData("GET", "/v1/config/service-defaults/a%20b")]
    [InlineData("DELETE", "/v1/config/service-defaults/web")]
    [InlineData("PUT", "/v1/acl/bootstrap")]
    [InlineData("GET", "/v1/acl/token/self")]
    [InlineData("POST", "/v1/internal/acl/authorize")]
    [InlineData("GET", "/v1/internal/ui/services")]
    [InlineData("PUT", "/v1/catalog/register")]
    [InlineData("GET", "/v1/catalog/service/web?node-meta=a%3Ab&node-meta=c%3Ad")]
    [InlineData("GET", "/v1/health/service/web?passing=1&near=_agent")]
    [InlineData("GET", "/v1/coordinate/nodes")]
    [InlineData("POST", "/v1/query")]
    [InlineData("GET", "/v1/query/geo/execute")]
    [InlineData("PUT", "/v1/kv/a/b%3Fc%23d%25?flags=1")]
    [InlineData("PUT", "/v1/session/create")]
    [InlineData("PUT", "/v1/txn")]
    [InlineData("GET", "/v1/event/list")]
    [InlineData("GET", "/v1/operator/raft/configuration")]
    [InlineData("GET", "/v1/discovery-chain/web")]
    [InlineData("GET", "/v1/status/peers")]
    [InlineData("GET", "/v1/snapshot?stale=")]
    [InlineData("PUT", "/v1/snapshot")]
    public async Task What_the_agent_does_not_own_goes_to_the_servers_as_it_is(string method, string target)
    {
        _server.Script(_ => ScriptedAnswer.Of(200, "[1]", "Content-Type: application/json", "X-Consul-Index: 7"));
        using var request = new HttpRequestMessage(new HttpMethod(method), target);
        request.Headers.Add("Authorization", "Bearer s3cret");
        request.Content = method is "GET" or "DELETE" ? null : new StringContent("{\"a\":1}", Encoding.UTF8, "application/json");
        using var answer = await _agent.Http.SendAsync(request);
        ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()).Should().Be((200, "[1]"));
        answer.Headers.GetValues("X-Consul-Index").Should().Equal("7");
        answer.Content.Headers.ContentType!.ToString().Should().Be("application/json");
        var sent = _server.Requests.Should().ContainSingle().Subject;
        sent.Method.Should().Be(method);
        sent.Target.Should().Be(target + (target.Contains('?') ? "&" : "?") + "dc=dc1");
        sent.Token.Should().Be("s3cret");
        sent.Body.Should().Be(request.Content is null ? string.Empty : "{\"a\":1}");
        sent.Headers.Should().NotContainKey("Authorization");
    }

    [Fact] // what belongs to one connection ends with it, and nobody's cookies pass
    public async Task Only_headers_that_mean_something_behind_the_agent_go_along()
    {
        const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        _server.Script(_ => ScriptedAnswer.Of(
            200,
            "ok",
            "Connection: X-Hop",
            "X-Hop: 1",
            "Keep-Alive: timeout=5",
            "Set-Cookie: a=b",
            "Server: x",
            "Access-Control-Allow-Origin: *",
            "X-Consul-Knownleader: true",
            "X-Consul-Lastcontact: 4",
            "X-Consul-Translate-Addresses: true",
            "Cache-Control: no-store",
            "Age: 3"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/catalog/nodes");
        request.Headers.TryAddWithoutValidation("Connection", "X-Mine");
        request.Headers.TryAddWithoutValidation("X-Mine", "1");
        request.Headers.TryAddWithoutValidation("TE", "trailers");
        request.Headers.TryAddWithoutValidation("Cookie", "a=b");
        request.Headers.TryAddWithoutValidation("Proxy-Authorization", "Basic eA==");
        request.Headers.TryAddWithoutValidation("Cache-Control", "max-age=3");
        request.Headers.TryAddWithoutValidation("traceparent", Trace);
        using var answer = await _agent.Http.SendAsync(request);
        var sent = _server.Requests.Should().ContainSingle().Subject;
        sent.Headers.Keys.Should().BeEquivalentTo(["Host", "User-Agent", "Cache-Control", "traceparent"]);
        sent.Headers["Host"].Should().Be(_server.Address.Authority, "the server is asked, not the agent");
        sent.Headers["traceparent"].Should().Be(Trace, "the caller's trace goes on behind the agent");
        answer.Headers.Select(header => header.Key).Should().BeEquivalentTo(
        [
            "Date", "Vary", "X-Content-Type-Options", "X-Consul-Default-Acl-Policy", "X-Consul-Knownleader", "X-Consul-Lastcontact",
            "X-Consul-Translate-Addresses", "Cache-Control", "Age",
        ]);
    }

    [Fact] // no whole body is ever in memory
    public async Task An_answer_passes_through_piece_by_piece()
    {
        var rest = new TaskCompletionSource<byte[]>();
        _server.Script(_ => new ScriptedAnswer("HTTP/1.1 200 x\r\nContent-Length: 6\r\n\r\nabc"u8.ToArray()) { Then = [rest.Task] });
        using var limit = new CancellationTokenSource(Patience);
        using var answer = await _agent.Http.GetAsync(
            new Uri("/v1/kv/a", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, limit.Token);
        await using var body = await answer.Content.ReadAsStreamAsync(limit.Token);
        var piece = new byte[3];
        await body.ReadExactlyAsync(piece, limit.Token);
        piece.Should().Equal("abc"u8.ToArray(), "the server has not sent the rest yet");
        rest.SetResult("def"u8.ToArray());
        await body.ReadExactlyAsync(piece, limit.Token);
        piece.Should().Equal("def"u8.ToArray());
    }

    [Fact] // far beyond what the agent reads whole
    public async Task A_long_answer_arrives_whole()
    {
        var content = RandomNumberGenerator.GetBytes(24 * 1024 * 1024);
        _server.Script(_ => new ScriptedAnswer(
            [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 x\r\nContent-Length: {content.Length}\r\nContent-Encoding: gzip\r\n\r\n"), .. content]));
        using var answer = await _agent.Http.GetAsync(new Uri("/v1/kv/?recurse", UriKind.Relative));
        answer.Content.Headers.ContentEncoding.Should().Equal("gzip");
        SHA256.HashData(await answer.Content.ReadAsByteArrayAsync()).Should().Equal(SHA256.HashData(content));
    }

    [Fact]
    public async Task A_body_passes_through_piece_by_piece()
    {
        // Given: a server that tells what it has read so far
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        await using var agent = await AgentProcess.StartClientAsync([address]);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, agent.Address.Port);
        await using var caller = client.GetStream();

        // When
        await caller.WriteAsync("PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"u8.ToArray());
        using var accepted = await AcceptAsync(listener, "PUT /v1/kv/a");
        await using var server = accepted.GetStream();
        await ReadUntilAsync(server, "first\r\n");
        await caller.WriteAsync("6\r\nsecond\r\n0\r\n\r\n"u8.ToArray());
        await ReadUntilAsync(server, "second\r\n0\r\n\r\n");
        await server.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue"u8.ToArray());

        // Then
        (await ReadUntilAsync(caller, "true")).Should().StartWith("HTTP/1.1 200 OK\r\n");
    }

    // The agent asks for its own node as well, which is not what this is about.
    private static async Task<TcpClient> AcceptAsync(TcpListener listener, string start)
    {
        while (true)
        {
            var accepted = await listener.AcceptTcpClientAsync().WaitAsync(Patience);
            var first = new byte[start.Length];
            await accepted.Client.ReceiveAsync(first, SocketFlags.Peek);
            if (Encoding.ASCII.GetString(first) == start)
            {
                return accepted;
            }

            accepted.Dispose();
        }
    }

    [Fact] // IDX-11
    public async Task Who_leaves_takes_his_call_along()
    {
        var never = new TaskCompletionSource<ScriptedAnswer?>();
        _server.Script(_ => never.Task);
        using var caller = new CancellationTokenSource();
        var held = _agent.Http.GetAsync(new Uri("/v1/health/service/web?index=7&wait=9m", UriKind.Relative), caller.Token);
        (await _server.SeenAsync(1, _ => true))[0].Target.Should().Be("/v1/health/service/web?index=7&wait=9m&dc=dc1");
        await caller.CancelAsync();
        await _server.LeftAsync(1);
        await ((Func<Task>)(() => held)).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact] // IDX-4: held as long as the server holds it, and not cut at the time of other calls
    public async Task A_blocking_query_is_held()
    {
        await using var agent = await AgentProcess.StartClientAsync(
            [_server.Address], new JsonObject { ["connect_agent"] = new JsonObject { ["server_timeout"] = "1s" } });
        var release = new TaskCompletionSource<ScriptedAnswer?>();
        _server.Script(request => request.Holds ? release.Task : new TaskCompletionSource<ScriptedAnswer?>().Task);
        var held = agent.GetAsync("/v1/catalog/nodes?index=7");
        await _server.SeenAsync(1, request => request.Holds);
        var overdue = await agent.GetAsync("/v1/catalog/nodes");
        overdue.Status.Should().Be(500);
        overdue.Body.Should().EndWith("no answer within 1 s");
        held.IsCompleted.Should().BeFalse();
        release.SetResult(ScriptedAnswer.Ok("[]", 8));
        (await held).Index.Should().Be(8);
    }

    [Fact] // a token must not be carried where a server says
    public async Task A_redirect_is_not_followed()
    {
        await using var other = ScriptedConsulServer.Start(setsNodeApart: true);
        _server.Script(request => ScriptedAnswer.Text(
            301, string.Empty, request.Path.EndsWith("far", StringComparison.Ordinal) ? $"Location: {other.Address}v1/kv/b" : "Location: /v1/kv/b"));
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = _agent.Address };
        using var far = await http.GetAsync(new Uri("/v1/kv/far", UriKind.Relative));
        ((int)far.StatusCode, far.Headers.Location).Should().Be((301, null));
        using var near = await http.GetAsync(new Uri("/v1/kv/near", UriKind.Relative));
        near.Headers.Location.Should().Be(new Uri("/v1/kv/b", UriKind.Relative));
        other.Requests.Should().BeEmpty();
    }

    [Theory] // BODY-6
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_is_too_long_is_the_callers_fault(bool saysSo)
    {
        using var content = new StreamContent(new MemoryStream(new byte[(1024 * 1024) + 5]));
        content.Headers.ContentLength = saysSo ? (1024 * 1024) + 5 : null;
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v1/kv/a") { Content = content };
        request.Headers.TransferEncodingChunked = !saysSo;
        using var answer = await _agent.Http.SendAsync(request);
        ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()).Should().Be((413, "Request body too large, max size: 1048576 bytes."));
        (await _agent.RootsAsync()).Status.Should().Be(200);
        _agent.Process.Output.Should().NotContain("Servers are unreachable");
    }

    [Fact] // a cluster's whole state: longer than any other body, and the servers need their time for it
    public async Task A_snapshot_goes_through_whatever_its_length_and_however_long_the_servers_take()
    {
        // Given
        await using var agent = await AgentProcess.StartClientAsync(
            [_server.Address], new JsonObject { ["connect_agent"] = new JsonObject { ["server_timeout"] = "1s" } });
        var restored = new TaskCompletionSource<ScriptedAnswer?>();
        _server.Script(request => request.Path == "/v1/snapshot" ? restored.Task : new TaskCompletionSource<ScriptedAnswer?>().Task);
        var state = string.Concat(Enumerable.Range(0, 400_000).Select(i => i.ToString("D7", System.Globalization.CultureInfo.InvariantCulture)));
        using var content = new StringContent(state, Encoding.ASCII, "application/octet-stream");

        // When: another call shows that the time of all others has passed
        var answer = agent.Http.PutAsync(new Uri("/v1/snapshot", UriKind.Relative), content);
        await _server.SeenAsync(1, request => request.Path == "/v1/snapshot");
        (await agent.GetAsync("/v1/catalog/nodes")).Body.Should().EndWith("no answer within 1 s");

        // Then
        answer.IsCompleted.Should().BeFalse();
        restored.SetResult(ScriptedAnswer.Of(200, string.Empty));
        using var done = await answer;
        done.StatusCode.Should().Be(HttpStatusCode.OK);
        _server.Requests.Single(request => request.Path == "/v1/snapshot").Body.Should().Be(state);
    }

    [Fact] // the part must not pass for the whole
    public async Task An_answer_that_breaks_off_breaks_off_at_the_caller_too()
    {
        _server.Script(_ => new ScriptedAnswer("HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\nabc"u8.ToArray(), Closes: true));
        var read = () => _agent.Http.GetStringAsync(new Uri("/v1/kv/a", UriKind.Relative));
        await read.Should().ThrowAsync<HttpRequestException>();
        _server.Script(_ => new ScriptedAnswer("HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\n"u8.ToArray(), Closes: true));
        (await _agent.GetAsync("/v1/kv/a")).Status.Should().Be(500, "nothing has been said yet");
    }

    [Fact] // what may have been done is not done twice
    public async Task A_write_is_tried_elsewhere_only_if_it_cannot_have_arrived()
    {
        // Given
        await using var second = ScriptedConsulServer.Start(_server.Content, setsNodeApart: true);
        await using var agent = await AgentProcess.StartClientAsync([_server.Address, second.Address]);
        await agent.GetAsync("/v1/catalog/nodes");
        var (used, other) = _server.Requests.Count > 0 ? (_server, second) : (second, _server);

        // When: it may have been done
        used.Script(request => request.Method == "PUT" ? ScriptedAnswer.Reset : null);
        other.Script(_ => ScriptedAnswer.Of(200, "true"));
        using var content = new StringContent("x");
        using var unsure = await agent.Http.PutAsync(new Uri("/v1/kv/a", UriKind.Relative), content);

        // Then
        unsure.StatusCode.Should().Be(HttpStatusCode.InternalServerError);
        other.Requests.Should().NotContain(request => request.Method == "PUT");

        // When: nobody is there
        other.Refuse();
        used.Script(_ => ScriptedAnswer.Of(200, "true"));
        using var again = new StringContent("x");
        using var sure = await agent.Http.PutAsync(new Uri("/v1/kv/a", UriKind.Relative), again);

        // Then
        sure.StatusCode.Should().Be(HttpStatusCode.OK);
        used.Requests.Count(request => request.Method == "PUT" && request.Body == "x").Should().Be(2);
    }

    [Fact] // CON-3, CACHE-42: a client agent answers it out of its own cache
    public async Task A_cached_match_is_answered_by_the_agent_itself()
    {
        // Given
        const string Match = "/v1/connect/intentions/match?by=destination&name=db&cached";
        _server.Content.SetIntentions([new() { SourceName = "web", DestinationName = "db", Action = "deny" }]);

        // When
        var miss = await _agent.GetAsync(Match);
        var hit = await _agent.GetAsync(Match);
        var blocked = _agent.GetAsync(Match + $"&index={hit.Index}&wait=60s");
        await _agent.WaitedOnAsync("intention-match");

        // Then
        (miss.Header("X-Cache"), hit.Header("X-Cache")).Should().Be(("MISS", "HIT"));
        hit.Json["db"]!.AsArray().Should().ContainSingle().Which!["SourceName"]!.ToString().Should().Be("web");
        _server.Content.SetIntentions([]);
        (await blocked).Json["db"].Should().BeNull();
        _server.Requests.Count(request => request.IsMatch && !request.Holds).Should().Be(1);

        // When
        _server.Refuse();

        // Then
        var alone = await _agent.GetAsync(Match);
        (alone.Status, alone.Header("X-Cache")).Should().Be((200, "HIT"));
        (await _agent.GetAsync(Match.Replace("&cached", string.Empty, StringComparison.Ordinal))).Status.Should().Be(500);
        (await _agent.GetAsync("/v1/connect/intentions/match?by=nobody&name=db&cached")).Body.Should().Be("'by' parameter must be one of 'source' or 'destination'");
    }

    private static async Task<string> ReadUntilAsync(NetworkStream stream, string end)
    {
        using var limit = new CancellationTokenSource(Patience);
        var text = new StringBuilder();
        var piece = new byte[4096];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            var length = await stream.ReadAsync(piece, limit.Token);
            length.Should().BePositive("so far: {0}", text);
            text.Append(Encoding.ASCII.GetString(piece, 0, length));
        }

        return text.ToString();
    }
}
