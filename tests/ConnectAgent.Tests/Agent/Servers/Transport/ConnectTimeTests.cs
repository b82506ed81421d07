using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Transport;

/// <summary>
/// A server that no connection comes about with (agent-cache CACHE-9, CACHE-29). The clock of the calls stands still, so that only the transport's own
/// limit for connecting ends the attempt; the operating system would go on for two minutes.
/// </summary>
public sealed class ConnectTimeTests : IAsyncLifetime
{
    private static readonly ServerQuery Now = new("dc1", string.Empty, new BlockingQuery(0, TimeSpan.FromMinutes(10)));
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedConsulServer _good = ScriptedConsulServer.Start();
    private FullServer _full = null!;

    public async Task InitializeAsync() => _full = await FullServer.StartAsync();

    public async Task DisposeAsync()
    {
        _full.Dispose();
        await _good.DisposeAsync();
    }

    [Fact]
    public async Task The_next_server_answers_and_the_other_is_marked()
    {
        await using var remote = Remote();
        var read = await remote.Client.ReadRootsAsync(Now, CancellationToken.None).WaitAsync(Patience);
        read.Value.Roots.Should().ContainSingle();
        var (full, good) = (View(remote, _full.Address), View(remote, _good.Address));
        (full.State, full.Current, full.OpenBlockingQueries).Should().Be(("failing", false, 0));
        full.LastError!.Text.Should().StartWith($"rpc error getting client: failed to get conn: {full.Address}: ").And.Contain("ConnectTimeout");
        (good.State, good.Current, good.LastError).Should().Be(("healthy", true, null));

        // The one that hangs costs nobody else its time.
        await remote.Client.ReadRootsAsync(Now, CancellationToken.None).WaitAsync(Patience);
        _good.Requests.Should().HaveCount(2);
        View(remote, _full.Address).LastError.Should().BeSameAs(full.LastError);
    }

    [Fact] // no connection, so nothing was sent: what may not be done twice may be done elsewhere
    public async Task A_write_goes_on_at_the_next_server()
    {
        _good.Script(request => request.Method == "PUT" ? ScriptedAnswer.Text(200, "true") : null);
        await using var remote = Remote();
        (await remote.ForwardAsync(HttpMethod.Put, "/v1/connect/intentions/exact?source=web&destination=db").WaitAsync(Patience)).Should().Be(200);
        _good.Requests.Should().ContainSingle().Which.Method.Should().Be("PUT");
        View(remote, _full.Address).State.Should().Be("failing");
    }

    private static ServerView View(RemoteServerClient remote, Uri server) =>
        remote.Servers.Single(view => view.Address == server.GetLeftPart(UriPartial.Authority));

    // The seed draws the order: the one that hangs comes first.
    private RemoteServerClient Remote() => Enumerable.Range(0, 100)
        .Select(seed => RemoteServerClient.Create([_full.Address, _good.Address], _clock, seed))
        .First(remote => View(remote, _full.Address).Current);
}
