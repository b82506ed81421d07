using System.Net;
using System.Text;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>Makes a failure of an answer that is no success: by its text first, as clients do (http-conventions ERR-2, acl ACL-ERR-13).</summary>
internal static class ConsulFailure
{
    private const string SignerBusy = "Rate limit reached, try again later";
    private const string ServerBusy = "RPC rate limit exceeded";

    // The caller's mistake, for which the reference says 500.
    private const string BadFilter = "Failed to create boolean expression evaluator";
    [Limit("servers.error_text", "characters", "cut")]
    private const int LongestText = 500;

    // Texts that clients know; they pass as they are, and asking another server would not change them.
    private static readonly string[] Contract =
    [
        "CA has not finished initializing", "CA is uninitialized", "cluster has no CA bootstrapped yet", "SPIFFE ID ", "Invalid match entry namespace",
        "Namespaces is a Consul Enterprise feature", "Cannot resolve root ACL",
    ];

    // What a cluster says that cannot write at all for the moment.
    private static readonly string[] Leaderless = ["No cluster leader", "leadership", "not the leader", "rpc error", "timed out", "timeout"];

    /// <summary>The failure that an answer stands for.</summary>
    /// <param name="call">What was asked.</param>
    /// <param name="answer">Its status is not 200.</param>
    public static ServerException Of(ConsulCall call, ConsulAnswer answer)
    {
        var text = TextOf(call, answer);
        switch ((HttpStatusCode)answer.Status)
        {
            case HttpStatusCode.Forbidden or HttpStatusCode.InternalServerError when Has(text, "ACL not found"):
                return new ServerException(FailureKind.UnknownToken, text);
            case HttpStatusCode.Forbidden or HttpStatusCode.InternalServerError when Has(text, "Permission denied"):
                return new ServerException(FailureKind.PermissionDenied, text);
            case HttpStatusCode.Unauthorized when Has(text, "ACL support disabled"):
                return new ServerException(FailureKind.AclDisabled, text);
            case HttpStatusCode.TooManyRequests:
                return new ServerException(FailureKind.RateLimited, text.Length > 0 ? text : ServerBusy);
            case HttpStatusCode.InternalServerError when Has(text, SignerBusy) || Has(text, ServerBusy):
                return new ServerException(FailureKind.RateLimited, text);
            case HttpStatusCode.InternalServerError when Has(text, "No path to datacenter"):
                return ServerException.UnknownDatacenter();
            case HttpStatusCode.InternalServerError when Has(text, "Connect must be enabled in order to use this endpoint"):
                return ServerException.ConnectDisabled();
            case HttpStatusCode.InternalServerError when call.Operation == ConsulOperation.CatalogWrite && !Leaderless.Any(known => Has(text, known)):
                // What is written is at fault, so another server would not take it either, and other writes go on.
                return new ServerException(FailureKind.Failed, Said(answer, text));
            case HttpStatusCode.InternalServerError when Contract.Any(known => Has(text, known)):
                return new ServerException(FailureKind.Failed, text);
            case HttpStatusCode.InternalServerError when Has(text, BadFilter):
            case HttpStatusCode.BadRequest when text.Length > 0:
                return new ServerException(FailureKind.Invalid, text);
            case HttpStatusCode.NotFound or HttpStatusCode.InternalServerError when Has(text, "Query not found"):
                return new ServerException(FailureKind.NotFound, text);
            case HttpStatusCode.NotFound or HttpStatusCode.NotImplemented when call.NotServed is { } notServed:
                return new ServerException(FailureKind.Unsupported, notServed);
            case HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented when call.Operation == ConsulOperation.Sign:
                return new ServerException(
                    FailureKind.Unsupported,
                    "the servers have no signing call (PUT /v1/connect/ca/sign): set connect_agent.delegate_leaf = true to take leaves and their keys from them");
            case HttpStatusCode.NotImplemented: // the server answered: it does not have this, and asking again or elsewhere changes nothing
                return new ServerException(FailureKind.Unsupported, Said(answer, text));
            default:
                return new ServerException(FailureKind.Unreachable, $"rpc error making call: {answer.Server}: {Unexpected(answer, text)}")
                {
                    IsOfThisCall = true,
                };
        }
    }

    /// <summary>How long the server asks to be spared; null when it does not say.</summary>
    public static TimeSpan? RetryAfterOf(ConsulAnswer answer, TimeProvider clock) => answer.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - clock.GetUtcNow(),
        _ => null,
    };

    /// <summary>What a server wrote as one line, cut where it is too long for a log or an answer.</summary>
    public static string Line(string text) => new string([.. text.Take(LongestText).Select(letter => char.IsControl(letter) ? ' ' : letter)]).Trim();

    // A server that echoes the token does not bring it into our log.
    private static string TextOf(ConsulCall call, ConsulAnswer answer)
    {
        var text = Encoding.UTF8.GetString(answer.Body.Span[..Math.Min(answer.Body.Length, 4 * LongestText)]);
        if (call.Token.Length > 0)
        {
            text = text.Replace(call.Token, "<hidden>", StringComparison.Ordinal);
        }

        return Line(text);
    }

    // An answer without a body says its status, so that nobody reads an empty line.
    private static string Said(ConsulAnswer answer, string text) => text.Length > 0 ? text : Unexpected(answer, text);

    private static string Unexpected(ConsulAnswer answer, string text) => $"Unexpected response code: {answer.Status} ({text})";

    private static bool Has(string text, string known) => text.Contains(known, StringComparison.Ordinal);
}
