using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Http.Authorize;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>The attributes of a request (intentions L7-4 to L7-6): one decision for its spellings, and what denies cannot be avoided.</summary>
internal sealed class HttpAttributesFuzz : FuzzTarget
{
    private static readonly HttpEvaluation Evaluation = new();
    private static readonly HttpEvaluation Narrow = new(NormalizePaths: false, TestEachHeaderValue: false, KeepPathParameters: true);

    private static readonly IntentionMatch Match = Of(
        new IntentionPermission { Action = "deny", Http = new HttpCondition { PathPrefix = "/admin" } },
        new IntentionPermission { Action = "deny", Http = new HttpCondition { Headers = [new HeaderCondition { Name = "X-Evil", Exact = "evil" }] } },
        new IntentionPermission { Action = "deny", Http = new HttpCondition { Methods = ["DELETE"] } },
        new IntentionPermission { Action = "allow", Http = new HttpCondition { PathRegex = "/.*" } });

    public override string Name => "http-attributes";

    public override IReadOnlyList<Type> Refusals => [typeof(GoJsonException)];

    public override IReadOnlyList<string> Words =>
    [
        "\"Method\":\"DELETE\"", "\"Method\":\"delete\"", "\"Path\":", "\"Headers\":{", "\"X-Evil\":", "\"x_evil\":", "\"evil\"", "\"good,evil\"", "[", "]", "{", "}", ",", "\"", "/admin", "/", "//", "/..", "/.", ";", "%3b",
        "%2F", "%2e", "%5c", "%C3%A9", "%", "%zz", "?", "#", "\\\\", " ", "\\t", "\\u0000", "\\n", "\u00a0", "null",
    ];

    public override bool Run(byte[] input)
    {
        var asked = RequestBody.DecodeBytes(input, AuthorizeBody.HttpSchema).Request!;
        if (!FieldText.IsToken(asked.Method) || asked.Path.Length == 0)
        {
            return false;
        }

        var request = asked.ToAttributes(Evaluation);
        var decision = Decide(request);
        Require(decision.Allowed == Decide(asked.ToAttributes(Evaluation)).Allowed, "asked again, it says something else");
        if (request.PathProblem is null)
        {
            var again = new HttpAttributes(asked.Method, request.Path, request.Headers, Evaluation);
            Require(again.PathProblem is null && again.Path == request.Path, "the one form of a path is not its own");
            Require(request.Path.StartsWith('/') && !request.Path.Contains("//", StringComparison.Ordinal), "a form that is none");
        }

        // What is looked at more closely is only ever denied more.
        Require(!decision.Allowed || Decide(asked.ToAttributes(Narrow)).Allowed, "a closer look allows more");
        if (decision.Allowed)
        {
            Require(!request.Path.Contains(';', StringComparison.Ordinal) && !request.Path.StartsWith("/admin", StringComparison.Ordinal), "a path that is denied");
            Require(!asked.Method.Equals("DELETE", StringComparison.OrdinalIgnoreCase), "a method that is denied");
        }

        return true;
    }

    private static IntentionMatch Of(params IntentionPermission[] permissions) =>
        IntentionMatch.ForDestination([new Intention { SourceName = "web", DestinationName = "api", Permissions = permissions }]);

    private static IntentionDecision Decide(HttpAttributes request) => Match.Decide("web", request, DefaultDecision.Deny);
}
