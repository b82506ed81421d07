using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Schema;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.ConfigEntries;

/// <summary>intentions CE-4, CE-22, DEF-1; services CFG-3.</summary>
public sealed class ConfigDecodingTests
{
    [Theory] // CE-22: the reference's words, behind the endpoint's prefix
    [InlineData("", "EOF")]
    [InlineData("{", "unexpected EOF")]
    [InlineData("null", "Payload does not contain a kind/Kind key at the top level")]
    [InlineData("""{"Name":"x"}""", "Payload does not contain a kind/Kind key at the top level")]
    [InlineData("""{"Kind":5}""", "Kind value in payload is not a string")]
    [InlineData("""{"Kind":null}""", "Kind value in payload is not a string")]
    [InlineData("""{"Kind":"nope"}""", "invalid config entry kind: nope")]
    [InlineData("[]", "'' expected a map, got 'slice'")]
    [InlineData("\"x\"", "'' expected a map, got 'string'")]
    [InlineData("""{"Kind":"service-defaults","Bogus":1}""", "1 error occurred:\n\t* invalid config key \"Bogus\"\n\n")]
    [InlineData(
        """{"Kind":"service-intentions","sources":[{},{"permissions":{"http":{"foo":1}},"bar":2}]}""",
        "2 errors occurred:\n\t* invalid config key \"Sources[1].Permissions[0].HTTP.foo\"\n\t* invalid config key \"Sources[1].bar\"\n\n")]
    [InlineData(
        """{"Kind":"service-intentions","Namespace":"default"}""",
        "1 error occurred:\n\t* invalid config key \"Namespace\", namespaces are a consul enterprise feature\n\n")]
    [InlineData(
        """{"Kind":"service-intentions","Sources":[{"Namespace":""}]}""",
        "1 error occurred:\n\t* invalid config key \"Sources[0].Namespace\", namespaces are a consul enterprise feature\n\n")]
    [InlineData(
        """{"Kind":"service-splitter","Splits":[{"Namespace":"foo"}]}""",
        "1 error occurred:\n\t* invalid config key \"Splits[0].Namespace\", namespaces are a consul enterprise feature\n\n")]
    [InlineData("""{"Kind":"service-intentions","Sources":[null]}""", "null entry in Sources")] // DEF-1
    [InlineData("""{"Kind":"service-intentions","Sources":[{"Permissions":[null]}]}""", "null entry in Permissions")]
    [InlineData("""{"Kind":"service-splitter","Splits":[null]}""", "null entry in Splits")]
    [InlineData(
        """{"Kind":"service-defaults","Name":{"a":1},"Bogus":1}""",
        "1 error(s) decoding:\n\n* 'Name' expected type 'string', got unconvertible type 'map[string]interface {}'")]
    [InlineData("""{"Kind":"service-defaults","MeshGateway":"x"}""", "1 error(s) decoding:\n\n* 'MeshGateway' expected a map, got 'string'")]
    [InlineData(
        """{"Kind":"service-resolver","ConnectTimeout":"zz"}""",
        "1 error(s) decoding:\n\n* error decoding 'ConnectTimeout': time: invalid duration \"zz\"")]
    public void A_body_that_is_no_entry_is_told_in_the_references_words(string body, string expected)
    {
        var decode = () => Decode(body);
        var error = decode.Should().Throw<Exception>().Which;
        error.Should().Match<Exception>(found => found is GoJsonException || found is MapstructureException);
        error.Message.Should().Be(expected);
    }

