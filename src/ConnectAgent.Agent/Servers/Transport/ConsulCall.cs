using System.Net.Http.Headers;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>Kinds of calls; a refusal with <c>Retry-After</c> holds for its own kind only.</summary>
internal enum ConsulOperation
{
    /// <summary>A blocking read; <see cref="ConsulCall.Kind"/> says of what.</summary>
    Read,
    Sign,

    /// <summary>A registration, or the end of one; done twice it is as done once.</summary>
    CatalogWrite,
    TokenSelf,
    Authorize,

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
    /// <summary>Which kind of read it is; empty for other calls.</summary>
    public string Kind { get; init; } = string.Empty;

    /// <summary>What an error says when the servers do not have this call; null: their own words.</summary>
    public string? NotServed { get; init; }

    /// <summary>Whether the server may have to wait for somebody else before it answers.</summary>
    public bool WaitsForOthers { get; init; }

    /// <summary>Another datacenter than the agent's, which the call is about and the server passes it on to; else empty.</summary>
    public string Datacenter { get; init; } = string.Empty;

    /// <summary>What it is about: the same for each call about one key, however it is asked.</summary>
    public string Subject { get; init; } = Target;

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

    /// <summary>Whether nobody may know for minutes how it goes.</summary>
    public bool MayTakeLong => Holds || Silence is not null;

    /// <summary>
    /// Whether it is answered out of the server's own state, so that its silence is the server's. Who signs, makes leaves or answers what is forwarded may be
    /// waiting for somebody else, and so may a server that was asked about another datacenter.
    /// </summary>
    public bool IsAnsweredByTheServerItself => Datacenter.Length == 0 && !WaitsForOthers
        && Operation is not (ConsulOperation.Sign or ConsulOperation.Forward);

    /// <summary>Checks what no server can be sent.</summary>
    /// <exception cref="ServerException">
    /// A token that no header can carry is known to no server, sent in part it might be another's; nor is one that is longer than any; or a target that is no URL.
    /// </exception>
    public void RequireSendable()
    {
        if (TokenText.IsTooLong(Token))
        {
            throw TokenText.TooLong();
        }

        if (Token.Length > 0 && (Token.AsSpan().ContainsAnyExceptInRange(' ', '~') || Token[0] == ' ' || Token[^1] == ' '))
        {
            throw new ServerException(FailureKind.UnknownToken, "ACL not found");
        }

        if (!Uri.TryCreate(Target, UriKind.Relative, out _))
        {
            throw new ServerException(FailureKind.Failed, "the servers cannot be asked for this");
        }
    }

    // Records print their members; a token must not reach a log that way.
    public override string ToString() => $"{Method} {Operation}";
}
