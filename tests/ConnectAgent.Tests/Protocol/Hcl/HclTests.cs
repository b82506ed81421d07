using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Hcl;
using ConnectAgent.Protocol.Text;
using FluentAssertions;
using FsCheck.Xunit;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Hcl;

/// <summary>HCL 1, and the JSON that the decoders of the reference get of it (config-and-cli LOAD-5).</summary>
public sealed class HclTests
{
    [Theory]
    [InlineData("a = 1\nb = \"x\" c = true, d = [1, \"y\", ]", """{"a":1,"b":"x","c":true,"d":[1,"y"]}""")]
    [InlineData("a { b = 1 }", """{"a":[{"b":1}]}""")]
    [InlineData("a = { b = 1 }", """{"a":[{"b":1}]}""")]
    [InlineData("a { b = 1 }\nc = 2\na { b = 3 }", """{"a":[{"b":1},{"b":3}],"c":2}""")]
    [InlineData("a = [{ b = 1 }, { b = 2 }]", """{"a":[{"b":1},{"b":2}]}""")]
    [InlineData("a = 1\na = 2", """{"a":2}""")]
    [InlineData("service \"web\" \"x\" { p = 1 }", """{"service":[{"web":[{"x":[{"p":1}]}]}]}""")]
    [InlineData("a = 0x1F b = 010 c = -7 d = 1.5 e = 1e3 f = -0x10", """{"a":31,"b":8,"c":-7,"d":1.5,"e":1000,"f":-16}""")]
    [InlineData("# one\n// two\n/* three\n*/ a = 1 # four", """{"a":1}""")]
    [InlineData("a = <<E\nx\n  y\nE\nb = <<-E\n  z\n  E\n", "{\"a\":\"x\\n  y\\n\",\"b\":\"  z\\n\"}")]
    [InlineData("a = \"\\t\\\"\\\\\\u00e9\\n\" \"b c\" = \"ü\"", "{\"a\":\"\\t\\\"\\\\é\\n\",\"b c\":\"ü\"}")]
    [InlineData("a = \"${f(\"x\")}\" b = 1", """{"a":"${f(\"x\")}","b":1}""")]
    [InlineData("a = \"<${ {x: \"}\"} }>\"", """{"a":"<${ {x: \"}\"} }>"}""")]
    [InlineData("a = \"${\n1\n}\"\nb = 2", "{\"a\":\"${\\n1\\n}\",\"b\":2}")]
    [InlineData("a = \"${\\\"x\\\" \\n}\"", """{"a":"${\"x\" \\n}"}""")]
    [InlineData("a = \"\\u0024{ $ {\" b = 1", """{"a":"${ $ {","b":1}""")]
    [InlineData("", "{}")]
    [InlineData("{\"a\": {\"b\": [1, 2]}, \"c\": null}", """{"a":[{"b":[1,2]}],"c":""}""")]
    public void A_document_is_read_as_the_reference_reads_it(string hcl, string json) =>
        JsonNode.DeepEquals(JsonNode.Parse(HclJson.Convert(hcl)), JsonNode.Parse(json)).Should().BeTrue(Encoding.UTF8.GetString(HclJson.Convert(hcl)));

    [Theory] // recordings/config-cases.json has the others
    [InlineData("a = \"x\\q\"", "At 1:5: illegal char escape")]
    [InlineData("a = 0xZZ", "At 1:5: illegal number 0xZZ")]
    [InlineData("a = 1e999", "At 1:5: illegal number 1e999")]
    [InlineData("a = <<E\nx\n", "At 1:5: heredoc not terminated")]
    [InlineData("a = \"${x\"", "At 1:10: literal not terminated")]
    [InlineData("a = \"${\nx\"\nb = q", "At 3:6: literal not terminated")]
    [InlineData("/* a", "At 1:1: comment not terminated")]
    [InlineData("a b = 1", "At 1:5: nested object expected: LBRACE got: ASSIGN")]
    [InlineData("a = b", "At 1:5: Unknown token: 1:5 IDENT b")]
    public void What_cannot_be_read_is_told_with_its_place(string hcl, string expected) =>
        hcl.Invoking(static text => HclJson.Convert(text)).Should().Throw<HclException>().WithMessage(expected);

    [Fact] // no document may exhaust the stack
    public void Nesting_is_bounded() => new[] { string.Concat(Enumerable.Repeat("a {", 100_000)), string.Concat(Enumerable.Repeat("a ", 2_000)) + "{}" }.Should()
        .AllSatisfy(static nested => nested.Invoking(static text => HclJson.Convert(text)).Should().Throw<HclException>().WithMessage("*nested deeper than 64"));

    [Property(MaxTest = PropertyRuns.Cases, Replay = PropertyRuns.Seed)] // printed, and read again, it is the same
    public void What_is_printed_is_read_again(int seed)
    {
        var document = Draw(new Random(seed), depth: 4);
        var hcl = new StringBuilder();
        Print(hcl, document, new Random(seed + 1));
        var read = JsonNode.Parse(HclJson.Convert(hcl.ToString()))!;
        JsonNode.DeepEquals(read, Blocks(document)).Should().BeTrue("{0} must not become {1}", hcl, read);
    }

