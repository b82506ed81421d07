using System.Collections.Immutable;
using ConnectAgent.ControlPlane.Revocation;
using ConnectAgent.Protocol.Certificates;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Revocation;

/// <summary>The pure decisions about revocations and marks.</summary>
public sealed class RevocationsTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_union_refuses_what_either_refuses()
    {
        var wide = Identity("web", 20, Start.AddHours(1)) with { RevokedAt = Start.AddHours(1), IssuedBefore = Start.AddHours(1), ModifyIndex = 9 };
        var lasting = Identity("web", 10, Start.AddHours(9)) with { RevokedAt = Start, IssuedBefore = Start, ModifyIndex = 7 };
        var union = Revocations.Union(wide, lasting);
        union.Should().Be(wide with { RevokedAt = Start, ExpiresAt = Start.AddHours(9) });
        Revocations.Union(lasting, wide).Should().Be(union);
    }

    [Fact]
    public void An_entry_ends_with_its_certificates_and_a_grace_for_slow_clocks()
    {
        var table = Table(Serial("01", Start));
        Revocations.Ended(table, Start + Revocations.ClockGrace).Should().BeEmpty();
        Revocations.Ended(table, Start + Revocations.ClockGrace + TimeSpan.FromTicks(1)).Should().Equal(table.Keys);
    }

    [Fact]
    public void A_time_maps_to_the_first_serial_behind_it()
    {
        var marks = Marks((0, 10), (1, 20), (2, 30));
        var next = new SerialMark(Start.AddMinutes(5), 40, default);
        Serials(-1, 0, 0.5, 1, 2, 2.5).Should().Equal(10, 10, 20, 20, 30, 40);
        IEnumerable<ulong> Serials(params double[] minutes) =>
            minutes.Select(minute => SerialMarks.Before(marks, Start.AddMinutes(minute), next).Serial);
    }

    [Fact]
    public void A_clock_that_was_set_back_takes_more_and_never_less()
    {
        // Serials 20 to 30 were signed from minute 9 on, and again from minute 1 on after the clock was set back at 30.
        var marks = Marks((0, 10), (9, 20), (1, 30), (2, 40));
        SerialMarks.Before(marks, Start.AddMinutes(1.5), new SerialMark(Start.AddMinutes(3), 50, default)).Serial.Should().Be(40);
    }

    [Fact]
    public void Marks_are_bounded_however_long_a_leaf_lives()
    {
        SerialMarks.Interval(TimeSpan.FromHours(1)).Should().Be(SerialMarks.LeastInterval);
        var year = TimeSpan.FromDays(365);
        (SerialMarks.Interval(year) * SerialMarks.Most).Should().BeGreaterThanOrEqualTo(year).And.BeLessThan(year + TimeSpan.FromHours(2));
        var many = Marks([.. Enumerable.Range(0, SerialMarks.Most + 3).Select(i => (i / 1e6, (ulong)i + 1))]);
        SerialMarks.Surplus(many, Start.AddMinutes(1), year).Should().Equal(SerialMarks.KeyOf(1), SerialMarks.KeyOf(2), SerialMarks.KeyOf(3));
    }

    [Fact]
    public void A_longer_life_of_former_leaves_counts_until_they_have_ended()
    {
        var marks = Marks((0, 10)).Add(SerialMarks.KeyOf(20), new SerialMark(Start, 20, TimeSpan.FromDays(30)));
        SerialMarks.LongestLife(marks, TimeSpan.FromHours(72)).Should().Be(TimeSpan.FromDays(30));
        SerialMarks.LongestLife(Marks((0, 10)), TimeSpan.FromHours(72)).Should().Be(TimeSpan.FromHours(72));
    }

    private static ImmutableSortedDictionary<string, SerialMark> Marks(params (double Minute, ulong Serial)[] marks) => marks.ToImmutableSortedDictionary(
        mark => SerialMarks.KeyOf(mark.Serial), mark => new SerialMark(Start.AddMinutes(mark.Minute), mark.Serial, TimeSpan.Zero), StringComparer.Ordinal);

    private static ImmutableSortedDictionary<string, RevocationEntry> Table(params RevocationEntry[] entries) =>
        entries.ToImmutableSortedDictionary(Revocations.KeyOf, entry => entry, StringComparer.Ordinal);

    private static RevocationEntry Serial(string serial, DateTimeOffset end) =>
        new() { SerialNumber = serial, Datacenter = "dc1", RevokedAt = Start, ExpiresAt = end };

    private static RevocationEntry Identity(string service, ulong before, DateTimeOffset end) => new()
    {
        SpiffeId = $"spiffe://x.consul/ns/default/dc/dc1/svc/{service}",
        Datacenter = "dc1",
        IssuedBefore = Start,
        SerialsBefore = SerialNumber.Format(before),
        RevokedAt = Start,
        ExpiresAt = end,
    };
}
