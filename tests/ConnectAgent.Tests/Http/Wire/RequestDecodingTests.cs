using System.Text;
using System.Text.Json;
using ConnectAgent.Http.Authorize;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Text;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.Http.Wire;

/// <summary>http-conventions section 10 and HTTP-4 to HTTP-6, PATH-1 to PATH-5.</summary>
public sealed class RequestDecodingTests
{
    [Theory] // BODY-2
    [InlineData("""{"Target":"db","ClientCertURI":"u","ClientCertSerial":"s"}""", "db", "u")]
    [InlineData("""{"target":"db","CLIENTCERTURI":"u"}""", "db", "u")]
    [InlineData("""{"Target":"salt","target":"mint"}""", "mint", "")]
    [InlineData("""{"Target":"db"} garbage""", "db", "")]
    [InlineData("""{"Target":null}""", "", "")]
    [InlineData("null", "", "")]
    [InlineData("{}", "", "")]
    [InlineData("""{"Target":"d\u00e9\ud83d\ude00"}""", "dé😀", "")]
    [InlineData("""{"Target":"\ud800"}""", "\ufffd", "")]
    [InlineData("""{"Target":"keep\ud800me\u00e9\n\ud83d\ude00"}""", "keep\ufffdmeé\n😀", "")]
    public void A_body_is_read_as_the_reference_reads_it(string body, string target, string uri)
    {
        var asked = Decode(body);
        asked.Target.Should().Be(target);
        asked.ClientCertUri.Should().Be(uri);
    }

    [Theory] // BODY-3
    [InlineData("", "EOF")]
    [InlineData("  \n", "EOF")]
    [InlineData("{", "unexpected EOF")]
    [InlineData("\"a", "unexpected EOF")]
    [InlineData("""{"Bo\"g":1}""", "json: unknown field \"Bo\\\"g\"")]
    [InlineData("""{"Target":"d""", "unexpected EOF")]
    [InlineData("""{"Target":tru""", "unexpected EOF")]
    [InlineData("""{"Target":"db","Foo":1}""", "json: unknown field \"Foo\"")]
    [InlineData("""{"Foo":{"a":[1,2,{}]},"Target":5}""", "json: unknown field \"Foo\"")]
    [InlineData("""{"Foo":1""", "unexpected EOF")]
    [InlineData("""{"Target":5}""", "json: cannot unmarshal number into Go struct field ConnectAuthorizeRequest.Target of type string")]
    [InlineData("""{"Target":{"a":1}}""", "json: cannot unmarshal object into Go struct field ConnectAuthorizeRequest.Target of type string")]
    [InlineData("[]", "json: cannot unmarshal array into Go value of type structs.ConnectAuthorizeRequest")]
    [InlineData("5", "json: cannot unmarshal number into Go value of type structs.ConnectAuthorizeRequest")]
    [InlineData("x", "invalid character 'x' looking for beginning of value")]
    public void What_cannot_be_decoded_is_told_in_the_references_words(string body, string expected)
    {
        var decode = () => Decode(body);
        decode.Should().Throw<GoJsonException>().WithMessage(expected);
    }

    [Fact] // BODY-3: whatever comes, it is a value or the decoder's own error
    public void Random_bytes_never_break_the_decoder() => Prop.ForAll<byte[]>(bytes =>
    {
        try
        {
            RequestBody.DecodeBytes(bytes, AuthorizeBody.Schema);
        }
        catch (GoJsonException)
        {
            // As it should be.
        }
    }).QuickCheckThrowOnFailure();

    [Theory] // HTTP-6
    [InlineData("a=1;b=2")]
    [InlineData("a=%zz")]
    [InlineData("a=%2")]
    [InlineData("%=1")]
    public void A_query_that_cannot_be_decoded_is_none(string query) => WireQuery.Parse(query).Should().BeNull();

    [Fact] // HTTP-4, HTTP-6
    public void The_first_value_of_a_parameter_counts()
    {
        var query = WireQuery.Parse("a=1&a=2&b&c=x+y%2Bz&=e&")!;
        query.First("a").Should().Be("1");
        query.All("a").Should().Equal("1", "2");
        query.Has("b").Should().BeTrue();
        query.First("b").Should().BeEmpty();
        query.First("c").Should().Be("x y+z");
        query.Has("d").Should().BeFalse();
    }

    [Theory] // PATH-1
    [InlineData("/v1//status/leader", "/v1/status/leader")]
    [InlineData("/v1/./status/../status/leader", "/v1/status/leader")]
    [InlineData("/../v1/", "/v1/")]
    [InlineData("//", "/")]
    [InlineData("/v1/.hidden", null)]
    [InlineData("/v1/status/leader", null)]
    [InlineData("/v1/agent/connect/ca/leaf/", null)]
    [InlineData("/v1/agent/service/deregister/%2Fa%2F%2fb", null)]
    [InlineData("/v1//agent/service/deregister/%2Fa", "/v1/agent/service/deregister/%2Fa")]
    public void A_path_is_cleaned(string path, string? cleaned) => WireTarget.Clean(path).Should().Be(cleaned);

    [Theory] // PATH-4
    [InlineData("/v1/été", true)]
    [InlineData("/v1/a b", true)]
    [InlineData("/v1/a\0b", false)]
    [InlineData("/v1/a\nb", false)]
    [InlineData("/v1/a\u200bb", false)]
    public void Unprintable_characters_are_found(string path, bool printable) => GoQuote.IsPrintable(path).Should().Be(printable);

    private static AuthorizeBody Decode(string body) => RequestBody.DecodeBytes(Encoding.UTF8.GetBytes(body), AuthorizeBody.Schema);
}
