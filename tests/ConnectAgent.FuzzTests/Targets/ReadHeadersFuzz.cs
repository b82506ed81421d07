using System.Text;
using ConnectAgent.Agent.Identity;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Tokens;
using Microsoft.AspNetCore.Http;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>What reads take from headers and query: Cache-Control, index, wait, consistency, token (http-conventions HTTP-2, agent-cache CACHE-40).</summary>
/// <remarks>The first line is the query, the second Cache-Control, the third Authorization, the fourth X-Consul-Token.</remarks>
internal sealed class ReadHeadersFuzz : FuzzTarget
{
    private const string Default = "the-default-token";
    private static readonly AgentIdentity Agent = new("dc1", "node1", true, Default, DefaultDecision.Deny);
    private static readonly WireOptions Settings = new() { DefaultPolicy = "deny" };

    public override string Name => "read-headers";

    public override IReadOnlyList<string> Words =>
    [
        "\n", "max-age=", "stale-if-error=", "must-revalidate", ",", "=", "Bearer ", "bearer\t", "Basic ", "token=", "index=", "wait=", "&cached", "&stale",
        "&consistent", "max_stale=", "10s", " ", "  ", "-1",
    ];

    public override IReadOnlyList<Type> Refusals => [typeof(WireException)];

    public override bool Run(byte[] input)
    {
        var lines = Encoding.Latin1.GetString(input).Split('\n', 4);
        if (WireQuery.Parse(lines[0]) is not { } query)
        {
            return false;
        }

        var context = new DefaultHttpContext();
        var headers = context.Request.Headers;
        var authorization = lines.ElementAtOrDefault(2) ?? string.Empty;
        var header = lines.ElementAtOrDefault(3) ?? string.Empty;
        (headers.CacheControl, headers.Authorization, headers["X-Consul-Token"]) = (lines.ElementAtOrDefault(1), authorization, header);
        var request = new WireRequest(context, query, string.Empty, Agent, Settings);
        Require(request.Token() == Expected(query, header, authorization), "the token of another place");
        var options = ReadOptions.Parse(request);
        Require(options.Token == request.Token(), "two tokens of one request");
        return true;
    }

    // acl ACL-REQ-1, ACL-REQ-2, said once more and differently; a text that is too long for a token is unknown (FA-1).
    private static string Expected(WireQuery query, string header, string authorization)
    {
        var bearer = authorization.Split(' ', 2) is [var scheme, var rest] && string.Equals(scheme, "bearer", StringComparison.OrdinalIgnoreCase)
            ? (" " + rest).Trim().Split(' ')[0]
            : string.Empty;
        var token = new[] { query.Pairs.FirstOrDefault(pair => pair.Name == "token").Value, header, bearer, Default }.First(source => !string.IsNullOrEmpty(source))!;
        return Encoding.UTF8.GetByteCount(token) > TokenText.Longest ? TokenText.Unknown : token;
    }
}
