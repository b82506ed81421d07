using ConnectAgent.Agent.Revocation;
using ConnectAgent.ControlPlane.Revocation;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.State;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Revocation;

/// <summary>intentions DEF-12 on the embedded state, with real certificates.</summary>
public sealed class RevocationStoreTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_serial_stays_for_the_longest_life_of_a_leaf_or_until_the_end_that_the_caller_knows()
    {
        await using var fixture = await RevocationFixture.StartAsync();
        var unknown = await fixture.Revocations.RevokeSerialAsync("01:2c", "dc1", null);
        unknown.ExpiresAt.Should().Be(fixture.Now + TimeSpan.FromHours(72));
        unknown.CreateIndex.Should().BePositive().And.Be(unknown.ModifyIndex);
        var known = await fixture.Revocations.RevokeSerialAsync("09", "dc1", fixture.Now + TimeSpan.FromHours(1));
        known.ExpiresAt.Should().Be(fixture.Now + TimeSpan.FromHours(1));
        (await fixture.ListAsync()).Should().Equal(unknown, known);
    }

    [Theory]
    [InlineData(0, "Bad request: ValidBefore has passed: the certificate has ended by itself")]
    [InlineData(367, "Bad request: ValidBefore is more than 366 days from now")]
    public async Task An_end_that_makes_no_sense_is_refused(int days, string text)
    {
        await using var fixture = await RevocationFixture.StartAsync();
        var revoke = () => fixture.Revocations.RevokeSerialAsync("09", "dc1", fixture.Now + TimeSpan.FromDays(days));
        (await revoke.Should().ThrowAsync<ServerException>()).WithMessage(text).Which.Kind.Should().Be(FailureKind.Invalid);
        (await fixture.ListAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task A_repeated_revocation_is_no_write_unless_it_says_more()
    {
        await using var fixture = await RevocationFixture.StartAsync();
        var end = fixture.Now + TimeSpan.FromHours(2);
        var first = await fixture.Revocations.RevokeSerialAsync("09", "dc1", end);
        var again = await fixture.Revocations.RevokeSerialAsync("09", "dc1", end - TimeSpan.FromHours(1));
        again.Should().Be(first);
        var longer = await fixture.Revocations.RevokeSerialAsync("09", "dc1", end + TimeSpan.FromHours(1));
        longer.Should().Be(first with { ExpiresAt = end + TimeSpan.FromHours(1), ModifyIndex = longer.ModifyIndex });
        longer.ModifyIndex.Should().BeGreaterThan(first.ModifyIndex);
    }

    [Fact]
    public async Task An_identity_loses_what_was_signed_before_and_nothing_that_is_signed_after()
    {
        await using var fixture = await RevocationFixture.StartAsync();
        var (old, other) = (await fixture.SignAsync("web"), await fixture.SignAsync("api"));
        await fixture.RevokeAsync("web");
        var renewed = await fixture.SignAsync("web");
        var lookup = RevocationLookup.Of(new RevocationList(await fixture.ListAsync()));
        lookup.IsRevoked(RevocationFixture.Id("web"), old).Should().BeTrue();
        lookup.IsRevoked(RevocationFixture.Id("web"), renewed).Should().BeFalse();
        lookup.IsRevoked(RevocationFixture.Id("api"), other).Should().BeFalse();
    }

    [Fact]
    public async Task A_time_in_the_past_takes_all_that_was_signed_before_it_and_at_most_one_mark_more()
    {
        // Given leaves of four minutes, each with its mark behind it
        await using var fixture = await RevocationFixture.StartAsync();
        List<(DateTimeOffset At, string Serial)> leaves = [];
        for (var i = 0; i < 4; i++)
        {
            leaves.Add((fixture.Now, await fixture.SignAsync("web")));
            fixture.Clock.Advance(Minute);
            await fixture.Revocations.MarkAsync();
        }

        // When
        var entry = await fixture.RevokeAsync("web", leaves[1].At + TimeSpan.FromSeconds(1));

        // Then
        var lookup = RevocationLookup.Of(new RevocationList([entry]));
        leaves.Select(leaf => lookup.IsRevoked(RevocationFixture.Id("web"), leaf.Serial)).Should().Equal(true, true, false, false);
        entry.ExpiresAt.Should().Be(leaves[2].At + TimeSpan.FromHours(72), "the last of them was signed before the mark");
    }

    [Fact]
    public async Task Without_a_mark_a_time_in_the_past_takes_everything_up_to_now()
    {
        await using var fixture = await RevocationFixture.StartAsync();
        var signed = await fixture.SignAsync("web");
        fixture.Clock.Advance(TimeSpan.FromHours(1));
        var entry = await fixture.RevokeAsync("web", fixture.Now - TimeSpan.FromMinutes(30));
        RevocationLookup.Of(new RevocationList([entry])).IsRevoked(RevocationFixture.Id("web"), signed).Should().BeTrue();
    }

    [Fact]
    public async Task While_nothing_is_signed_no_mark_is_made_and_no_serial_taken()
    {
        await using var fixture = await RevocationFixture.StartAsync();
        await fixture.Revocations.MarkAsync();
        var before = fixture.State.Current;
        await fixture.Revocations.MarkAsync();
        fixture.State.Current.Should().BeSameAs(before);
        var (first, second) = (await fixture.SignAsync("web"), await fixture.SignAsync("web"));
        SerialNumber.TryCount(first, out var a);
        SerialNumber.TryCount(second, out var b);
        b.Should().Be(a + 1);
        await fixture.Revocations.MarkAsync();
        fixture.State.Current.Rows(RevocationTables.SerialMarks).Should().HaveCount(2);
    }

    [Fact]
    public async Task Marks_go_when_all_that_was_signed_before_them_has_ended()
    {
        await using var fixture = await RevocationFixture.StartAsync(leafLife: TimeSpan.FromHours(1));
        await fixture.Revocations.MarkAsync();
        fixture.Clock.Advance(TimeSpan.FromMinutes(61));
        await fixture.SignAsync("web");
        await fixture.Revocations.MarkAsync();
        fixture.State.Current.Rows(RevocationTables.SerialMarks).Values.Should().ContainSingle().Which.At.Should().Be(fixture.Now);
    }

    [Theory]
    [InlineData("dc2", RevocationFixture.Domain, "Bad request: SPIFFE ID from a different datacenter: dc2, we are dc1")]
    [InlineData("dc1", "other.consul", "Bad request: SPIFFE ID from a different trust domain: other.consul, we are " + RevocationFixture.Domain)]
    public async Task An_identity_whose_serials_are_counted_elsewhere_is_refused(string datacenter, string host, string text)
    {
        await using var fixture = await RevocationFixture.StartAsync();
        var revoke = () => fixture.Revocations.RevokeIdentityAsync(
            RevocationFixture.Id("web", datacenter, host), "dc1", null, CancellationToken.None);
        (await revoke.Should().ThrowAsync<ServerException>()).WithMessage(text);
    }

    [Fact]
    public async Task A_time_ahead_or_before_every_living_leaf_is_refused()
    {
        await using var fixture = await RevocationFixture.StartAsync(leafLife: TimeSpan.FromHours(1));
        var ahead = () => fixture.RevokeAsync("web", fixture.Now + TimeSpan.FromSeconds(1));
        (await ahead.Should().ThrowAsync<ServerException>()).WithMessage("Bad request: IssuedBefore lies in the future");
        await fixture.Revocations.MarkAsync();
        fixture.Clock.Advance(TimeSpan.FromHours(2));
        var before = () => fixture.RevokeAsync("web", fixture.Now - TimeSpan.FromHours(3));
        (await before.Should().ThrowAsync<ServerException>())
            .WithMessage("Bad request: every certificate that was issued before IssuedBefore has ended by itself");
    }

    [Fact]
    public async Task An_earlier_time_does_not_weaken_a_revocation()
    {
        await using var fixture = await RevocationFixture.StartAsync();
        await fixture.Revocations.MarkAsync();
        fixture.Clock.Advance(Minute);
        var first = await fixture.RevokeAsync("web");
        (await fixture.RevokeAsync("web", fixture.Now - Minute)).Should().Be(first);
    }

    [Fact]
    public async Task A_revocation_can_be_taken_back_once()
    {
        await using var fixture = await RevocationFixture.StartAsync();
        var entry = await fixture.RevokeAsync("web");
        await fixture.Revocations.TakeBackAsync(Revocations.KeyOf(entry));
        (await fixture.ListAsync()).Should().BeEmpty();
        var again = () => fixture.Revocations.TakeBackAsync(Revocations.KeyOf(entry));
        (await again.Should().ThrowAsync<ServerException>()).WithMessage("Revocation not found").Which.Kind.Should().Be(FailureKind.NotFound);
    }

    [Fact]
    public async Task The_list_is_bounded()
    {
        await using var fixture = await RevocationFixture.StartAsync();
        await Task.WhenAll(Enumerable.Range(1, Revocations.Most - 1).Chunk(1000).Select(async chunk =>
        {
            foreach (var serial in chunk)
            {
                await fixture.Revocations.RevokeSerialAsync(SerialNumber.Format((ulong)serial), "dc1", null);
            }
        }));
        var last = await fixture.RevokeAsync("web");
        var over = () => fixture.Revocations.RevokeSerialAsync("ff:ff:ff", "dc1", null);
        var error = (await over.Should().ThrowAsync<ServerException>()).Which;
        (error.Kind, error.Limit).Should().Be((FailureKind.RateLimited, Revocations.EntriesLimit));
        fixture.Clock.Advance(Minute);
        (await fixture.RevokeAsync("web")).IssuedBefore.Should().BeAfter(last.IssuedBefore!.Value, "what is there may still grow");
    }

    [Fact]
    public async Task Upkeep_removes_a_revocation_when_its_certificates_have_ended_and_tells_who_waits()
    {
        // Given
        await using var fixture = await RevocationFixture.StartAsync();
        var known = await fixture.Revocations.RevokeSerialAsync("09", "dc1", fixture.Now + TimeSpan.FromMinutes(2));
        await fixture.Revocations.RevokeSerialAsync("0a", "dc1", null);
        var (_, index) = await fixture.Revocations.ListAsync(default, CancellationToken.None);
        var interval = fixture.Revocations.MarkInterval;
        await fixture.Upkeep.StartAsync(CancellationToken.None);

        // When: a grace for slow clocks goes by first
        for (var turns = 0; fixture.Now + interval < known.ExpiresAt + Revocations.ClockGrace; turns++)
        {
            await fixture.Clock.ArmedAsync(delay => delay == interval);
            (await fixture.ListAsync()).Should().HaveCount(2, "{0} turns are not enough", turns);
            fixture.Clock.Advance(interval);
        }

        var held = fixture.Revocations.ListAsync(new BlockingOptions(new BlockingQuery(index, TimeSpan.FromMinutes(10))), CancellationToken.None);
        await fixture.Clock.ArmedAsync(delay => delay == interval);
        fixture.Clock.Advance(interval);

        // Then
        var (list, _) = await held.WaitAsync(TimeSpan.FromSeconds(60));
        list.Revoked.Should().ContainSingle().Which.SerialNumber.Should().Be("0a");
        await fixture.Upkeep.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Revocations_and_marks_outlive_a_restart()
    {
        var (folder, clock) = (Directory.CreateTempSubdirectory("connect-agent-revocations-").FullName, new ConnectAgent.Testing.ManualTimeProvider());
        try
        {
            RevocationEntry serial, identity;
            string old;
            await using (var before = await RevocationFixture.StartAsync(folder, clock))
            {
                old = await before.SignAsync("web");
                clock.Advance(Minute);
                await before.Revocations.MarkAsync();
                serial = await before.Revocations.RevokeSerialAsync("01:2c", "dc1", null);
                identity = await before.RevokeAsync("api");
            }

            await using var after = await RevocationFixture.StartAsync(folder, clock);
            (await after.ListAsync()).Should().Equal(identity, serial);
            var young = await after.SignAsync("web");
            var late = await after.RevokeAsync("web", after.Now);
            var lookup = RevocationLookup.Of(new RevocationList([late]));
            lookup.IsRevoked(RevocationFixture.Id("web"), old).Should().BeTrue();
            lookup.IsRevoked(RevocationFixture.Id("web"), young).Should().BeFalse("the mark of the former life stands between the two");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact] // an older state must not bring back what was refused
    public async Task A_restored_older_state_keeps_the_revocations_made_since()
    {
        await using var fixture = await RevocationFixture.StartAsync();
        var taken = await fixture.Revocations.RevokeSerialAsync("07", "dc1", null);
        var narrow = await fixture.RevokeAsync("web");
        var older = fixture.State.Export();
        await fixture.Revocations.TakeBackAsync(Revocations.KeyOf(taken));
        var stolen = await fixture.SignAsync("web");
        fixture.Clock.Advance(Minute);
        var wide = await fixture.RevokeAsync("web");
        var added = await fixture.Revocations.RevokeSerialAsync("01:2c", "dc1", null);

        await fixture.State.RestoreAsync(older);

        (await fixture.ListAsync()).Should().BeEquivalentTo([wide, added, taken]);
        wide.SerialsBefore.Should().NotBe(narrow.SerialsBefore);
        var lookup = RevocationLookup.Of(new RevocationList(await fixture.ListAsync()));
        lookup.IsRevoked(RevocationFixture.Id("web"), stolen).Should().BeTrue();
        lookup.IsRevoked(RevocationFixture.Id("web"), await fixture.SignAsync("web")).Should().BeFalse("serials do not go back either");
    }
}
