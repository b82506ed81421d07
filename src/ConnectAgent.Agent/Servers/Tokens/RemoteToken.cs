using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Agent.Servers.Tokens;

/// <summary>One token of remote servers, and what is known of it.</summary>
internal sealed class RemoteToken(string secret, RemoteTokens owner)
{
    // Against floods of made-up tokens; a token made right after a miss waits no longer (acl ACL-RES-5).
    private static readonly TimeSpan DeniedTime = TimeSpan.FromSeconds(1);

    // Itself and its entry in the table.
    private const int OwnBytes = 256;

    private readonly Lock _gate = new();
    private RemoteRights? _rights;
    private DateTimeOffset? _expiresAt;
    private long _resolvedAt = long.MinValue;
    private long? _deniedAt;
    private long _usedAt;
    private Task<TokenRights>? _refresh;
    private bool _isAnswered;

    /// <summary>A timestamp of the clock.</summary>
    public long UsedAt => Volatile.Read(ref _usedAt);

    /// <summary>About how much memory it takes.</summary>
    public int Bytes => OwnBytes + (2 * secret.Length) + (Volatile.Read(ref _rights)?.Bytes ?? 0);

    /// <summary>Whether the servers have ever known it.</summary>
    public bool IsKnown => Volatile.Read(ref _rights) is not null;

    /// <summary>What it may do: what is known while that is fresh, else what the servers say now (acl ACL-RES-2 to ACL-RES-6).</summary>
    /// <exception cref="ServerException"><c>ACL not found</c>.</exception>
    public ValueTask<TokenRights> ResolveAsync(CancellationToken cancellationToken)
    {
        Task<TokenRights> refresh;
        lock (_gate)
        {
            var now = owner.Clock.GetTimestamp();
            Volatile.Write(ref _usedAt, now);
            var rights = IsOver() ? null : _rights;
            if (rights is not null && owner.IsFresh(_resolvedAt))
            {
                owner.Metrics.Hit();
                return new(rights);
            }

            if (_deniedAt is { } denied && owner.Clock.GetElapsedTime(denied, now) < DeniedTime)
            {
                throw NotFound();
            }

            // It is everybody's who asks meanwhile: no caller's end ends it.
            refresh = _refresh ??= Task.Run(RefreshAsync, CancellationToken.None);
            if (rights is not null && owner.DownPolicy == DownPolicy.AsyncCache)
            {
                owner.Metrics.Stale();
                return new(rights);
            }
        }

        return new(refresh.WaitAsync(cancellationToken));
    }

    /// <inheritdoc cref="RemoteTokens.Remember"/>
    public void Remember(IReadOnlyList<AccessRequest> allowed)
    {
        lock (_gate)
        {
            // Whatever the servers have said in this life, or are being asked, is newer than what was sealed in a former one.
            if (!_isAnswered && _refresh is null)
            {
                _rights ??= new RemoteRights(secret, owner, this);
                _rights.Keep(allowed.Distinct().ToDictionary(static requested => requested, static _ => true));
            }
        }
    }

    /// <summary>The servers said that there is no such token.</summary>
    public void Deny()
    {
        bool wasKnown;
        long since;
        lock (_gate)
        {
            (wasKnown, since) = (_rights is not null, _resolvedAt);
            (_rights, _deniedAt, _isAnswered) = (null, owner.Clock.GetTimestamp(), true);
        }

        owner.Metrics.Denied();
        if (wasKnown)
        {
            owner.Publish(since == long.MinValue ? owner.Clock.GetTimestamp() : since);
        }
    }

    private static ServerException NotFound() => new(FailureKind.UnknownToken, "ACL not found");

    // ACL-SEC-7: by the local clock, whatever the servers say or do not say.
    private bool IsOver() => _expiresAt <= owner.Clock.GetUtcNow();

    private async Task<TokenRights> RefreshAsync()
    {
        try
        {
            using var turn = IsKnown || secret.Length == 0 ? null : await owner.Lookups.TurnAsync();
            return await LookAsync();
        }
        finally
        {
            lock (_gate)
            {
                _refresh = null;
            }
        }
    }

    private async Task<TokenRights> LookAsync()
    {
        var asked = owner.Clock.GetTimestamp();
        try
        {
            owner.Metrics.Missed();
            var expiresAt = secret.Length == 0 ? null : await owner.ReadExpirationAsync(secret);
            var known = Volatile.Read(ref _rights);
            var answers = known is null ? [] : await owner.AskAsync(secret, known.Requests);
            return Take(expiresAt, answers, asked);
        }
        catch (ServerException error) when (error.Kind == FailureKind.UnknownToken)
        {
            Deny();
            throw NotFound();
        }
        catch (ServerException error) when (error.Kind == FailureKind.AclDisabled)
        {
            return owner.TurnOff();
        }
        catch (ServerException)
        {
            return WithoutServers();
        }
    }

    private TokenRights Take(DateTimeOffset? expiresAt, Dictionary<AccessRequest, bool> answers, long asked)
    {
        TokenRights rights;
        var changed = false;
        long since;
        lock (_gate)
        {
            since = _resolvedAt;
            (_expiresAt, _resolvedAt, _deniedAt, _isAnswered) = (expiresAt, asked, null, true);
            if (IsOver())
            {
                throw NotFound();
            }

            // The same object as long as nothing about it has changed.
            if (_rights is null || _rights.Differs(answers))
            {
                changed = _rights is not null;
                _rights = new RemoteRights(secret, owner, this);
                _rights.Keep(answers);
            }

            rights = _rights;
        }

        if (changed)
        {
            owner.Publish(since == long.MinValue ? asked : since);
        }

        return rights;
    }

    // ACL-RES-4.
    private TokenRights WithoutServers()
    {
        lock (_gate)
        {
            if (IsOver())
            {
                throw NotFound();
            }

            owner.Metrics.Unreachable();
            if (_rights is null || owner.DownPolicy is DownPolicy.Allow or DownPolicy.Deny)
            {
                return owner.Unasked();
            }

            _resolvedAt = owner.Clock.GetTimestamp();
            return _rights;
        }
    }
}
