using ConnectAgent.Client;
using ConnectAgent.Tests.Http;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Client;

/// <summary>Open connections end when they are not allowed any more, within a second of the change; those that are allowed stay.</summary>
public sealed class DecisionWatchTests(LibraryMesh mesh) : IClassFixture<LibraryMesh>
{
    // What must come within 1 s on a quiet machine; a busy one may take longer, and never is there a wait for what is asked now and then (30 s).
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_deny_ends_what_it_forbids_and_nothing_else()
    {
        // Given
        await using var db = await ConnectIdentity.StartAsync(mesh.Client, "db");
        using var first = await db.WatchAsync(Peer("api"));
        using var second = await db.WatchAsync(Peer("api"));
        using var other = await db.WatchAsync(Peer("report"));
        first.Decision.Authorized.Should().BeTrue(first.Decision.Reason);

        // When
        await mesh.Client.Intentions.SetAsync("api", "db", isAllowed: false);

        // Then
        await DeniedAsync(first);
        await DeniedAsync(second);
        first.Decision.Authorized.Should().BeFalse();
        first.Decision.Reason.Should().Contain("DENY");
        other.Decision.Authorized.Should().BeTrue();
        other.Denied.IsCancellationRequested.Should().BeFalse();
        using var late = await db.WatchAsync(Peer("api"));
        late.Decision.Authorized.Should().BeFalse();
        late.Denied.IsCancellationRequested.Should().BeTrue("it is denied from the beginning");

        // What is allowed again is a new decision; a connection that was ended stays so.
        await mesh.Client.Intentions.DeleteAsync("api", "db");
        first.Decision.Authorized.Should().BeFalse();
    }

    [Fact]
    public async Task One_who_fails_to_close_his_connection_keeps_no_other_open()
    {
        await using var db = await ConnectIdentity.StartAsync(mesh.Client, "db-close");
        using var first = await db.WatchAsync(Peer("api"));
        using var second = await db.WatchAsync(Peer("report"));
        await using var registered = first.Denied.Register(static () => throw new InvalidOperationException("cannot close"));
        await mesh.Client.Intentions.SetAsync("api", "db-close", isAllowed: false);
        await DeniedAsync(first);
        await mesh.Client.Intentions.SetAsync("report", "db-close", isAllowed: false);
        await DeniedAsync(second);
    }

    [Fact]
    public async Task A_revoked_certificate_ends_its_connections()
    {
        await using var db = await ConnectIdentity.StartAsync(mesh.Client, "db-revoked");
        var (revoked, renewed) = (Peer("client"), Peer("client"));
        using var first = await db.WatchAsync(revoked);
        using var other = await db.WatchAsync(renewed);
        await mesh.Client.Connect.RevokeAsync(revoked.SerialNumber);
        await DeniedAsync(first);
        first.Decision.Reason.Should().Be("Certificate revoked");
        other.Denied.IsCancellationRequested.Should().BeFalse("it has another certificate");
    }

    [Fact]
    public async Task A_token_that_was_deleted_ends_all_connections_that_it_let_in()
    {
        await using var agent = await LibraryMesh.StartAgentAsync(defaultPolicy: "allow");
        var secret = await agent.TokenAsync("""service "db" { policy = "write" }""");
        using var client = LibraryMesh.Open(agent, token: secret);
        await using var db = await ConnectIdentity.StartAsync(client, "db");
        using var peer = await db.WatchAsync(new PeerIdentity(db.Id with { Service = "api" }, InProcessAgent.UriOf("api"), "0a", DateTimeOffset.MaxValue, [], db.Current.Roots[0].Thumbprint));
        peer.Decision.Authorized.Should().BeTrue(peer.Decision.Reason);
        using var manager = LibraryMesh.Open(agent, token: "root");
        var token = (await manager.Acl.TokensAsync()).Single(one => one.SecretId == secret);
        await manager.Acl.DeleteTokenAsync(token.AccessorId!);
        await DeniedAsync(peer);
        peer.Decision.Reason.Should().Contain("ACL not found");
    }

    [Fact]
    public async Task A_root_that_is_gone_ends_the_connections_of_its_certificates()
    {
        // Given: somebody whose root is not among those of now, as after a rotation whose former root has gone
        await using var db = await ConnectIdentity.StartAsync(mesh.Client, "db-roots");
        using var foreign = PeerShape.Foreign(mesh.Authority);
        using var certificate = new PeerShape { Uris = [InProcessAgent.UriOf("former")] }.SignedBy(foreign);
        var gone = new PeerIdentity(
            db.Id with { Service = "former" }, InProcessAgent.UriOf("former"), "0b", DateTimeOffset.MaxValue, [certificate.RawData], foreign.Thumbprint);
        using var former = await db.WatchAsync(gone);
        using var current = await db.WatchAsync(Peer("current"));

        // When
        await mesh.Client.Intentions.SetAsync("somebody", "db-roots", isAllowed: true);

        // Then
        await DeniedAsync(former);
        former.Decision.Reason.Should().Be("the peer's certificate does not lead to a current root any more");
        current.Denied.IsCancellationRequested.Should().BeFalse();
    }

    [Fact]
    public async Task While_the_agent_is_unreachable_open_connections_stay_and_new_ones_are_refused()
    {
        var agent = await LibraryMesh.StartAgentAsync();
        using var log = new EventSignal(6601);
        using var client = new ConnectClient(new ConnectClientOptions { Address = agent.Address.AbsoluteUri, LoggerFactory = log });
        await using var db = await ConnectIdentity.StartAsync(client, "db");
        var api = new PeerIdentity(db.Id with { Service = "api" }, InProcessAgent.UriOf("api"), "0a", DateTimeOffset.MaxValue, [], db.Current.Roots[0].Thumbprint);
        using var open = await db.WatchAsync(api);
        await agent.DisposeAsync();
        await log.Written.WaitAsync(Patience);
        open.Denied.IsCancellationRequested.Should().BeFalse();
        (await db.Awaiting(identity => identity.WatchAsync(api)).Should().ThrowAsync<ConnectException>()).Which.Status.Should().Be(0);
    }

    private PeerIdentity Peer(string service)
    {
        using var certificate = new PeerShape { Uris = [InProcessAgent.UriOf(service)] }.SignedBy(mesh.Authority);
        return mesh.Web.VerifyPeer(certificate).Peer!;
    }

    private static async Task DeniedAsync(DecisionWatch watch)
    {
        var denied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registered = watch.Denied.Register(denied.SetResult);
        await denied.Task.WaitAsync(Patience);
    }
}
