using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Leaves;

/// <summary>leaf-certificates sections 3 to 7 and 9, on a manual clock.</summary>
public sealed class LeafServiceTests : IDisposable
{
    private readonly AgentFixture _agent = new();

    public void Dispose() => _agent.Dispose();

    [Fact] // section 9, test 1; LEAF-50, LEAF-51
    public async Task Two_plain_reads_give_the_same_leaf_and_both_miss()
    {
        var first = await _agent.LeafAsync();
        var second = await _agent.LeafAsync();
        second.Value.Should().BeSameAs(first.Value);
        (first.Hit, second.Hit).Should().Be((false, false));
        var low = await _agent.LeafAsync(index: 1);
        low.Hit.Should().BeTrue();
        _agent.Servers.Signatures.Should().Be(1);
    }

    [Fact] // LEAF-45: a server that starts over without its state may have its new roots at the very index of the old ones
    public async Task Other_roots_at_the_same_index_replace_a_leaf()
    {
        var leaf = (await _agent.LeafAsync()).Value;
        var before = await _agent.RootsAsync();
        var otherLife = new ScriptedServerClient(_agent.Clock);
        otherLife.Rotate();
        _agent.Servers.NextRoots(_ => Task.FromResult(otherLife.RootsAt(before.Index)));
        while ((await _agent.RootsAsync()).Value.ActiveRootId == before.Value.ActiveRootId)
        {
            await Task.Yield();
        }

        _agent.Clock.Advance(TimeSpan.FromSeconds(1));
        (await _agent.LeafAsync()).Value.SerialNumber.Should().NotBe(leaf.SerialNumber);
        _agent.Servers.Signatures.Should().Be(2);
    }

    [Fact] // LEAF-30, LEAF-32: the key belongs to the certificate, and is new each time
    public async Task Key_and_certificate_form_a_pair()
    {
        var leaf = (await _agent.LeafAsync()).Value;
        using var pair = X509Certificate2.CreateFromPem(leaf.CertPem, leaf.PrivateKeyPem);
        pair.HasPrivateKey.Should().BeTrue();
        leaf.PrivateKeyPem.Should().StartWith("-----BEGIN EC PRIVATE KEY-----\n");
        leaf.CertPem.Should().EndWith("-----END CERTIFICATE-----\n");
        leaf.ServiceUri.Should().Be($"spiffe://{ScriptedServerClient.TrustDomainName}/ns/default/dc/dc1/svc/web");
        (await _agent.LeafAsync("api")).Value.PrivateKeyPem.Should().NotBe(leaf.PrivateKeyPem);
    }

    [Fact] // LEAF-20; section 9, test 6
    public async Task A_token_never_gets_another_tokens_leaf()
    {
        var a = await _agent.LeafAsync(token: "a");
        var b = await _agent.LeafAsync(token: "b");
        b.Value.SerialNumber.Should().NotBe(a.Value.SerialNumber);
    }

