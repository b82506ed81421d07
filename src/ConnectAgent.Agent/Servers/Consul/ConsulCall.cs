using System.Net.Http.Headers;

namespace ConnectAgent.Agent.Servers.Consul;

/// <summary>Kinds of calls; a refusal with <c>Retry-After</c> holds for its own kind only.</summary>
internal enum ConsulOperation
{
    Roots,
    Match,
    Health,
    Revoked,
    Sign,
    TokenSelf,
    Authorize,
    Leaf,

    /// <summary>Whether the server is there and has a leader.</summary>
    Probe,

    /// <summary>A call that is the caller's, not the agent's: the answer goes back as it came.</summary>
    Forward,
}

/// <summary>One call of the servers' HTTP API.</summary>
/// <param name="Operation">What it is.</param>
/// <param name="Method">An HTTP method.</param>
/// <param name="Target">Path and query; never holds a token.</param>
/// <param name="Token">The caller's own; empty for none.</param>
/// <param name="Hold">How long the server may hold the answer; zero for a call that does not block.</param>
internal sealed record ConsulCall(ConsulOperation Operation, HttpMethod Method, string Target, string Token, TimeSpan Hold)
{
    /// <summary>JSON; null for none.</summary>
    public byte[]? Body { get; init; }

    /// <summary>A body that is read while it is sent; null for none.</summary>
    public ConsulUpload? Upload { get; init; }

    /// <summary>Sent along; for forwarded calls.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>How long the server may be silent; null: as in any other call.</summary>
    public TimeSpan? Silence { get; init; }

    /// <summary>Whether the server may hold the answer.</summary>
    public bool Holds => Hold > TimeSpan.Zero;

    /// <summary>Whether it is the cache that asks, which can wait; a caller waits for what his token may do.</summary>
    public bool IsPaced => Operation is ConsulOperation.Roots or ConsulOperation.Match or ConsulOperation.Health or ConsulOperation.Revoked
        or ConsulOperation.Sign or ConsulOperation.Leaf;

    // Records print their members; a token must not reach a log that way.
    public override string ToString() => $"{Method} {Operation}";
}

/// <summary>What a server answered, whole.</summary>
/// <param name="Server">Who it was, for error texts.</param>
internal sealed record ConsulAnswer(string Server, int Status, HttpResponseHeaders Headers, ReadOnlyMemory<byte> Body);
