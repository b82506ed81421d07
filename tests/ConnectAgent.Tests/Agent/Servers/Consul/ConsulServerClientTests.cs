using System.Security.Cryptography;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Consul;

/// <summary>What the client says to servers, and what it makes of their answers.</summary>
public sealed class ConsulServerClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedConsulServer _server = ScriptedConsulServer.Start();
    private RemoteServerClient _remote = null!;

    private IServerClient Client => _remote.Client;

    public Task InitializeAsync()
    {
        _remote = RemoteServerClient.Create([_server.Address], _clock);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _remote.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact] // IDX-2, DC-1; the token never in the URL
    public async Task A_read_says_everything_in_Consuls_words()
    {
        await Client.MatchIntentionsAsync(
            new MatchNames(ByDestination: false, ["a b", "ü&="]), new ServerQuery("dc1", "s3cret", new BlockingQuery(0, Long)), CancellationToken.None);
        await Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(3, TimeSpan.FromSeconds(90))), CancellationToken.None);
        var (match, roots) = (_server.Requests[0], _server.Requests[1]);
        match.Target.Should().Be("/v1/connect/intentions/match?by=source&name=a%20b&name=%C3%BC%26%3D&dc=dc1");
        match.Token.Should().Be("s3cret");
        roots.Target.Should().Be("/v1/connect/ca/roots?dc=dc1&index=3&wait=90000ms");
        roots.Headers.Should().NotContainKey("X-Consul-Token");
    }

    [Fact] // docs/limits.md, servers.target
    public async Task Names_that_make_no_target_name_the_bound()
    {
        var names = new MatchNames(ByDestination: true, [.. Enumerable.Repeat(new string('a', 4096), 8)]);
        var error = await FailsAsync(() => Client.MatchIntentionsAsync(names, new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None));
        (error.Kind, error.Limit).Should().Be((FailureKind.Failed, "servers.target"));
        _server.Requests.Should().BeEmpty();
    }

    [Fact] // HLT-1, HLT-4; agent-cache section 8: any server may answer
    public async Task Health_is_asked_for_in_Consuls_words()
    {
        _server.Content.SetHealth("another", connect: false);
        await Client.ReadHealthAsync(
            new InstancesQuery(connect: true, "a b/ü", ["z&", "a"], ["os:linux"], "Service.Port == 1"),
            new ServerQuery("dc1", "s3cret", new BlockingQuery(3, TimeSpan.FromSeconds(90))),
            CancellationToken.None);
        var sent = _server.Requests.Should().ContainSingle().Subject;
        sent.Target.Should().Be("/v1/health/connect/a%20b%2F%C3%BC?tag=a&tag=z%26&node-meta=os%3Alinux&filter=Service.Port%20%3D%3D%201&stale=&dc=dc1&index=3&wait=90000ms");
        sent.Token.Should().Be("s3cret");
    }

    [Theory] // they would be another path
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("")]
    public async Task A_name_that_no_path_can_hold_is_not_asked_for(string name)
    {
        (await FailsAsync(() => HealthAsync(name))).Kind.Should().Be(FailureKind.Failed);
        _server.Requests.Should().BeEmpty();
    }

    [Theory]
    [InlineData(404, "", FailureKind.Unsupported, "the servers have no catalog of services (GET /v1/health/)")]
    [InlineData(501, "/v1/health/ is not served", FailureKind.Unsupported, "the servers have no catalog of services (GET /v1/health/)")]
    [InlineData(500, "Failed to create boolean expression evaluator: Selector \"Nope\" is not valid", FailureKind.Invalid, "Failed to create*")]
    [InlineData(403, "rpc error code = Unknown desc = ACL not found", FailureKind.UnknownToken, "*ACL not found")]
    [InlineData(500, "rpc error: no cluster leader", FailureKind.Unreachable, "*no cluster leader*")]
    public async Task A_failure_to_tell_health_is_known(int status, string text, FailureKind kind, string expected)
    {
        _server.Script(_ => ScriptedAnswer.Text(status, text));
        var error = await FailsAsync(() => HealthAsync("web"));
        error.Message.Should().Match(expected);
        error.Kind.Should().Be(kind);
    }

    private Task<ServerRead<DiscoveryList>> HealthAsync(string service) => Client.ReadHealthAsync(
        new InstancesQuery(connect: false, service, [], [], string.Empty), new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);

    [Fact] // LEAF-34
    public async Task Signing_sends_the_request_and_no_key()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var identity = new ServiceId(ScriptedServerClient.TrustDomainName, "dc1", "web");
        await Client.SignLeafAsync(identity, CertificateRequests.For(identity, key), "s3cret", CancellationToken.None);
        var sent = _server.Requests.Should().ContainSingle().Subject;
        (sent.Method, sent.Target, sent.Token).Should().Be(("PUT", "/v1/connect/ca/sign?dc=dc1", "s3cret"));
        sent.Body.Should().StartWith("{\"Service\":\"web\",\"CSR\":\"-----BEGIN CERTIFICATE REQUEST-----").And.NotContain("PRIVATE");
    }

    [Theory] // LEAF-34: a real Consul
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(501)]
    public async Task A_server_without_the_signing_call_is_named(int status)
    {
        _server.Script(_ => ScriptedAnswer.Text(status, "method PUT not allowed"));
        var error = await FailsAsync(Sign);
        error.Kind.Should().Be(FailureKind.Unsupported);
        error.Message.Should().StartWith("the servers have no signing call (PUT /v1/connect/ca/sign)").And.Contain("connect_agent.delegate_leaf = true");
    }

    [Theory] // ERR-2, LEAF-60, ACL-ERR-13; PATH-2: an answer, so it says nothing about the server
    [InlineData(501, "/v1/connect/intentions/ is not served", FailureKind.Unsupported, "/v1/connect/intentions/ is not served")]
    [InlineData(403, "ACL not found", FailureKind.UnknownToken, "ACL not found")]
    [InlineData(500, "rpc error making call: ACL not found", FailureKind.UnknownToken, "rpc error making call: ACL not found")]
    [InlineData(403, "Permission denied", FailureKind.PermissionDenied, "Permission denied")]
    [InlineData(500, "rpc error making call: Permission denied: x", FailureKind.PermissionDenied, "rpc error making call: Permission denied: x")]
    [InlineData(403, "Host not allowed", FailureKind.Unreachable, "*Unexpected response code: 403 (Host not allowed)")]
    [InlineData(401, "who are you", FailureKind.Unreachable, "*Unexpected response code: 401 (who are you)")]
    [InlineData(429, "Rate limit reached, try again later", FailureKind.RateLimited, "Rate limit reached, try again later")]
    [InlineData(429, "", FailureKind.RateLimited, "RPC rate limit exceeded")]
    [InlineData(500, "Rate limit reached, try again later", FailureKind.RateLimited, "Rate limit reached, try again later")]
    [InlineData(500, "No path to datacenter", FailureKind.Failed, "No path to datacenter")]
    [InlineData(500, "rpc error making call: No path to datacenter", FailureKind.Failed, "No path to datacenter")]
    [InlineData(500, "Connect must be enabled in order to use this endpoint", FailureKind.Failed, "Connect must be enabled in order to use this endpoint")]
    [InlineData(500, "CA has not finished initializing", FailureKind.Failed, "CA has not finished initializing")]
    [InlineData(500, "Cannot resolve root ACL", FailureKind.Failed, "Cannot resolve root ACL")]
    [InlineData(500, "No cluster leader", FailureKind.Unreachable, "*Unexpected response code: 500 (No cluster leader)")]
    [InlineData(503, "upstream", FailureKind.Unreachable, "*Unexpected response code: 503 (upstream)")]
    [InlineData(400, "Bad request: x", FailureKind.Invalid, "Bad request: x")]
    [InlineData(302, "", FailureKind.Unreachable, "*Unexpected response code: 302 ()")]
    [InlineData(204, "", FailureKind.Unreachable, "*Unexpected response code: 204 ()")]
    [InlineData(500, "you sent s3cret\r\nline", FailureKind.Unreachable, "*(you sent <hidden>  line)")]
    public async Task A_failure_is_known_by_its_text_and_then_by_its_status(int status, string text, FailureKind kind, string expected)
    {
        _server.Script(_ => ScriptedAnswer.Text(status, text, "Location: http://127.0.0.1:1/"));
        var error = await FailsAsync(() => Client.ReadRootsAsync(new ServerQuery("dc1", "s3cret", new BlockingQuery(0, Long)), CancellationToken.None));
        error.Message.Should().Match(expected);
        error.Kind.Should().Be(kind);
        _server.Requests.Should().ContainSingle("redirects are not followed, and how often to try is the cache's business");
    }

    [Theory] // garbage never replaces what is cached
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Consul-Index: 9\r\n\r\nnull", "*none of Consul's: null")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Consul-Index: 9\r\n\r\n<html>", "*none of Consul's: '<' is an invalid*")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Consul-Index: 9\r\n\r\n{}", "*none of Consul's*")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "*none of Consul's: no X-Consul-Index that is a number")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Consul-Index: +1\r\n\r\n{}", "*none of Consul's: no X-Consul-Index that is a number")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Consul-Index: 18446744073709551616\r\n\r\n{}", "*none of Consul's: no X-Consul-Index that is a number")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99\r\nX-Consul-Index: 9\r\n\r\n{\"Active", "rpc error making call: *")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 8388609\r\nX-Consul-Index: 9\r\n\r\n{", "*the answer is longer than 8388608 bytes")]
    [InlineData("SSH-2.0-nonsense\r\n", "rpc error making call: *")]
    [InlineData("", "rpc error making call: *")]
    public async Task What_is_none_of_Consuls_answers_is_a_failure_of_the_server(string bytes, string expected)
    {
        _server.Script(_ => ScriptedAnswer.Raw(bytes));
        var error = await FailsAsync(() => Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None));
        error.Message.Should().Match(expected);
        error.Kind.Should().Be(FailureKind.Unreachable);
    }

    [Fact] // a body without a length is bounded, too
    public async Task An_endless_answer_is_cut_off()
    {
        _server.Script(_ => new ScriptedAnswer(
            [.. "HTTP/1.1 200 OK\r\nX-Consul-Index: 9\r\nConnection: close\r\n\r\n"u8, .. new byte[(8 * 1024 * 1024) + 1]], Closes: true));
        var error = await FailsAsync(() => Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None));
        error.Message.Should().EndWith("the answer is longer than 8388608 bytes");
    }

    [Theory] // CACHE-17, IDX-10: the engine has to see it
    [InlineData(0UL)]
    [InlineData(ulong.MaxValue)]
    public async Task An_index_that_is_none_is_told(ulong index)
    {
        _server.Script(_ => ScriptedAnswer.Ok("""{"db":null}""", index));
        var read = await Client.MatchIntentionsAsync(
            new MatchNames(ByDestination: true, ["db"]), new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);
        (read.Index, read.LacksIndex).Should().Be((Math.Max(1, index), index == 0));
        read.Value.Should().ContainSingle().Which.Intentions.Should().BeEmpty();
    }

    [Theory] // fail closed: a missing list is not "no rules"
    [InlineData("{}")]
    [InlineData("""{"DB":null}""")]
    [InlineData("""{"db":[null]}""")]
    [InlineData("""{"db":[{"DestinationName":"db","Action":"allow"}]}""")]
    [InlineData("""{"db":[{"SourceName":null,"DestinationName":"db","Action":"allow"}]}""")]
    [InlineData("""{"db":[{"SourceName":"web","DestinationName":"db","Permissions":[null]}]}""")]
    [InlineData("[]")]
    public async Task A_match_that_leaves_something_out_is_garbage(string json)
    {
        _server.Script(_ => ScriptedAnswer.Ok(json, 5));
        var error = await FailsAsync(() => Client.MatchIntentionsAsync(
            new MatchNames(ByDestination: true, ["db"]), new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None));
        error.Message.Should().Contain("none of Consul's");
        error.Kind.Should().Be(FailureKind.Unreachable);
    }

    [Fact] // IXN-1, PREC-2, SPIF-5; 1.16's fields
    public async Task Intentions_are_read_whole_and_those_of_others_are_left_out()
    {
        _server.Script(_ => ScriptedAnswer.Ok(
            """
            {"db":[
              {"SourceNS":"default","SourceName":"*","DestinationNS":"default","DestinationName":"db","SourceType":"consul","Action":"deny","Precedence":8},
              {"SourceName":"web","SourcePeer":"east","DestinationName":"db","Action":"allow"},
              {"SourceNS":"team","SourceName":"web","DestinationNS":"default","DestinationName":"db","Action":"allow"},
              {"ID":"8f24","CreatedAt":"2026-01-02T03:04:05.123456789Z","SourceNS":"default","SourcePartition":"default","SourceName":"api",
               "DestinationNS":"default","DestinationName":"db","SourceType":"consul","Meta":{"a":"b"},"Hash":"AA==","JWT":{"Providers":[]},
               "Permissions":[{"Action":"allow","HTTP":{"PathPrefix":"/v1","Header":[{"Name":"x","Present":true}],"Methods":["GET"]}}],
               "Precedence":9,"CreateIndex":3,"ModifyIndex":4}
            ]}
            """,
            7));
        var read = await Client.MatchIntentionsAsync(
            new MatchNames(ByDestination: true, ["db"]), new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);
        var match = read.Value.Single();
        match.Intentions.Select(intention => intention.SourceName).Should().Equal(["api", "*"], "in the order of precedence, whatever order they came in");
        match.Decide("web", DefaultDecision.Allow).Allowed.Should().BeFalse("the allow is a peer's web, not ours");
        match.Decide("api", DefaultDecision.Allow).Should().Match<IntentionDecision>(decision => !decision.Allowed && decision.Reason.Contains("L7"));
        var api = match.Intentions[0];
        (api.Id, api.Hash, api.ModifyIndex, api.Precedence).Should().Be(("8f24", "AA==", 4UL, 9));
        api.Permissions!.Single().Http!.Headers!.Single().Should().Be(new HeaderCondition { Name = "x", Present = true });
    }

    [Theory] // ca CA-2: exactly one active, and it is the one that is named
    [InlineData("""{"ActiveRootID":"b","TrustDomain":"x.consul","Roots":[ROOT]}""")]
    [InlineData("""{"ActiveRootID":"a","TrustDomain":"","Roots":[ROOT]}""")]
    [InlineData("""{"ActiveRootID":"a","TrustDomain":"x.consul","Roots":[]}""")]
    [InlineData("""{"ActiveRootID":"a","TrustDomain":"x.consul","Roots":[ROOT,ROOT]}""")]
    [InlineData("""{"ActiveRootID":"a","TrustDomain":"x.consul","Roots":[ROOT,null]}""")]
    [InlineData("""{"ActiveRootID":"a","TrustDomain":"x.consul","Roots":null}""")]
    [InlineData("""{"ActiveRootID":"a","TrustDomain":"x.consul","Roots":[BAD]}""")]
    public async Task Roots_that_contradict_themselves_are_garbage(string json)
    {
        const string Root = """
            {"ID":"a","Name":"n","SerialNumber":1,"SigningKeyID":"00","ExternalTrustDomain":"x","NotBefore":"2026-01-01T00:00:00Z",
             "NotAfter":"2036-01-01T00:00:00Z","RootCert":PEM,"Active":true,"PrivateKeyType":"ec","PrivateKeyBits":256}
            """;
        var pem = System.Text.Json.JsonSerializer.Serialize(_server.Content.RootsAt(1).Value.Roots[0].RootCert);
        _server.Script(_ => ScriptedAnswer.Ok(
            json.Replace("BAD", Root.Replace("PEM", "\"x\"", StringComparison.Ordinal), StringComparison.Ordinal)
                .Replace("ROOT", Root.Replace("PEM", pem, StringComparison.Ordinal), StringComparison.Ordinal),
            5));
        var error = await FailsAsync(() => Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None));
        error.Message.Should().Contain("none of Consul's");
        error.Kind.Should().Be(FailureKind.Unreachable);
    }

    [Fact] // LEAF-18
    public async Task A_CA_that_is_not_there_yet_does_not_empty_the_roots()
    {
        _server.Script(_ => ScriptedAnswer.Ok("""{"ActiveRootID":"","TrustDomain":"","Roots":[]}""", 5));
        var error = await FailsAsync(() => Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None));
        (error.Kind, error.Message).Should().Be((FailureKind.Failed, "cluster has no CA bootstrapped yet"));
    }

    [Theory] // a token in part might be another's
    [InlineData("a\nb")]
    [InlineData("ü")]
    [InlineData(" a")]
    [InlineData("a ")]
    public async Task A_token_that_no_header_can_carry_is_unknown(string token)
    {
        var error = await FailsAsync(() => Client.ReadRootsAsync(new ServerQuery("dc1", token, new BlockingQuery(0, Long)), CancellationToken.None));
        (error.Kind, error.Message).Should().Be((FailureKind.UnknownToken, "ACL not found"));
        _server.Requests.Should().BeEmpty();
    }

    [Theory] // CE-11: a slash may be part of a name that the API cannot spell
    [InlineData("a/b")]
    [InlineData(null)]
    public async Task A_name_that_cannot_be_asked_for_fails_closed(string? name)
    {
        var error = await FailsAsync(() => Client.MatchIntentionsAsync(
            new MatchNames(ByDestination: true, [name ?? new string('x', 100_000)]), new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None));
        error.Kind.Should().Be(FailureKind.Failed);
        _server.Requests.Should().BeEmpty();
    }

    [Fact] // GH-14233: wait, a sixteenth of it, and the time of any call
    public async Task A_held_read_is_given_up_only_after_the_servers_own_limit()
    {
        var release = new TaskCompletionSource<ScriptedAnswer?>();
        _server.Script(_ => release.Task);
        var held = Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(5, TimeSpan.FromMinutes(8))), CancellationToken.None);
        await _server.SeenAsync(1, request => request.Holds);
        _clock.Advance(TimeSpan.FromMinutes(8) + TimeSpan.FromSeconds(30) + TimeSpan.FromSeconds(10) - TimeSpan.FromMilliseconds(1));
        held.IsCompleted.Should().BeFalse();
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        var error = await FailsAsync(() => held);
        error.Message.Should().Be($"rpc error making call: {_server.Address.GetLeftPart(UriPartial.Authority)}: no answer within 520 s");
    }

    [Fact] // a paused server
    public async Task A_read_that_does_not_hold_is_given_up_after_ten_seconds()
    {
        var release = new TaskCompletionSource<ScriptedAnswer?>();
        _server.Script(_ => release.Task);
        var read = Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);
        await _server.SeenAsync(1, _ => true);
        _clock.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromMilliseconds(1));
        read.IsCompleted.Should().BeFalse();
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        (await FailsAsync(() => read)).Kind.Should().Be(FailureKind.Unreachable);
    }

    [Fact] // 503 and 429 may say when
    public async Task Retry_After_spares_the_server_calls_of_that_kind()
    {
        _server.Script(request => request.IsSign ? null : ScriptedAnswer.Text(503, "busy", "Retry-After: 30"));
        var read = () => Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);
        var first = await FailsAsync(read);
        var second = await FailsAsync(read);
        second.Message.Should().Be(first.Message);
        _server.Requests.Should().ContainSingle();
        await Sign();
        _server.Heal();
        _clock.Advance(TimeSpan.FromSeconds(30));
        (await read()).Value.Roots.Should().ContainSingle();
    }

    [Fact] // over HTTP/1.1 a held read takes a connection
    public async Task Held_reads_beyond_the_bound_are_polled()
    {
        using var end = new CancellationTokenSource();
        var held = Enumerable.Range(0, 128).Select(_ => Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(999, Long)), end.Token)).ToList();
        await _server.SeenAsync(128, request => request.Holds);
        var polled = Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(999, Long)), CancellationToken.None);
        var pause = TimeSpan.Zero;
        await _clock.ArmedAsync(delay => delay >= TimeSpan.FromSeconds(15) && delay < TimeSpan.FromSeconds(30) && (pause = delay) > TimeSpan.Zero);
        _clock.Advance(pause - TimeSpan.FromMilliseconds(1));
        _server.Requests.Should().HaveCount(128);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        (await polled).Value.Roots.Should().ContainSingle();
        _server.Requests.Should().HaveCount(129).And.ContainSingle(request => !request.Holds);
        await end.CancelAsync();
        foreach (var read in held)
        {
            await ((Func<Task>)(() => read)).Should().ThrowAsync<OperationCanceledException>();
        }
    }

    private static async Task<ServerException> FailsAsync(Func<Task> call) => (await call.Should().ThrowAsync<ServerException>()).Which;

    private async Task Sign()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var identity = new ServiceId(ScriptedServerClient.TrustDomainName, "dc1", "web");
        await Client.SignLeafAsync(identity, CertificateRequests.For(identity, key), string.Empty, CancellationToken.None);
    }
}
