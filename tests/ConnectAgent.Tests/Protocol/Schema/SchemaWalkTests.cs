using System.Text;
using System.Text.Json;
using ConnectAgent.Protocol.Schema;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Schema;

/// <summary>One table of fields, read in two dialects of the reference (http-conventions BODY-2, BODY-3; intentions CE-4, CE-22; services CFG-3).</summary>
public sealed class SchemaWalkTests
{
    private static readonly RecordType<Thing> Inner = new RecordType<Thing>(static () => new Thing())
        .Field("Name", SchemaTypes.Text, static (thing, name) => thing with { Name = name });

    private static readonly RecordType<Thing> Table = new RecordType<Thing>(static () => new Thing(), "Thing", "of type structs.Thing")
        .Field("Name", SchemaTypes.Text, static (thing, name) => thing with { Name = name })
        .Field("On", SchemaTypes.Flag, static (thing, isOn) => thing with { IsOn = isOn })
        .Field("Life", SchemaTypes.Duration, static (thing, life) => thing with { Life = life })
        .Field("Tags", SchemaTypes.Texts, static (thing, tags) => thing with { Tags = string.Join('|', tags) })
        .Field("Parts", new ListType<Thing>(Inner), static (thing, parts) => thing with { Parts = string.Join('|', parts.Select(part => part.Name)) })
        .Dropped(SchemaTypes.UInt64, "Index")
        .Ignored("Hash");

    private static readonly Gen<string> Scalars = Gen.Elements(
        "null", "true", "false", "0", "-0", "-1", "1.5", "1e2", "1e400", "-9223372036854775809", "18446744073709551616", "\"\"", "\"x\"", "\"1s\"", "\"1\"", "\"t\"", "\"\\ud83d\\ude00\"");

    [Theory] // BODY-2: names without case, the last of a repeated one; null leaves what was there
    [InlineData("""{"name":"a","NAME":"b","Name":null,"Hash":[{}]}""", "b,False,0,,")]
    [InlineData("""{"On":true,"Life":"1s","Tags":["x",null],"Index":7}""", "-,True,1,x|,")]
    [InlineData("""{"Life":2000000000,"Parts":[{"Name":"p"},null]} trailing""", "-,False,2,,p|-")]
    [InlineData("""{"Name":"\ud800x\ud83d\ude00\\ud800"}""", "\ufffdx😀\\ud800,False,0,,")]
    [InlineData("null", "-,False,0,,")]
    public void A_body_is_taken_strictly(string body, string expected) => Body(body).ToString().Should().Be(expected);

    [Theory] // BODY-3: the first thing that is wrong, unless the syntax is
    [InlineData("""{"Name":5,"Bogus":1}""", "json: cannot unmarshal number into Go struct field Thing.Name of type string")]
    [InlineData("""{"Bogus":1,"Name":5}""", "json: unknown field \"Bogus\"")]
    [InlineData("""{"Name":5,"On":tru}""", "invalid character '}' looking for beginning of value")]
    [InlineData("""{"Name":5,""", "unexpected EOF")]
    [InlineData("""{"Parts":[{"name":{}}]}""", "json: cannot unmarshal object into Go struct field Thing.Parts.Name of type string")]
    [InlineData("""{"Parts":[1]}""", "json: cannot unmarshal number into Go struct field Thing.Parts")]
    [InlineData("""{"Parts":{}}""", "json: cannot unmarshal object into Go struct field Thing.Parts of type []interface")]
    [InlineData("""{"Index":-1}""", "json: cannot unmarshal number -1 into Go struct field Thing.Index of type uint64")]
    [InlineData("""{"Life":1.5}""", "json: cannot unmarshal number into Go struct field Thing.Life of type time.Duration")]
    [InlineData("""{"Life":"x"}""", "time: invalid duration \"x\"")]
    [InlineData("[]", "json: cannot unmarshal array into Go value of type structs.Thing")]
    public void What_is_wrong_with_a_body_is_told_as_by_Go(string body, string expected) =>
        body.Invoking(text => Body(text)).Should().Throw<GoJsonException>().WithMessage(expected);

    [Theory] // CE-4, CFG-3
    [InlineData("""{"name":1,"On":"t","Life":1,"Tags":"x","Parts":{"Name":true}}""", "1,True,0,x,1")]
    [InlineData("""[{"Name":"a"},{"On":1}]""", "a,True,0,,")]
    [InlineData("""{"Name":{},"Name":"last"}""", "last,False,0,,")]
    [InlineData("""{"Tags":{}}""", "-,False,0,,")]
    public void An_entry_is_taken_weakly(string json, string expected) => Entry(json).ToString().Should().Be(expected);

