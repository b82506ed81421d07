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
    [InlineData("", "{}")]
    [InlineData("{\"a\": {\"b\": [1, 2]}, \"c\": null}", """{"a":[{"b":[1,2]}],"c":""}""")]
    public void A_document_is_read_as_the_reference_reads_it(string hcl, string json) =>
        JsonNode.DeepEquals(JsonNode.Parse(HclJson.Convert(hcl)), JsonNode.Parse(json)).Should().BeTrue(Encoding.UTF8.GetString(HclJson.Convert(hcl)));

    [Theory] // recordings/config-cases.json has the others
    [InlineData("a = \"x\\q\"", "At 1:5: illegal char escape")]
    [InlineData("a = 0xZZ", "At 1:5: illegal number 0xZZ")]
    [InlineData("a = 1e999", "At 1:5: illegal number 1e999")]
    [InlineData("a = <<E\nx\n", "At 1:5: heredoc not terminated")]
    [InlineData("/* a", "At 1:1: comment not terminated")]
    [InlineData("a b = 1", "At 1:5: nested object expected: LBRACE got: ASSIGN")]
    [InlineData("a = b", "At 1:5: Unknown token: 1:5 IDENT b")]
    public void What_cannot_be_read_is_told_with_its_place(string hcl, string expected) =>
        hcl.Invoking(static text => HclJson.Convert(text)).Should().Throw<HclException>().WithMessage(expected);

    [Fact] // no document may exhaust the stack
    public void Nesting_is_bounded() => string.Concat(Enumerable.Repeat("a {", 100_000)).Invoking(static text => HclJson.Convert(text)).Should().Throw<HclException>()
        .WithMessage("*nested deeper than 64");

    [Property(MaxTest = PropertyRuns.Cases, Replay = PropertyRuns.Seed)] // printed, and read again, it is the same
    public void What_is_printed_is_read_again(int seed)
    {
        var document = Draw(new Random(seed), depth: 4);
        var hcl = new StringBuilder();
        Print(hcl, document, new Random(seed + 1));
        var read = JsonNode.Parse(HclJson.Convert(hcl.ToString()))!;
        JsonNode.DeepEquals(read, Blocks(document)).Should().BeTrue("{0} must not become {1}", hcl, read);
    }

    private static JsonObject Draw(Random random, int depth)
    {
        JsonObject drawn = [];
        for (var field = random.Next(5); field > 0; field--)
        {
            drawn[TextOf(random, isName: true)] = random.Next(depth > 0 ? 6 : 4) switch
            {
                0 => random.Next(int.MinValue, int.MaxValue),
                1 => random.Next(2) == 0,
                2 => TextOf(random, isName: false),
                3 => new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => (JsonNode)TextOf(random, isName: false))]),
                _ => Draw(random, depth - 1),
            };
        }

        return drawn;
    }

    private static string TextOf(Random random, bool isName)
    {
        const string Letters = "abcXYZ09_-. \"\\\t\n#/{}[]=,<$é漢\u0001";
        var text = string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => Letters[random.Next(Letters.Length)]));
        return isName ? "n" + text : text;
    }

    private static void Print(StringBuilder hcl, JsonObject document, Random random)
    {
        foreach (var (name, value) in document)
        {
            hcl.Append(name.All(char.IsAsciiLetterOrDigit) && random.Next(2) == 0 ? name : GoQuote.Of(name));
            if (value is JsonObject inner)
            {
                hcl.Append(random.Next(2) == 0 ? " = {\n" : " {\n");
                Print(hcl, inner, random);
                hcl.Append('}');
            }
            else
            {
                hcl.Append(" = ").Append(value is JsonArray list
                    ? $"[{string.Join(", ", list.Select(static item => GoQuote.Of((string)item!)))}]"
                    : value!.GetValueKind() == System.Text.Json.JsonValueKind.String ? GoQuote.Of((string)value!)
                    : value.GetValueKind() == System.Text.Json.JsonValueKind.Number ? ((int)value).ToString(CultureInfo.InvariantCulture)
                    : value.ToJsonString());
            }

            hcl.Append(random.Next(3) switch { 0 => ",\n", 1 => " # a remark\n", _ => "\n" });
        }
    }

    // As the reference's decoders get it: each object is a list of one.
    private static JsonNode Blocks(JsonNode node) => node is JsonObject document
        ? new JsonObject(document.Select(static field => KeyValuePair.Create(field.Key, field.Value is JsonObject inner ? new JsonArray(Blocks(inner)) : field.Value?.DeepClone())))
        : node.DeepClone();
}
