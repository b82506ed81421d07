using System.Text;
using ConnectAgent.Http.Authorize;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Schema;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Http.Authorize;

/// <summary>The body of authorize/http.</summary>
public sealed class AuthorizeBodyTests
{
    private static readonly IntentionMatch Rules = IntentionMatch.ForDestination(
    [
        new Intention
        {
            SourceName = "web",
            DestinationName = "api",
            Permissions =
            [
                new() { Action = "deny", Http = new HttpCondition { Headers = [new HeaderCondition { Name = "a", Regex = "(x|y)*z" }] } },
                new() { Action = "allow", Http = new HttpCondition { PathRegex = "/.*\\d" } },
            ],
        },
    ]);

    [Theory]
    [InlineData("""{"Headers":{"a":"1","B":["2","3"]}}""", "a=1;b=2,3")]
    [InlineData("""{"headers":{"a":"1","A":"2","a":["3"]}}""", "a=1,2,3")] // sent again, in whatever case
    [InlineData("""{"Headers":{"a":null,"b":[],"c":[null],"d":""}}""", "d=")] // null is no header
    [InlineData("""{"Headers":{"a":"1"},"Headers":{"b":"2"}}""", "b=2")] // BODY-2
    [InlineData("""{"Headers":null}""", "")]
    public void Headers_are_texts_or_lists(string body, string expected)
    {
        var headers = Decode(body).Request!.ToAttributes(new HttpEvaluation()).Headers;
        foreach (var name in new[] { "a", "b", "c", "d" })
        {
            var value = expected.Split(';', StringSplitOptions.RemoveEmptyEntries).SingleOrDefault(pair => pair[0] == name[0])?[2..];
            Decides(headers, new HeaderCondition { Name = name, Present = true }).Should().Be(value is not null, name);
            if (value is { Length: > 0 })
            {
                Decides(headers, new HeaderCondition { Name = name, Exact = value }).Should().BeTrue(name);
            }
        }
    }

    [Theory]
    [InlineData("""{"Headers":[]}""", "json: cannot unmarshal array into Go struct field ConnectAuthorizeRequest.Headers of type map[string][]string")]
    [InlineData("""{"Headers":{"a":{}}}""", "json: cannot unmarshal object into Go struct field ConnectAuthorizeRequest.Headers of type string")]
    [InlineData("""{"Headers":{"a":["b",1]}}""", "json: cannot unmarshal number into Go struct field ConnectAuthorizeRequest.Headers of type string")]
    [InlineData("""{"Path":1}""", "json: cannot unmarshal number into Go struct field ConnectAuthorizeRequest.Path of type string")]
    [InlineData("""{"Headers":{"a":["b"}}""", "invalid character '}' looking for beginning of value")]
    [InlineData("""{"Headers":{"a":["b",""", "unexpected EOF")]
    public void What_cannot_be_decoded(string body, string expected)
    {
        var decode = () => Decode(body);
        decode.Should().Throw<GoJsonException>().WithMessage(expected);
    }

    [Fact]
    public void Headers_are_bounded()
    {
        const string Error = "more than 1000 headers or 65536 characters in them";
        string List(int count, string value) => "{\"Headers\":{\"a\":[" + string.Join(',', Enumerable.Repeat($"\"{value}\"", count)) + "]}}";
        Decode(List(1000, "b")).Request.Should().NotBeNull();
        var tooMany = () => Decode(List(1001, "b"));
        tooMany.Should().Throw<GoJsonException>().WithMessage(Error);
        Decode(List(1, new string('b', 65_535))).Request.Should().NotBeNull();
        var tooLong = () => Decode(List(1, new string('b', 65_536)));
        tooLong.Should().Throw<GoJsonException>().WithMessage(Error);
    }

    [Fact] // AUTHZ-1: a question about a connection has no such fields
    public void The_plain_call_knows_no_attributes()
    {
        foreach (var field in new[] { "Method", "Path", "Headers" })
        {
            var decode = () => RequestBody.DecodeBytes(Encoding.UTF8.GetBytes($$"""{"{{field}}":null}"""), AuthorizeBody.Schema);
            decode.Should().Throw<GoJsonException>().WithMessage($"json: unknown field \"{field}\"");
        }
    }

    [Fact] // whatever comes, it is a decision or the decoder's own error
    public void A_hundred_thousand_random_bodies_break_nothing()
    {
        string[] pieces =
        [
            "{", "}", "[", "]", ":", ",", "\"", "null", "1", "true", "\"Headers\":", "\"Path\":", "\"Method\":", "\"Target\":", "\"a\":", "\"/x%2e1\"",
            "\"\\u0000\"", "\"\\ud800\"", "\"x,z\"", "\\", " ", "\n", "\u00e9", "{\"Headers\":{", "\"GET\"", "\"ClientCertURI\":",
        ];
        const string Whole = """{"Target":"api","ClientCertURI":"u","Method":"GET","Path":"//a/%2e1?q","Headers":{"a":["x","yz"],"b":"c"}}""";
        var random = new Random(20_240_229);
        var decided = 0;
        for (var i = 0; i < 100_000; i++)
        {
            byte[] body;
            if (i % 2 == 0)
            {
                body = Encoding.UTF8.GetBytes(Whole);
                for (var changes = random.Next(4); changes > 0; changes--)
                {
                    body[random.Next(body.Length)] = (byte)random.Next(256);
                }

                body = random.Next(4) == 0 ? body[..random.Next(body.Length)] : body;
            }
            else
            {
                body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(1, 24)).Select(_ => pieces[random.Next(pieces.Length)])));
            }

            try
            {
                var request = RequestBody.DecodeBytes(body, AuthorizeBody.HttpSchema).Request!.ToAttributes(new HttpEvaluation(i % 3 != 0));
                Rules.Decide("web", request, DefaultDecision.Deny).Reason.Should().StartWith("Matched L7");
                decided++;
            }
            catch (GoJsonException error)
            {
                error.Message.Should().NotBeEmpty();
            }
        }

        decided.Should().BeInRange(10_000, 90_000, "both outcomes are looked at");
    }

    private static AuthorizeBody Decode(string body) => RequestBody.DecodeBytes(Encoding.UTF8.GetBytes(body), AuthorizeBody.HttpSchema);

    private static bool Decides(RequestHeaders headers, HeaderCondition condition)
    {
        var intention = new Intention
        {
            SourceName = "web",
            DestinationName = "api",
            Permissions = [new() { Action = "allow", Http = new HttpCondition { Headers = [condition] } }],
        };
        return IntentionMatch.ForDestination([intention])
            .Decide("web", new HttpAttributes("GET", "/", headers, new HttpEvaluation()), DefaultDecision.Deny).Allowed;
    }
}
