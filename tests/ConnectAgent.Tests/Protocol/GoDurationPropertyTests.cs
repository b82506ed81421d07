using System.Globalization;
using System.Text.Json;
using ConnectAgent.Protocol.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace ConnectAgent.Tests.Protocol;

/// <summary>Durations to the nanosecond (http-conventions IDX-2, FA-24).</summary>
[Properties(MaxTest = PropertyRuns.Cases, Replay = PropertyRuns.Seed)]
public sealed class GoDurationPropertyTests
{
    private static readonly (string Name, long Nanoseconds)[] Units =
        [("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000)];

    private static readonly Gen<long> Counts = Gen.OneOf(
        Gen.Choose(-200, 200).Select(count => (long)count),
        from unit in Gen.Elements(Units)
        from count in Gen.Choose(-2_000_000, 2_000_000)
        from rest in Gen.Choose(-1_000_000_000, 1_000_000_000)
        select (count * unit.Nanoseconds) + rest);

    // One number with its unit, and what it counts: what is finer than a nanosecond is cut.
    private static readonly Gen<(string Text, decimal Nanoseconds)> Terms =
        from unit in Gen.Elements(Units)
        from whole in Gen.Choose(0, 99_999)
        from fraction in Gen.Elements("", "", ".", ".5", ".25", ".000000001", ".1234567899", ".99")
        select ($"{whole}{fraction}{unit.Name}", decimal.Truncate(decimal.Parse($"{whole}{fraction}", CultureInfo.InvariantCulture) * unit.Nanoseconds));

    [Property]
    public Property FA_24_What_is_shown_is_read_as_the_same_count() => Prop.ForAll(
        Counts.ToArbitrary(),
        count => GoDuration.TryParseNanoseconds(GoDuration.FormatNanoseconds(count), out var read, out _) && read == count);

    [Property] // in any order, and a unit may come twice
    public Property A_duration_is_the_sum_of_its_terms() => Prop.ForAll(
        (from sign in Gen.Elements("", "+", "-") from terms in Terms.NonEmptyListOf() select (sign, terms: terms.Take(6).ToList())).ToArbitrary(),
        given =>
        {
            var sum = given.terms.Sum(term => term.Nanoseconds);
            return GoDuration.TryParseNanoseconds(given.sign + string.Concat(given.terms.Select(term => term.Text)), out var read, out _)
                && read == (given.sign == "-" ? -sum : sum);
        });

    [Property] // as it is stored now, and as earlier revisions stored it
    public Property FA_24_What_is_stored_is_read_as_the_same_count() => Prop.ForAll(
        Counts.ToArbitrary(),
        count =>
        {
            var (exact, coarse) = (new ExactDuration(count), new TimeSpan(count / TimeSpan.NanosecondsPerTick));
            return JsonSerializer.Deserialize<ExactDuration>(JsonSerializer.Serialize(exact)) == exact
                && JsonSerializer.Deserialize<ExactDuration>($"\"{coarse:c}\"") == coarse;
        });

    [Property] // acl ACL-AM-4: zero often means "unset"
    public Property What_is_waited_for_is_cut_to_ticks_but_never_to_zero() => Prop.ForAll(
        Counts.ToArbitrary(),
        count =>
        {
            var (wait, ticks) = (new ExactDuration(count).ToTimeSpan(), count / TimeSpan.NanosecondsPerTick);
            return wait.Ticks == (ticks == 0 ? Math.Sign(count) : ticks);
        });
}