    [Property(MaxTest = PropertyRuns.Cases, Replay = PropertyRuns.Seed)] // the line of each key is the line where it was printed
    public void Each_value_is_found_on_the_line_where_it_was_printed(int seed)
    {
        var random = new Random(seed);
        var hcl = new StringBuilder();
        Dictionary<string, int> lines = [];
        for (var number = 0; number < 5; number++)
        {
            hcl.Append(random.Next(3) switch { 0 => "# a remark\n", 1 => "/* one\ntwo */ ", _ => "\n" });
            lines["k" + number] = 1 + hcl.ToString().Count(static letter => letter == '\n');
            hcl.Append(CultureInfo.InvariantCulture, $"k{number} {(random.Next(2) == 0 ? "= <<E\n{ x }\nE\n" : "{\n a = \"${\nx}\"\n}\n")}");
        }

        var json = HclJson.Convert(hcl.ToString(), out var places);
        foreach (var (name, line) in lines)
        {
            var at = Encoding.UTF8.GetString(json).IndexOf($"\"{name}\"", StringComparison.Ordinal);
            places.Last(place => place.Offset <= at).Line.Should().Be(line, hcl.ToString());
        }
    }

    private static JsonObject Draw(Random random, int depth)
    {
        JsonObject drawn = [];
        for (var field = random.Next(5); field > 0; field--)
        {
            drawn[TextOf(random, isName: true)] = random.Next(depth > 0 ? 8 : 6) switch
            {
                0 => random.Next(int.MinValue, int.MaxValue),
                1 => random.Next(2) == 0,
                2 => TextOf(random, isName: false),
                3 => new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => (JsonNode)TextOf(random, isName: false))]),
                4 => (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-5, 15)),
                5 => string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => TextOf(random, isName: false) + "\n")),
                _ => Draw(random, depth - 1),
            };
        }

        return drawn;
    }

    private static string TextOf(Random random, bool isName)
    {
        string[] letters = ["a", "b", "c", "X", "Y", "0", "9", "_", "-", ".", " ", "\"", "\\", "\t", "\n", "#", "/", "*", "{", "}", "[", "]", "=", ",", "<", "$", "${", "é", "漢", "\U0001F600", "\u0001", "\u0085", "\u2028"];
        var text = string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => letters[random.Next(letters.Length)]));
        return isName ? "n" + text : text;
    }

    private static void Print(StringBuilder hcl, JsonObject document, Random random)
    {
        foreach (var (name, value) in document)
        {
            hcl.Append(name.All(char.IsAsciiLetterOrDigit) && random.Next(2) == 0 ? name : Quoted(name, random));
            switch (value)
            {
                case JsonObject inner:
                    hcl.Append(random.Next(2) == 0 ? " = {\n" : " {\n");
                    Print(hcl, inner, random);
                    hcl.Append('}');
                    break;
                case JsonArray list:
                    hcl.Append(" = [").AppendJoin(", ", list.Select(item => Quoted((string)item!, random))).Append(list.Count > 0 && random.Next(2) == 0 ? ", ]" : "]");
                    break;
                default:
                    hcl.Append(" = ").Append(Printed(value!, random));
                    break;
            }

            hcl.Append(random.Next(5) switch { 0 => ",\n", 1 => " # a remark\n", 2 => " // another\n", 3 => " /* a long\n one */\n", _ => "\n" });
        }
    }

    private static string Printed(JsonNode value, Random random) => value.GetValueKind() switch
    {
        System.Text.Json.JsonValueKind.String when (string)value! is var text && text.EndsWith('\n') && random.Next(2) == 0 => $"<<END\n{text}END\n",
        System.Text.Json.JsonValueKind.String => Quoted((string)value!, random),
        System.Text.Json.JsonValueKind.Number when value.AsValue().TryGetValue<int>(out var number) && number >= 0 => random.Next(3) switch
        {
            0 => "0x" + number.ToString("X", CultureInfo.InvariantCulture),
            1 => "0" + Convert.ToString(number, 8),
            _ => number.ToString(CultureInfo.InvariantCulture),
        },
        System.Text.Json.JsonValueKind.Number when value.AsValue().TryGetValue<double>(out var real) => real.ToString("R", CultureInfo.InvariantCulture),
        _ => value.ToJsonString(),
    };

    // An interpolation would begin: what it begins with is written by its number.
    private static string Quoted(string text, Random random) =>
        string.Concat(GoQuote.Of(text).Replace("${", "\\u0024{", StringComparison.Ordinal).EnumerateRunes().Select(rune => rune.Value > 0x7f && random.Next(2) == 0
            ? rune.Value > 0xffff ? $"\\U{rune.Value:x8}" : $"\\u{rune.Value:x4}"
            : rune.ToString()));

    // As the reference's decoders get it: each object is a list of one.
    private static JsonNode Blocks(JsonNode node) => node is JsonObject document
        ? new JsonObject(document.Select(static field => KeyValuePair.Create(field.Key, field.Value is JsonObject inner ? new JsonArray(Blocks(inner)) : field.Value?.DeepClone())))
        : node.DeepClone();
}