    [Fact] // LEAF-52, LEAF-47; section 9, test 2
    public async Task A_blocked_reader_gets_a_new_leaf_within_30_seconds_of_a_rotation()
    {
        var first = await _agent.LeafAsync();
        var blocked = _agent.LeafAsync(index: first.Index);
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(300));
        _agent.Servers.Rotate();
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(15));
        var during = await _agent.LeafAsync();
        during.Value.Should().BeSameAs(first.Value, "a wait is in flight, so the old leaf is current (leaf-watched-during)");
        during.Hit.Should().BeTrue();
        _agent.Clock.Advance(TimeSpan.FromSeconds(15));
        var woken = await blocked.WaitAsync(AgentFixture.Patience);
        woken.Index.Should().BeGreaterThan(first.Index);
        woken.Value.SerialNumber.Should().NotBeNull();
        woken.Value.AuthorityKeyId.Should().NotBe(first.Value.AuthorityKeyId);
    }

    [Fact] // LEAF-72: the reference misses the second rotation
    public async Task Three_rotations_in_a_row_each_wake_the_reader()
    {
        var leaf = await _agent.LeafAsync();
        for (var rotation = 0; rotation < 3; rotation++)
        {
            var blocked = _agent.LeafAsync(index: leaf.Index);
            await _agent.Clock.ArmedAsync(delay => delay > TimeSpan.FromSeconds(100) && delay <= TimeSpan.FromSeconds(600));
            _agent.Clock.Advance(TimeSpan.FromSeconds(7));
            _agent.Servers.Rotate();
            await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(15));
            _agent.Clock.Advance(TimeSpan.FromSeconds(15));
            var next = await blocked.WaitAsync(AgentFixture.Patience);
            next.Value.AuthorityKeyId.Should().NotBe(leaf.Value.AuthorityKeyId);
            leaf = next;
        }
    }

    [Fact] // LEAF-45; section 9, test 3
    public async Task After_a_rotation_that_nobody_waited_for_the_next_plain_read_has_a_new_leaf_at_once()
    {
        var first = await _agent.LeafAsync();
        _agent.Clock.Advance(TimeSpan.FromSeconds(5));
        _agent.Servers.Rotate();
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(15));
        var second = await _agent.LeafAsync().WaitAsync(AgentFixture.Patience);
        second.Value.AuthorityKeyId.Should().NotBe(first.Value.AuthorityKeyId);
        second.Hit.Should().BeFalse();
    }

    [Fact] // LEAF-56: renewed in the background, between 60 and 90 percent of its life
    public async Task A_leaf_is_renewed_while_nobody_asks()
    {
        var first = await _agent.LeafAsync();
        for (var step = 0; step < 65 * 6 && _agent.Servers.Signatures == 1; step++)
        {
            // Parked are the sweeper, the read of the roots, and the hold of the leaf.
            await _agent.Clock.ArmedAsync(3);
            _agent.Clock.Advance(TimeSpan.FromMinutes(10));
        }

        var second = await _agent.LeafAsync(index: first.Index).WaitAsync(AgentFixture.Patience);
        second.Value.SerialNumber.Should().NotBe(first.Value.SerialNumber);
        var renewedAt = second.Value.ValidAfter - first.Value.ValidAfter;
        renewedAt.Should().BeGreaterThanOrEqualTo(TimeSpan.FromHours(43.1)).And.BeLessThanOrEqualTo(TimeSpan.FromHours(65.1), "the clock moves in steps of ten minutes");
    }

    [Fact] // LEAF-42: at the instant that was drawn, and not at a later one drawn then
    public async Task A_leaf_is_renewed_at_its_instant()
    {
        _agent.Servers.LeafLife = TimeSpan.FromMinutes(5);
        var first = await _agent.LeafAsync();
        var blocked = _agent.LeafAsync(index: first.Index);
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromMinutes(3.75));
        _agent.Clock.Advance(TimeSpan.FromMinutes(3.75));
        (await blocked.WaitAsync(AgentFixture.Patience)).Value.SerialNumber.Should().NotBe(first.Value.SerialNumber);
    }

    [Fact] // LEAF-56, LEAF-55: an idle leaf sleeps; it looks only as often as a suspended host makes necessary
    public async Task An_idle_leaf_does_not_turn_every_ten_minutes()
    {
        await _agent.LeafAsync();
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromHours(6));
        var entry = _agent.Cache.Entries.Single(candidate => candidate.Key.Kind == "connect-ca-leaf");
        for (var step = 0; step < 50; step++)
        {
            await _agent.Clock.ArmedAsync(3);
            _agent.Clock.Advance(TimeSpan.FromHours(1));
        }

        await _agent.Clock.ArmedAsync(3);
        (entry.Fetches.Count, _agent.Servers.Signatures).Should().Be((1L, 1), "one fetch issued it, and none is in flight while it waits for its renewal");
        entry.State.Should().Be("scheduled");
    }

    [Fact] // a leaf that waits for its renewal is not being fetched, and says so; a look that changes nothing leaves it so
    public async Task A_leaf_is_scheduled_as_soon_as_it_is_there_and_after_each_look()
    {
        await _agent.LeafAsync();
        var entry = _agent.Cache.Entries.Single(candidate => candidate.Key.Kind == "connect-ca-leaf");
        entry.State.Should().Be("scheduled", "whoever has been answered finds it so");
        await _agent.Clock.ArmedAsync(3);
        _agent.Cache.Entries.Single(candidate => candidate.Key.Kind == "connect-ca-root").State.Should().Be("fresh", "its next change is told by a read that is held");
        var planned = ((LeafView)entry.Facts().Detail!).NextRenewal;
        _agent.Servers.Rotate();
        await AgentFixture.EventuallyAsync(
            () => ((LeafView)entry.Facts().Detail!).NextRenewal != planned && _agent.Clock.ArmedTimers == 3 && entry.State == "scheduled" && entry.Fetches.Count == 1,
            "the new plan waits");
        _agent.Clock.Advance(TimeSpan.FromSeconds(2));
        (await _agent.LeafAsync().WaitAsync(AgentFixture.Patience)).Hit.Should().BeFalse("LEAF-45: who looks after a rotation gets a new leaf");
        (entry.State, _agent.Servers.Signatures).Should().Be(("scheduled", 2));
    }

    [Theory] // LEAF-82: within 30 s, not at its own next try, up to two minutes later; whether the leaf still holds or has ended
    [InlineData(66)]
    [InlineData(80)]
    public async Task When_the_servers_come_back_an_overdue_leaf_is_renewed_within_30_seconds(int hoursAway)
    {
        // Given: roots and leaf try each 90 s, at instants of their own. A reader keeps the entry.
        var first = await _agent.LeafAsync();
        await _agent.Clock.ArmedAsync(3);
        _agent.Clock.Advance(TimeSpan.FromSeconds(40));
        _agent.Servers.Fail(ScriptedServerClient.Unreachable());
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(3));
        var start = _agent.Clock.GetUtcNow();
        while (_agent.Clock.AdvanceToNext(start + TimeSpan.FromHours(30)))
        {
            await _agent.Clock.ArmedAsync(3);
        }

        await _agent.LeafAsync();
        while (_agent.Clock.AdvanceToNext(start + TimeSpan.FromHours(hoursAway)))
        {
            await _agent.Clock.ArmedAsync(3);
        }

        // When: the roots' own try finds the servers
        var roots = _agent.Cache.Entries.Single(candidate => candidate.Key.Kind == "connect-ca-root");
        var leaf = _agent.Cache.Entries.Single(candidate => candidate.Key.Kind == "connect-ca-leaf");
        _agent.Servers.Fail(null);
        while (roots.State != "fresh" && _agent.Clock.AdvanceToNext(_agent.Clock.GetUtcNow() + TimeSpan.FromMinutes(2)))
        {
            await AgentFixture.EventuallyAsync(() => roots.State == "fresh" || _agent.Clock.ArmedTimers >= 3, "all loops have gone on");
        }

        // Then: the middle of 30 s, not its own try, which may be 90 s away. It waits on the roots once its timer is armed.
        var back = _agent.Clock.GetUtcNow();
        await AgentFixture.EventuallyAsync(
            () => IsRenewed() || (((LeafView)leaf.Facts().Detail!).NextRenewal is { } at && at > back && at <= back + TimeSpan.FromSeconds(15) && roots.Waiters == 1),
            "the leaf has a new plan");
        _agent.Clock.Advance(TimeSpan.FromSeconds(15));
        await AgentFixture.EventuallyAsync(IsRenewed, "the leaf is renewed");

        bool IsRenewed() => !ReferenceEquals(((CacheEntry<LeafRequest, LeafCertificate>)leaf).Current.Value, first.Value);
    }

    [Fact] // LEAF-80: inside its validity a leaf is served although the servers are unreachable
    public async Task With_the_servers_away_the_leaf_stays()
    {
        var first = await _agent.LeafAsync();
        _agent.Servers.SignFailure = ScriptedServerClient.Unreachable();
        _agent.Clock.Advance(TimeSpan.FromHours(66));
        var late = await _agent.LeafAsync().WaitAsync(AgentFixture.Patience);
        late.Value.Should().BeSameAs(first.Value);
    }

    [Fact] // LEAF-81
    public async Task An_expired_leaf_is_never_served()
    {
        await _agent.LeafAsync();
        _agent.Servers.SignFailure = ScriptedServerClient.Unreachable();
        _agent.Clock.Advance(TimeSpan.FromHours(71));
        await _agent.LeafAsync().WaitAsync(AgentFixture.Patience);
        _agent.Clock.Advance(TimeSpan.FromHours(2));
        var read = () => _agent.LeafAsync().WaitAsync(AgentFixture.Patience);
        await read.Should().ThrowAsync<ServerException>().WithMessage("No known Consul servers");
    }

    [Fact] // LEAF-81: not either between two attempts, nor to a reader with an old index
    public async Task A_leaf_is_not_served_beyond_its_end_while_the_next_attempt_waits()
    {
        await _agent.LeafAsync();
        _agent.Servers.SignFailure = ScriptedServerClient.Unreachable();
        _agent.Clock.Advance(TimeSpan.FromHours(72) - TimeSpan.FromSeconds(0.5));
        await _agent.LeafAsync().WaitAsync(AgentFixture.Patience);
        _agent.Clock.Advance(TimeSpan.FromSeconds(0.6));
        foreach (var index in new ulong[] { 0, 1 })
        {
            var read = () => _agent.LeafAsync(index: index).WaitAsync(AgentFixture.Patience);
            await read.Should().ThrowAsync<ServerException>();
        }
    }

    [Fact] // LEAF-80: neither a leaf nor its renewal depends on the roots entry staying in the cache
    public async Task With_the_servers_away_and_the_roots_forgotten_the_leaf_stays()
    {
        var first = await _agent.LeafAsync();
        _agent.Servers.Fail(ScriptedServerClient.Unreachable());
        _agent.Clock.Advance(TimeSpan.FromHours(70));
        (await _agent.LeafAsync().WaitAsync(AgentFixture.Patience)).Value.Should().BeSameAs(first.Value);
    }

    [Fact] // LEAF-17, LEAF-61, LEAF-62
    public async Task A_refused_signature_fails_the_first_read_and_never_a_later_one()
    {
        _agent.Servers.SignFailure = new ServerException(FailureKind.RateLimited, "Rate limit reached, try again later");
        var first = () => _agent.LeafAsync("new");
        (await first.Should().ThrowAsync<ServerException>()).Which.Kind.Should().Be(FailureKind.RateLimited);
        _agent.Servers.SignFailure = null;
        var leaf = await _agent.LeafAsync("new");
        _agent.Servers.SignFailure = new ServerException(FailureKind.RateLimited, "Rate limit reached, try again later");
        _agent.Clock.Advance(TimeSpan.FromSeconds(5));
        _agent.Servers.Rotate();
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(15));
        (await _agent.LeafAsync("new").WaitAsync(AgentFixture.Patience)).Value.Should().BeSameAs(leaf.Value);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("web\0")]
    [InlineData("web\n")]
    public async Task FA_13_A_name_that_no_SPIFFE_ID_may_have_becomes_no_key(string service)
    {
        var read = async () => await _agent.LeafAsync(service);
        (await read.Should().ThrowAsync<ServerException>()).WithMessage("Bad request: no SPIFFE ID may have the service name *")
            .Which.Kind.Should().Be(FailureKind.Invalid);
        (_agent.Servers.Signatures, _agent.Cache.Entries.Count(entry => entry.Key.Kind == "connect-ca-leaf")).Should().Be((0, 0));
    }

    [Theory] // LEAF-7, LEAF-8
    [InlineData("", "URI must be either service or agent")]
    [InlineData("a/b", "SPIFFE ID is not in the expected format: spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/a/b")]
    public async Task A_name_that_has_no_identity_is_refused_without_asking_the_signer(string service, string expected)
    {
        var read = async () => await _agent.LeafAsync(service);
        await read.Should().ThrowAsync<ServerException>().WithMessage(expected);
        _agent.Servers.Signatures.Should().Be(0);
    }

    [Fact] // CERT-70: what the agent asks with
    public void A_CSR_has_the_common_name_and_one_URI()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var der = ConnectAgent.Agent.Leaves.LeafIssuer.CreateRequest(new("11111111-x.consul", "dc1", "web"), key);
        var request = CertificateRequest.LoadSigningRequest(
            der, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
        request.SubjectName.Name.Should().Be("CN=web.svc.default.11111111.consul");
        request.CertificateExtensions.Should().ContainSingle();
        var names = ConnectAgent.Protocol.Certificates.SanExtension.Read(request.CertificateExtensions);
        names.Uris.Should().Equal("spiffe://11111111-x.consul/ns/default/dc/dc1/svc/web");
        names.DnsNames.Should().BeEmpty();
    }
}