    [Theory] // CE-4, CFG-3: spelling, weak types, single values for lists; the last of a repeated name
    [InlineData("""{"kind":"service-defaults","NAME":"a","protocol":"x"}""", """{"Name":"a","Protocol":"x"}""")]
    [InlineData("""{"Kind":"service-defaults","Name":5,"external_sni":true}""", """{"Name":"5","ExternalSNI":"1"}""")]
    [InlineData("""{"Kind":"service-defaults","Name":"a","name":"b","Name":"c"}""", """{"Name":"c"}""")]
    [InlineData("""{"Kind":"service-defaults","Meta":{"b":1,"a":null}}""", """{"Meta":{"a":"","b":"1"}}""")]
    [InlineData("""{"Kind":"service-defaults","Meta":[{"a":"1"},{"b":"2"}]}""", """{"Meta":{"a":"1","b":"2"}}""")]
    [InlineData("""{"Kind":"service-defaults","expose":{"checks":"true","paths":{"listener_port":"80"}}}""",
        """{"Expose":{"Checks":true,"Paths":[{"ListenerPort":80}]}}""")]
    [InlineData("""{"Kind":"service-defaults","CreateIndex":"x","ModifyIndex":[1],"Mode":null}""", "{}")]
    [InlineData("""{"Kind":"service-defaults","UpstreamConfig":{"defaults":{"connect_timeout_ms":1.9,"limits":{}}}}""",
        """{"UpstreamConfig":{"Defaults":{"ConnectTimeoutMs":1,"Limits":{},"MeshGateway":{}}}}""")]
    [InlineData("""{"Kind":"service-resolver","connect_timeout":15000000000}""", """{"ConnectTimeout":"15s"}""")]
    [InlineData("""{"Kind":"service-resolver","ConnectTimeout":"90s","Redirect":{"Service":"x","Namespace":"Default"}}""",
        """{"ConnectTimeout":"1m30s","Redirect":{"Service":"x","Namespace":"default"}}""")]
    [InlineData("""{"Kind":"service-splitter","Splits":[{"Weight":"33.333"},{}]}""", """{"Splits":[{"Weight":33.33},{"Weight":0}]}""")]
    [InlineData("""{"Kind":"service-router","Routes":[{"Match":{"HTTP":{"Methods":"get","query_param":[{"name":"q","present":1}]}}}]}""",
        """{"Routes":[{"Match":{"HTTP":{"QueryParam":[{"Name":"q","Present":true}],"Methods":["get"]}}}]}""")]
    [InlineData("""{"Kind":"proxy-defaults","Config":{"b":["a"],"a":{"z":1,"y":null}}}""", """{"Config":{"a":{"y":null,"z":1},"b":["a"]}}""")] // CFG-9
    [InlineData("""{"Kind":"service-intentions","Sources":{"Name":"web","Precedence":"x","LegacyID":1},"Name":"db"}""",
        """{"Name":"db","Sources":[{"Name":"web"}]}""")]
    public void Input_is_taken_weakly_and_kept_in_one_form(string body, string expected)
    {
        var document = Decode(body).Document;
        foreach (var (key, value) in JsonNode.Parse(expected)!.AsObject())
        {
            document[key]!.ToJsonString().Should().Be(value!.ToJsonString());
        }

        document.Select(pair => pair.Key).Except(["Kind", "Name", "Protocol", "TransparentProxy", "MeshGateway", "Expose", "Config"])
            .Should().BeSubsetOf(JsonNode.Parse(expected)!.AsObject().Select(pair => pair.Key));
    }

    [Fact] // services CFG-11: the timeout comes first
    public void Fields_come_in_the_references_order() =>
        Decode("""{"Meta":{"a":"b"},"Name":"x","Kind":"service-resolver","ConnectTimeout":"1s","DefaultSubset":"v"}""").Document
            .Select(pair => pair.Key).Should().Equal("ConnectTimeout", "Kind", "Name", "DefaultSubset", "Meta");

