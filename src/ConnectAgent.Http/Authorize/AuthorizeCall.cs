using ConnectAgent.Agent.Authorization;
using ConnectAgent.Caching;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.Authorize;

/// <summary>
/// One call of authorize, and what its steps have found out. One that was answered at once is used again for the next on its thread, because a cache hit makes
/// nothing: its texts stand in place, and become strings only for a step that waits.
/// </summary>
internal sealed class AuthorizeCall
{
    [ThreadStatic]
    private static AuthorizeCall? _spare;

    private readonly char[] _text = new char[PlainAuthorizeBody.Longest];
    private readonly char[] _key = new char[MatchRequest.TargetPrefix.Length + PlainAuthorizeBody.Longest];
    private int _keyLength;
    private string? _target;
    private ServiceId? _client;
    private string? _serial;
    private Part _uriInText;
    private Part _serviceInText;
    private Part _serialInText;

    private AuthorizeCall()
    {
        MatchRequest.TargetPrefix.CopyTo(_key);
        (Request, Token, Rights) = (null!, string.Empty, TokenRights.Nothing);
    }

    public WireRequest Request { get; private set; }

    /// <summary>Whether it is about a request, and not about a connection alone.</summary>
    public bool IsAboutRequest { get; private set; }

    /// <summary>The request that it is about; null for a connection.</summary>
    public RequestAttributes? About { get; private set; }

    public string Token { get; set; }

    public TokenRights Rights { get; set; }

    /// <summary>The target's intentions, if they are there.</summary>
    public CacheEntry<MatchRequest, IReadOnlyList<IntentionMatch>>? Entry { get; set; }

    /// <summary>Set by the last step, or <see cref="Explanation"/> is.</summary>
    public CacheAnswer<IntentionDecision> Answer { get; set; }

    public CacheAnswer<Explanation>? Explanation { get; set; }

    public bool IsExplained => Request.Query.Has("explain");

    /// <summary>The key of the target's intentions; empty when no such key can be looked up in place.</summary>
    public ReadOnlySpan<char> Key => _key.AsSpan(0, _keyLength);

    public string Target => _target ??= Entry?.Request.Target ?? _key.AsSpan(MatchRequest.TargetPrefix.Length, _keyLength - MatchRequest.TargetPrefix.Length).ToString();

    /// <summary>The peer's name.</summary>
    public ReadOnlySpan<char> Service => _client is { } client ? client.Service : InText(_serviceInText);

    /// <summary>Of the peer's certificate, as the caller wrote it.</summary>
    public ReadOnlySpan<char> Serial => _serial is { } serial ? serial : InText(_serialInText);

    /// <summary>The peer.</summary>
    public ServiceId Client => _client ??= SpiffeId.TryParse(InText(_uriInText).ToString(), out var id, out _) && id is ServiceId service
        ? service
        : throw new InvalidOperationException("a plain URI of a service is no SPIFFE ID");

    public bool IsInDefaultPartition => _client is not { IsInDefaultPartition: false };

    public bool IsInDefaultNamespace => _client is not { Namespace: not SpiffeId.DefaultNamespace };

    public static AuthorizeCall Begin(WireRequest request, bool isAboutRequest)
    {
        var call = _spare ?? new AuthorizeCall();
        _spare = null;
        (call.Request, call.IsAboutRequest, call.About, call.Entry, call.Explanation) = (request, isAboutRequest, null, null, null);
        (call._keyLength, call._target, call._client, call._serial) = (0, null, null, null);
        return call;
    }

    /// <summary>It was answered, and nobody has it any more.</summary>
    public void End()
    {
        (Request, Entry, Answer) = (null!, null, default);
        _spare = this;
    }

    /// <summary>Takes the body as nearly all callers write it.</summary>
    /// <returns>False for every other body, be it good or bad.</returns>
    public bool TryTake(ReadOnlySpan<byte> json)
    {
        var prefix = MatchRequest.TargetPrefix.Length;
        if (!PlainAuthorizeBody.TryRead(json, _text, _key.AsSpan(prefix), out var asked)
            || asked.Target.IsEmpty
            || asked.Target.Contains('/')
            || !PlainServiceUri.TryRead(asked.ClientCertUri, out var client)
            || client.Namespace is not SpiffeId.DefaultNamespace)
        {
            return false;
        }

        _keyLength = prefix + asked.Target.Length;
        (_uriInText, _serviceInText, _serialInText) = (PartOf(asked.ClientCertUri), PartOf(client.Service), PartOf(asked.ClientCertSerial));
        return true;
    }

    /// <summary>Takes a body of whatever form, once it was checked.</summary>
    public void Take(in AuthorizeBody asked, ServiceId client)
    {
        (_target, _client, _serial, About) = (asked.Target, client, asked.ClientCertSerial, asked.Request);

        // A target with a slash is one name, which has a key of another form.
        _keyLength = 0;
        if (asked.Target.Length <= PlainAuthorizeBody.Longest && !asked.Target.Contains('/', StringComparison.Ordinal))
        {
            asked.Target.CopyTo(_key.AsSpan(MatchRequest.TargetPrefix.Length));
            _keyLength = MatchRequest.TargetPrefix.Length + asked.Target.Length;
        }
    }

    private ReadOnlySpan<char> InText(Part part) => _text.AsSpan(part.Start, part.Length);

    private Part PartOf(ReadOnlySpan<char> part) => _text.AsSpan().Overlaps(part, out var at) ? new Part(at, part.Length) : default;

    private readonly record struct Part(int Start, int Length);
}