    [Theory] // CE-22: all that is wrong, with its way; a wrong type wins over unknown keys
    [InlineData("""{"Name":[],"parts":[{},{"NAME":{}}],"Bogus":1}""",
        "2 error(s) decoding:\n\n* 'Name' expected type 'string', got unconvertible type '[]interface {}'\n"
            + "* 'Parts[1].Name' expected type 'string', got unconvertible type 'map[string]interface {}'")]
    [InlineData("""{"Parts":[{"bogus":1}],"Other":2}""", "2 errors occurred:\n\t* invalid config key \"Parts[0].bogus\"\n\t* invalid config key \"Other\"\n\n")]
    [InlineData("""{"Index":-1}""", "1 error(s) decoding:\n\n* cannot parse 'Index', -1 overflows uint64")]
    [InlineData("""{"Life":1e400}""", "1 error(s) decoding:\n\n* 'Life' expected type 'time.Duration', got unconvertible type 'float64'")] // no number of Go's either
    [InlineData("""{"Parts":5}""", "1 error(s) decoding:\n\n* 'Parts[0]' expected a map, got 'float64'")]
    public void What_is_wrong_with_an_entry_is_told_as_by_mapstructure(string json, string expected) =>
        json.Invoking(text => Entry(text)).Should().Throw<MapstructureException>().WithMessage(expected);

    [Fact] // no body may exhaust the stack: what is dropped is walked over, what is kept is bounded
    public void Depth_is_bounded()
    {
        Body("{\"Hash\":" + new string('[', 9_990) + new string(']', 9_990) + "}").Name.Should().Be("-");
        var deeper = () => Body("{\"Hash\":" + new string('[', 10_001));
        deeper.Should().Throw<GoJsonException>().WithMessage("exceeded max depth").Which.Limit.Should().Be("http.body_depth");
    }

    [Property(MaxTest = PropertyRuns.Cases, Replay = PropertyRuns.Seed)] // BODY-3: cut off and with strange letters, too
    public Property Any_body_is_a_thing_or_the_errors_of_bodies() => Prop.ForAll(
        (from json in Values(3)
         from at in Gen.Choose(0, json.Length)
         from piece in Gen.Elements("", "", "", "cut", "\"", "}", ",", "\\ud800", "\0")
         select piece == "cut" ? json[..at] : json.Insert(at, piece)).ToArbitrary(),
        json => IsHandled<GoJsonException>(() => Body(json)));

    [Property(MaxTest = PropertyRuns.Cases, Replay = PropertyRuns.Seed)] // CE-22
    public Property Any_entry_is_a_thing_or_the_errors_of_entries() => Prop.ForAll(
        Objects(2).ToArbitrary(),
        json => IsHandled<MapstructureException>(() => Entry(json)));

    private static Gen<string> Values(int depth) => depth == 0 ? Scalars : Gen.OneOf(
        Scalars,
        Objects(depth - 1),
        Objects(depth - 1),
        Values(depth - 1).ListOf().Select(values => $"[{string.Join(',', values.Take(4))}]"));

    private static Gen<string> Objects(int depth) =>
        (from name in Gen.Elements("Name", "NAME", "On", "Life", "Tags", "Parts", "Index", "Hash", "Bogus", "")
         from value in Values(depth)
         select $"\"{name}\":{value}").ListOf().Select(fields => $"{{{string.Join(',', fields.Take(5))}}}");

    private static bool IsHandled<TError>(Action read)
        where TError : Exception
    {
        try
        {
            read();
            return true;
        }
        catch (TError error)
        {
            return error.Message.Length > 0;
        }
    }

    private static Thing Body(string json) => GoJson.Decode(Encoding.UTF8.GetBytes(json + " "), Table);

    private static Thing Entry(string json)
    {
        var decoding = new EntryDecoding();
        Table.TryRead(JsonElement.Parse(json), decoding, out var thing).Should().BeTrue();
        decoding.Finish();
        return thing!;
    }

    private sealed record Thing
    {
        public string Name { get; init; } = "-";

        public bool IsOn { get; init; }

        public TimeSpan Life { get; init; }

        public string Tags { get; init; } = string.Empty;

        public string Parts { get; init; } = string.Empty;

        public override string ToString() => $"{Name},{IsOn},{(int)Life.TotalSeconds},{Tags},{Parts}";
    }
}
