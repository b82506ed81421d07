using System.Globalization;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.TestKit.Servers;

/// <summary>A request as it came over the socket.</summary>
/// <param name="Method">An HTTP method.</param>
/// <param name="Target">Path and query, raw.</param>
/// <param name="Headers">By name, without case.</param>
/// <param name="At">When it came, on the monotonic clock.</param>
public sealed record ScriptedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, long At)
{
    public string Body { get; init; } = string.Empty;

    public string Path => Target.Split('?')[0];

    public string Token => Headers.GetValueOrDefault("X-Consul-Token", string.Empty);

    public int Length => int.Parse(Headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture);

    public bool IsProbe => Target == "/v1/status/leader";

    /// <summary>Whether an agent says or asks it of its own node (services AE-1).</summary>
    public bool IsOfNode => (Path is "/v1/catalog/register" or "/v1/catalog/deregister" && Body.Contains("node1", StringComparison.Ordinal)) || Path is "/v1/catalog/node/node1" or "/v1/health/node/node1"
        || Target.StartsWith("/v1/catalog/nodes?stale&", StringComparison.Ordinal);

    /// <summary>What is answered to that by a server that takes it.</summary>
    public string NodeAnswer => Method == "PUT" ? "true" : Path == "/v1/catalog/node/node1" ? "null" : "[]";

    public bool IsRoots => Path == "/v1/connect/ca/roots";

    public bool IsMatch => Path == "/v1/connect/intentions/match";

    public bool IsHealth => Path.StartsWith("/v1/health/", StringComparison.Ordinal);

    public bool IsLeaf => Path.StartsWith("/v1/agent/connect/ca/leaf/", StringComparison.Ordinal);

    public bool IsSign => Path == "/v1/connect/ca/sign";

    /// <summary>Whether the server may hold it.</summary>
    public bool Holds => First("index").Length > 0;

    public static ScriptedRequest Parse(string head)
    {
        var lines = head.Split("\r\n");
        var first = lines[0].Split(' ');
        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).ToDictionary(
            pair => pair[0], pair => pair[1].Trim(), StringComparer.OrdinalIgnoreCase);
        return new ScriptedRequest(first[0], first[1], headers, TimeProvider.System.GetTimestamp());
    }

    public string First(string name) => All(name) is [var value, ..] ? value : string.Empty;

    public IReadOnlyList<string> All(string name) =>
    [
        .. (Target.Split('?') is [_, var query] ? query : string.Empty).Split('&').Select(pair => pair.Split('=', 2))
            .Where(pair => pair.Length == 2 && pair[0] == name).Select(pair => Uri.UnescapeDataString(pair[1])),
    ];

    public ServerQuery Query()
    {
        var wait = First("wait");
        return new ServerQuery(
            First("dc"),
            Token,
            new BlockingQuery(
                Holds ? ulong.Parse(First("index"), CultureInfo.InvariantCulture) : 0,
                wait.Length > 0 ? TimeSpan.FromMilliseconds(long.Parse(wait[..^2], CultureInfo.InvariantCulture)) : null));
    }
}
