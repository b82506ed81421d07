using System.Globalization;
using ConnectAgent.Protocol.Filtering;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace ConnectAgent.Tests.Protocol.Filtering;

/// <summary>An expression that is printed from its meaning means that when it is parsed (http-conventions FLT-4, FLT-5).</summary>
[Properties(MaxTest = PropertyRuns.Cases, Replay = PropertyRuns.Seed)]
public sealed class FilterEvaluationTests
{
    private const int Or = 0;
    private const int And = 1;
    private const int Single = 2;

    private static readonly FilterSchema<Item> Schema = new FilterSchema<Item>()
        .Text("Name", item => item.Name)
        .Number("Port", item => item.Port)
        .Flag("On", item => item.IsOn)
        .TextList("Tags", item => item.Tags)
        .TextMap("Meta", item => item.Meta);

    private static readonly Gen<string> Words = Gen.Elements("", "a", "b", "ab", "a b", "é", "\"", "\\", "not", "empty");

    private static readonly Gen<Item> Items =
        from name in Words
        from port in Gen.Choose(-1, 2)
        from isOn in Gen.Elements(true, false)
        from tags in Words.ListOf()
        from keys in Words.ListOf()
        from value in Words
        select new Item(name, port, isOn, [.. tags.Take(3)], keys.Take(3).Distinct(StringComparer.Ordinal).ToDictionary(key => key, key => key + value, StringComparer.Ordinal));

    private static readonly Gen<Expression> Matches = Gen.OneOf(
        Words.SelectMany(word => Compared("Name", word, item => item.Name == word)),
        Words.SelectMany(word => Held("Name", word, item => item.Name.Contains(word, StringComparison.Ordinal))),
        Negatable("Name matches `^a`", "Name not matches `^a`", item => item.Name.StartsWith('a')),
        Gen.Choose(-1, 2).SelectMany(port => Compared("Port", port.ToString(CultureInfo.InvariantCulture), item => item.Port == port)),
        Gen.Elements(true, false).SelectMany(isOn => Compared("On", isOn ? "true" : "false", item => item.IsOn == isOn)),
        Words.SelectMany(word => Held("Tags", word, item => item.Tags.Contains(word, StringComparer.Ordinal))),
        Negatable("Tags is empty", "Tags is not empty", item => item.Tags.Count == 0),
        Words.SelectMany(word => Held("Meta", word, item => item.Meta.ContainsKey(word))),
        Negatable("Meta is empty", "Meta is not empty", item => item.Meta.Count == 0),
        from key in Words
        from word in Words
        from match in Compared($"Meta[{Quoted(key)}]", word, item => item.Meta.TryGetValue(key, out var value) && value == word)
        select match);

    [Property]
    public Property An_expression_holds_for_the_items_for_which_its_parts_say_so() => Prop.ForAll(
        Gen.Sized(size => Expressions(Math.Min(size / 10, 4))).ToArbitrary(),
        Items.ArrayOf(8).ToArbitrary(),
        (expression, items) =>
        {
            var parsed = FilterExpression<Item>.Parse(expression.Text, Schema);
            return items.All(item => parsed.Matches(item) == expression.Holds(item));
        });

    private static Gen<Expression> Expressions(int depth)
    {
        if (depth == 0)
        {
            return Matches;
        }

        var inner = Expressions(depth - 1);
        return Gen.OneOf(
            Matches,
            from one in inner
            from other in inner
            select new Expression($"{one.Text} or {other.Text}", item => one.Holds(item) || other.Holds(item), Or),
            from one in inner
            from other in inner
            select new Expression($"{one.Within(And)} and {other.Within(And)}", item => one.Holds(item) && other.Holds(item), And),
            from one in inner
            select new Expression("not " + one.Within(Single), item => !one.Holds(item), Single),
            from one in inner
            select new Expression($"( {one.Text})", one.Holds, Single));
    }

    private static Gen<Expression> Compared(string selector, string word, Func<Item, bool> holds) =>
        Negatable($"{selector} == {Quoted(word)}", $"{selector}!={Quoted(word)}", holds);

    private static Gen<Expression> Held(string selector, string word, Func<Item, bool> holds) => Gen.OneOf(
        Negatable($"{selector} contains {Quoted(word)}", $"{selector} not contains {Quoted(word)}", holds),
        Negatable($"{Quoted(word)} in {selector}", $"{Quoted(word)} not in {selector}", holds));

    private static Gen<Expression> Negatable(string positive, string negative, Func<Item, bool> holds) =>
        Gen.Elements(new Expression(positive, holds, Single), new Expression(negative, item => !holds(item), Single));

    private static string Quoted(string text) =>
        "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    private sealed record Item(string Name, long Port, bool IsOn, IReadOnlyList<string> Tags, IReadOnlyDictionary<string, string> Meta);

    /// <summary>A text and what it means.</summary>
    /// <param name="Rank">How strongly it binds: an <c>or</c> least.</param>
    private sealed record Expression(string Text, Func<Item, bool> Holds, int Rank)
    {
        public string Within(int rank) => Rank < rank ? $"({Text})" : Text;
    }
}
