using System.Collections.Concurrent;
using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Tests.Agent;

/// <summary>Servers that a test steers; the conformance suite about tokens holds the real ones to the same.</summary>
internal sealed class ScriptedAuthority : ITokenAuthority
{
    private readonly ConcurrentDictionary<string, AccessRequest[]> _granted = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _ends = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _begun = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private TaskCompletionSource? _hold;
    private TaskCompletionSource _held = NewSignal();
    private int _looks;
    private int _atOnce;
    private int _consistent;

    public int Looks => Volatile.Read(ref _looks);

    public int LookedConsistently => Volatile.Read(ref _consistent);

    /// <summary>The most looks that were on their way together.</summary>
    public int MostAtOnce { get; private set; }

    public ConcurrentQueue<IReadOnlyList<AccessRequest>> Asked { get; } = new();

    public ServerException? Failure { get; set; }

    /// <summary>So many plain looks find nothing, because the one that answers lags.</summary>
    public int LaggingDenials { get; set; }

    /// <summary>So many questions find no token, because the one that answers lags.</summary>
    public int LaggingAnswers { get; set; }

    public void Grant(string token, params AccessRequest[] granted) => _granted[token] = granted;

    public void Revoke(string token) => _granted.TryRemove(token, out _);

    public void Expire(string token, DateTimeOffset at) => _ends[token] = at;

    public TaskCompletionSource Hold() => _hold = NewSignal();

    /// <summary>Completes when a look at a token has begun.</summary>
    public Task LookedForAsync(string token) => _begun.GetOrAdd(token, static _ => NewSignal()).Task.WaitAsync(AgentFixture.Patience);

    public Task HeldAsync() => _held.Task.WaitAsync(AgentFixture.Patience);

    public async Task<DateTimeOffset?> ReadExpirationAsync(string token, bool consistent, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _looks);
        lock (_gate)
        {
            MostAtOnce = Math.Max(MostAtOnce, ++_atOnce);
        }

        _begun.GetOrAdd(token, static _ => NewSignal()).TrySetResult();
        try
        {
            return await LookAsync(token, consistent);
        }
        finally
        {
            lock (_gate)
            {
                _atOnce--;
            }
        }
    }

    private async Task<DateTimeOffset?> LookAsync(string token, bool consistent)
    {
        if (consistent)
        {
            Interlocked.Increment(ref _consistent);
        }

        if (_hold is { } hold)
        {
            _held.TrySetResult();
            await hold.Task;
        }

        if (Failure is { } failure)
        {
            throw failure.ToThrow();
        }

        var lags = !consistent && LaggingDenials > 0;
        LaggingDenials -= lags ? 1 : 0;
        return lags || !_granted.ContainsKey(token) ? throw NotFound() : _ends.TryGetValue(token, out var end) ? end : null;
    }

    public Task<IReadOnlyList<bool>> AskAsync(string token, IReadOnlyList<AccessRequest> questions, CancellationToken cancellationToken)
    {
        if (Failure is { } failure)
        {
            throw failure.ToThrow();
        }

        if (LaggingAnswers > 0)
        {
            LaggingAnswers--;
            throw NotFound();
        }

        if (questions.Count == 0)
        {
            throw new InvalidOperationException("no question");
        }

        Asked.Enqueue(questions);
        return _granted.TryGetValue(token, out var granted)
            ? Task.FromResult<IReadOnlyList<bool>>([.. questions.Select(question => granted.Contains(question))])
            : throw NotFound();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static ServerException NotFound() => new(FailureKind.UnknownToken, "ACL not found");
}