    [Fact] // whatever is sent is an entry or one of the two errors
    public void Any_document_is_decoded_into_a_form_that_decodes_to_itself_or_refused()
    {
        var fields = Gen.Elements(
            ("service-intentions", "Sources"), ("service-intentions", "JWT"), ("service-splitter", "Splits"), ("service-router", "Routes"),
            ("proxy-defaults", "Config"), ("service-resolver", "Failover"), ("service-resolver", "Subsets"), ("service-defaults", "UpstreamConfig"),
            ("mesh", "Meta"), ("ingress-gateway", "Listeners"), ("terminating-gateway", "Services"));
        var scalars = Gen.Elements("1", "-0.5", "1e400", "true", "null", "\"x\"", "\"15s\"", "\"\"", "[]", "{}", "[null]", "[[1]]");
        var keys = Gen.Elements(
            "Name", "Match", "http", "Header", "Meta", "PathExact", "ServiceSubset", "Weight", "Port", "Services", "Providers", "Permissions",
            "Protocol", "Namespace", "Defaults", "Action", "Destination", "RequestTimeout", "Datacenters", "Methods");
        var document = Gen.Sized(size => Document(keys, scalars, Math.Min(size, 4)));
        var decoded = 0;
        Prop.ForAll(Arb.From(Gen.Zip(fields, document)), pair =>
        {
            var body = $$"""{"Kind":"{{pair.Item1.Item1}}","{{pair.Item1.Item2}}":{{pair.Item2}}}""";
            try
            {
                var (kind, first) = Decode(body);
                decoded++;
                var second = kind.Decode(JsonElement.Parse(first.ToJsonString()), new EntryDecoding());
                return second.ToJsonString() == first.ToJsonString();
            }
            catch (Exception error) when (error is MapstructureException or GoJsonException)
            {
                return true;
            }
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(1000));
        decoded.Should().BeGreaterThan(50, "most bodies are refused, but not all");
    }

    [Theory] // every duration of every kind
    [InlineData("""{"Kind":"service-resolver","ConnectTimeout":""}""", "ConnectTimeout")]
    [InlineData(
        """{"Kind":"service-resolver","LoadBalancer":{"HashPolicies":{"CookieConfig":{"TTL":""}}}}""", "LoadBalancer.HashPolicies[0].CookieConfig.TTL")]
    [InlineData("""{"Kind":"service-router","Routes":[{"Destination":{"RequestTimeout":""}}]}""", "Routes[0].Destination.RequestTimeout")]
    [InlineData(
        """{"Kind":"service-defaults","UpstreamConfig":{"Defaults":{"PassiveHealthCheck":{"Interval":""}}}}""",
        "UpstreamConfig.Defaults.PassiveHealthCheck.Interval")]
    public void FA_24_An_empty_text_is_no_duration(string body, string path)
    {
        var decode = () => Decode(body);
        decode.Should().Throw<MapstructureException>().WithMessage($"1 error(s) decoding:\n\n* error decoding '{path}': time: invalid duration \"\"");
    }

    [Theory]
    [InlineData("""{"Kind":"proxy-defaults","Config":{"a":[{"b":§}]}}""")]
    [InlineData("""{"Kind":"service-defaults","Name":"web","Meta":{"a":§}}""")]
    [InlineData("""{"Kind":"service-intentions","Name":"web","Sources":{"Name":"db","Action":"allow","Precedence":§}}""")]
    [InlineData("""{"Kind":"service-splitter","Name":"web","Splits":{"Weight":§}}""")]
    public void FA_24_A_number_beyond_a_double_is_refused(string body)
    {
        foreach (var number in new[] { "1e400", "-1E+309", "1e99999999999" })
        {
            var decode = () => Decode(body.Replace("§", number, StringComparison.Ordinal));
            decode.Should().Throw<GoJsonException>().WithMessage($"json: cannot unmarshal number {number} into Go value of type float64");
        }

        Decode(body.Replace("§", "1e-400", StringComparison.Ordinal)).Document.Should().NotBeNull("it is 0 there");
    }

    [Fact] // no body may exhaust the stack
    public void A_deep_body_is_refused()
    {
        var decode = () => Decode("""{"Kind":"proxy-defaults","Config":""" + new string('[', 9000));
        decode.Should().Throw<GoJsonException>().WithMessage("exceeded max depth").Which.Limit.Should().Be("http.body_document_depth");
    }

    internal static (ConfigEntryKind Kind, JsonObject Document) Decode(string body) =>
        ConfigEntryKinds.Decode(RequestBody.DecodeBytes(Encoding.UTF8.GetBytes(body), KeptJson.Document));

    private static Gen<string> Document(Gen<string> keys, Gen<string> scalars, int depth)
    {
        if (depth == 0)
        {
            return scalars;
        }

        var inner = Document(keys, scalars, depth - 1);
        var maps = Gen.Zip(keys, inner).ArrayOf(2).Select(pairs => "{" + string.Join(',', pairs.Select(pair => $"\"{pair.Item1}\":{pair.Item2}")) + "}");
        return Gen.OneOf(scalars, maps, inner.ArrayOf(2).Select(items => "[" + string.Join(',', items) + "]"));
    }
}
