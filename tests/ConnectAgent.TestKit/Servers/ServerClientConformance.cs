using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.TestKit.Servers;

/// <summary>What every back end of <see cref="IServerClient"/> must do; derive a test class for each.</summary>
public abstract class ServerClientConformance
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    /// <summary>The back end, serving the datacenter <c>dc1</c> with a ready CA and no intentions.</summary>
    protected abstract IServerClient Client { get; }

    /// <summary>Puts one intention into the back end.</summary>
    protected abstract Task PutIntentionAsync(string source, string destination, string action);

    /// <summary>Revokes one certificate of <c>dc1</c> in the back end.</summary>
    protected abstract Task RevokeAsync(string serial);

    [Fact]
    public async Task Roots_answer_at_once_with_an_index_of_at_least_1()
    {
        var read = await Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);
        read.Index.Should().BePositive();
        read.Value.TrustDomain.Should().EndWith(".consul");
        read.Value.Roots.Should().ContainSingle(root => root.Active).Which.Id.Should().Be(read.Value.ActiveRootId);
    }

    [Fact] // DC-3
    public async Task An_unknown_datacenter_fails_with_the_references_words()
    {
        var read = () => Client.ReadRootsAsync(new ServerQuery("nowhere", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);
        (await read.Should().ThrowAsync<ServerException>()).WithMessage("No path to datacenter").Which.Kind.Should().Be(FailureKind.Failed);
    }

    [Fact] // IDX-5
    public async Task A_blocking_match_wakes_on_a_change_of_its_result()
    {
        var names = new MatchNames(ByDestination: true, ["db"]);
        var before = await Client.MatchIntentionsAsync(names, new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);
        var held = Client.MatchIntentionsAsync(names, new ServerQuery("dc1", string.Empty, new BlockingQuery(before.Index, Long)), CancellationToken.None);
        held.IsCompleted.Should().BeFalse();
        await PutIntentionAsync("web", "db", "deny");
        var after = await held.WaitAsync(TimeSpan.FromSeconds(60));
        after.Index.Should().BeGreaterThan(before.Index);
        after.Value.Should().ContainSingle().Which.Decide("web", DefaultDecision.Allow).Allowed.Should().BeFalse();
    }

    [Fact] // IDX-11
    public async Task A_held_read_ends_with_its_caller()
    {
        using var caller = new CancellationTokenSource();
        var first = await Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);
        var held = Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(first.Index, Long)), caller.Token);
        await caller.CancelAsync();
        var wait = async () => await held;
        await wait.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact] // intentions DEF-12
    public async Task The_revocation_list_is_empty_at_first_and_a_blocking_read_wakes_on_a_revocation()
    {
        var before = await Client.ReadRevokedAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);
        before.Index.Should().BePositive();
        before.Value.Revoked.Should().BeEmpty();
        var held = Client.ReadRevokedAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(before.Index, Long)), CancellationToken.None);
        held.IsCompleted.Should().BeFalse();
        await RevokeAsync("01:2c");
        var after = await held.WaitAsync(TimeSpan.FromSeconds(60));
        after.Index.Should().BeGreaterThan(before.Index);
        after.Value.Revoked.Should().ContainSingle().Which.SerialNumber.Should().Be("01:2c");
    }

    [Fact] // DC-3
    public async Task The_revocation_list_of_an_unknown_datacenter_fails_with_the_references_words()
    {
        var read = () => Client.ReadRevokedAsync(new ServerQuery("nowhere", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);
        (await read.Should().ThrowAsync<ServerException>()).WithMessage("No path to datacenter");
    }

    [Fact] // MAT-3
    public async Task Names_are_matched_in_their_order()
    {
        await PutIntentionAsync("web", "db", "allow");
        await PutIntentionAsync("*", "*", "deny");
        var read = await Client.MatchIntentionsAsync(
            new MatchNames(ByDestination: true, ["other", "DB"]), new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);
        read.Value.Select(match => match.Intentions.Count).Should().Equal(1, 2);
        var bySource = await Client.MatchIntentionsAsync(
            new MatchNames(ByDestination: false, ["web", "WEB"]), new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);
        bySource.Value.Select(match => match.Intentions.Count).Should().Equal([2, 1], "sources compare with case");
    }

    [Fact] // intentions ACL-4
    public async Task Without_ACLs_any_token_may_do_anything()
    {
        var rights = await Client.ResolveTokenAsync("made-up", CancellationToken.None);
        rights.ServiceWrite("web").Should().BeTrue();
    }

    [Fact] // CERT-73, LEAF-33
    public async Task A_leaf_is_signed_for_the_authorized_name_with_the_requests_key()
    {
        var roots = await Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);
        var identity = new ServiceId(roots.Value.TrustDomain, "dc1", "web");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var first = await Client.SignLeafAsync(identity, RequestFor(identity, key), string.Empty, CancellationToken.None);
        var second = await Client.SignLeafAsync(identity, RequestFor(identity, key), string.Empty, CancellationToken.None);
        second.Index.Should().BeGreaterThan(first.Index);
        using var certificate = X509Certificate2.CreateFromPem(first.CertificatePem);
        SanExtension.Read(certificate.Extensions).Uris.Should().Equal(identity.ToString());
        certificate.GetECDsaPublicKey()!.ExportSubjectPublicKeyInfo().Should().Equal(key.ExportSubjectPublicKeyInfo());
    }

    protected static byte[] RequestFor(SpiffeId identity, ECDsa key) => CertificateRequests.For(identity, key);
}
