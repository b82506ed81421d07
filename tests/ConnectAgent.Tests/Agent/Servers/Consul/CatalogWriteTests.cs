using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Consul;

/// <summary>What the client of remote servers makes of their answers to writes (services CAT-1, CAT-8).</summary>
public sealed class CatalogWriteTests : IAsyncLifetime
{
    private static readonly CatalogRegistration Registration = new(new CatalogNode { Name = "host-1", Address = "10.0.0.1" })
    {
        SkipNodeUpdate = true,
        Service = new NodeService { Id = "web", Name = "web" },
    };

    private readonly ScriptedConsulServer _server = ScriptedConsulServer.Start();
    private readonly ScriptedConsulServer _other = ScriptedConsulServer.Start();
    private readonly RemoteServerClient _remote;

    public CatalogWriteTests() => _remote = RemoteServerClient.Create([_server.Address, _other.Address]);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _remote.DisposeAsync();
        await _server.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Theory]
    [InlineData(500, "failed inserting node: Error while renaming Node", FailureKind.Failed)]
    [InlineData(500, "Unknown service 'web'", FailureKind.Failed)] // CAT-8
    [InlineData(500, "rpc error making call: Permission denied", FailureKind.PermissionDenied)]
    [InlineData(403, "Permission denied", FailureKind.PermissionDenied)]
    [InlineData(403, "ACL not found", FailureKind.UnknownToken)]
    [InlineData(400, "Must provide node", FailureKind.Invalid)]
    [InlineData(404, "", FailureKind.Unsupported)]
    [InlineData(429, "", FailureKind.RateLimited)]
    public async Task A_refusal_is_about_the_write_and_no_other_server_is_asked(int status, string text, FailureKind kind)
    {
        Answer(ScriptedAnswer.Text(status, text));
        (await FailureAsync()).Kind.Should().Be(kind);
        (_server.Requests.Count + _other.Requests.Count).Should().Be(1);
    }

    [Theory]
    [InlineData(500, "No cluster leader")]
    [InlineData(503, "")]
    [InlineData(200, "false")]
    [InlineData(200, "<html>welcome, log in first</html>")]
    public async Task A_server_that_cannot_write_now_leaves_it_to_the_next(int status, string text)
    {
        Answer(ScriptedAnswer.Text(status, text));
        (await FailureAsync()).Kind.Should().Be(FailureKind.Unreachable);
        (_server.Requests.Count, _other.Requests.Count).Should().Be((1, 1));
    }

    [Fact]
    public async Task Failures_of_one_service_do_not_keep_others_from_being_written()
    {
        // Given
        Answer(request => request.Body.Contains("\"web\"", StringComparison.Ordinal) ? ScriptedAnswer.Text(500, "no") : null);
        for (var attempt = 0; attempt < 20; attempt++)
        {
            await FailureAsync();
        }

        // When, then
        await _remote.Client.RegisterAsync(Registration with { Service = new NodeService { Id = "db", Name = "db" } }, string.Empty, CancellationToken.None);
    }

    [Fact] // CAT-1: the token stands in a header, and in nothing that anybody logs
    public async Task A_write_goes_under_its_token_and_to_its_datacenter()
    {
        _server.Content.SetRights("s3cret", new GrantedRights());
        _other.Content.SetRights("s3cret", new GrantedRights());
        await FailureAsync("s3cret");
        var request = _server.Requests.Concat(_other.Requests).Single();
        (request.Method, request.Target, request.Token).Should().Be(("PUT", "/v1/catalog/register?dc=dc1", "s3cret"));
        ((bool)JsonNode.Parse(request.Body)!["SkipNodeUpdate"]!).Should().BeTrue();
    }

    private void Answer(ScriptedAnswer answer) => Answer(_ => answer);

    private void Answer(Func<ScriptedRequest, ScriptedAnswer?> script)
    {
        _server.Script(script);
        _other.Script(script);
    }

    private async Task<ServerException> FailureAsync(string token = "") =>
        (await _remote.Client.Invoking(client => client.RegisterAsync(Registration, token, CancellationToken.None)).Should().ThrowAsync<ServerException>()).Which;
}
