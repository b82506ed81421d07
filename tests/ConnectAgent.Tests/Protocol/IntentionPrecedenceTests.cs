using ConnectAgent.Protocol.Intentions;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.Protocol;

/// <summary>intentions section 4.</summary>
public sealed class IntentionPrecedenceTests
{
    private static readonly Gen<Intention> Intentions =
        from source in Gen.Elements("*", "web", "Web", "api", "\uE000", "\U0001F600")
        from destination in Gen.Elements("*", "db", "DB", "cache")
        from action in Gen.Elements(Intention.Allow, Intention.Deny)
        select new Intention { SourceName = source, DestinationName = destination, Action = action };

    [Theory] // PREC-1
    [InlineData("web", "db", 9)]
    [InlineData("*", "db", 8)]
    [InlineData("web", "*", 6)]
    [InlineData("*", "*", 5)]
    public void Precedence_follows_the_table(string source, string destination, int expected) =>
        IntentionPrecedence.Of(source, destination).Should().Be(expected);

    [Fact] // PREC-2: a total order, so that a list has one order only
    public void The_order_is_total() => Prop.ForAll(
        Arb.From(Gen.Three(Intentions)),
        triple =>
        {
            var (a, b, c) = (triple.Item1, triple.Item2, triple.Item3);
            var order = IntentionPrecedence.Order;
            var isSame = a.SourceName == b.SourceName && a.DestinationName == b.DestinationName;
            return Math.Sign(order.Compare(a, b)) == -Math.Sign(order.Compare(b, a))
                && (order.Compare(a, b) == 0) == isSame
                && (order.Compare(a, b) > 0 || order.Compare(b, c) > 0 || order.Compare(a, c) <= 0);
        }).QuickCheckThrowOnFailure();

    [Fact] // PREC-2: byte order, in which a surrogate pair comes after U+E000
    public void Names_compare_by_their_bytes()
    {
        var emoji = new Intention { SourceName = "\U0001F600", DestinationName = "db" };
        var privateUse = new Intention { SourceName = "\uE000", DestinationName = "db" };
        IntentionPrecedence.Order.Compare(privateUse, emoji).Should().BeNegative();
    }

    [Fact] // PREC-3: the table that is built once answers as a walk through the list does
    public void The_prepared_match_decides_as_the_first_in_order_does() => Prop.ForAll(
        Arb.From(Intentions.ListOf()),
        Arb.From(Gen.Elements("web", "Web", "api", "*", "nobody")),
        (list, source) =>
        {
            var sorted = list.Select(intention => intention with { DestinationName = intention.DestinationName == "*" ? "*" : "db" })
                .DistinctBy(intention => (intention.SourceName, intention.DestinationName)).ToList();
            sorted.Sort(IntentionPrecedence.Order);
            var naive = sorted.FirstOrDefault(intention => intention.SourceName == source || intention.SourceName == "*");
            return IntentionMatch.ForDestination(sorted).Decide(source, DefaultDecision.Deny).Matched == naive;
        }).QuickCheckThrowOnFailure();
}
