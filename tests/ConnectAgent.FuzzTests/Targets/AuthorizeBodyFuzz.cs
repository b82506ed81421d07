using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Http.Authorize;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>The body of authorize: the short way reads what the long way reads, or leaves it to that (intentions AUTHZ-1).</summary>
internal sealed class AuthorizeBodyFuzz : FuzzTarget
{
    public override string Name => "authorize-body";

    public override IReadOnlyList<string> Words =>
    [
        "{", "}", "[", "]", ":", ",", "null", "\"Target\":\"web\"", "\"target\":", "\"ClientCertURI\":\"spiffe://x/ns/default/dc/dc1/svc/a\"", "\"ClientCertSerial\":\"01\"", "\"Method\":\"GET\"",
        "\"Path\":\"/a\"", "\"Headers\":{", "\"x\":[\"y\",\"z\"]", "\"\\u0054arget\":", "\"\\ud800\"", "\"", "\\", " ", "\u00e9",
    ];

    public override IReadOnlyList<Type> Refusals => [typeof(GoJsonException)];

    public override bool Run(byte[] input)
    {
        Span<char> text = stackalloc char[PlainAuthorizeBody.Longest], target = stackalloc char[PlainAuthorizeBody.Longest];
        var isPlain = PlainAuthorizeBody.TryRead(input, text, target, out var plain);
        AuthorizeBody question;
        try
        {
            question = RequestBody.DecodeBytes(input, AuthorizeBody.Schema);
        }
        catch (GoJsonException)
        {
            Require(!isPlain, "the short way takes what the long way refuses");
            RequestBody.DecodeBytes(input, AuthorizeBody.HttpSchema);
            return true;
        }

        Require(
            !isPlain || (plain.Target.SequenceEqual(question.Target) && plain.ClientCertUri.SequenceEqual(question.ClientCertUri)
                && plain.ClientCertSerial.SequenceEqual(question.ClientCertSerial)),
            "the short way reads another question");
        return true;
    }
}
