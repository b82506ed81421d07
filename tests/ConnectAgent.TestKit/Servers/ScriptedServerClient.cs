using System.Collections.Concurrent;
using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.CentralConfig;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Revocation;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.TestKit.Servers;

/// <summary>
/// A server client that a test steers: what it holds, when it fails, and how it blocks. Passes <see cref="ServerClientConformance"/> while
/// it is not told to misbehave.
/// </summary>
public sealed partial class ScriptedServerClient(TimeProvider clock) : IServerClient
{
    public const string Datacenter = "dc1";
    public const string TrustDomainName = "11111111-2222-3333-4444-555555555555.consul";

    private readonly Lock _gate = new();
    private readonly ConcurrentQueue<Func<CancellationToken, Task<ServerRead<CaRoots>>>> _roots = new();
    private TaskCompletionSource _changed = NewSignal();
    private ScriptedAuthority _authority = new(1, []);
    private ulong _index = 10;
    private IReadOnlyList<Intention> _intentions = [];
    private ulong _rootIndex = 10;
    private ulong _intentionIndex = 1;
    private RevocationList _revoked = RevocationList.Empty;
    private ulong _revokedIndex = 1;
    private readonly ScriptedHealth _health = new();
    private int _healthReads;
    private readonly Dictionary<string, TokenRights> _rights = new(StringComparer.Ordinal);
    private TaskCompletionSource _rightsChanged = NewSignal();
    private bool _acls;
    private ServerException? _failure;
    private int _rootReads;
    private int _signatures;
    private int _matches;
    private int _running;
    private int _looks;
    private ConcurrentQueue<TaskCompletionSource>? _heldResolutions;

    public int RootReads => Volatile.Read(ref _rootReads);

    public int Signatures => Volatile.Read(ref _signatures);

    public int Matches => Volatile.Read(ref _matches);

    public int HealthReads => Volatile.Read(ref _healthReads);

    /// <summary>How often somebody began to wait for a change of rights.</summary>
    public int Looks => Volatile.Read(ref _looks);

    /// <summary>Calls that have not answered yet.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Every resolution of a token fails with this while it is set.</summary>
    public ServerException? ResolutionFailure { get; set; }

    /// <summary>Every signature fails with this while it is set; null signs.</summary>
    public ServerException? SignFailure { get; set; }

    /// <summary>Asked before each signature, in order: what it fails with, or null.</summary>
    public Func<ServiceId, ServerException?> Signing { get; set; } = static _ => null;

    /// <summary>Whether a request's own signature is checked; a soak saves the time.</summary>
    public bool VerifiesRequests { get; set; } = true;

    /// <summary>How long new leaves live.</summary>
    public TimeSpan LeafLife { get; set; } = TimeSpan.FromHours(72);

    /// <summary>Every call fails with this from now on, calls that are being held included; null heals.</summary>
    public void Fail(ServerException? failure)
    {
        lock (_gate)
        {
            _failure = failure;
        }

        Changed();
    }

    public static ServerException Unreachable() => new(FailureKind.Unreachable, "No known Consul servers");

    /// <summary>The next roots reads run these instead, in order.</summary>
    public void NextRoots(params Func<CancellationToken, Task<ServerRead<CaRoots>>>[] reads)
    {
        foreach (var read in reads)
        {
            _roots.Enqueue(read);
        }

        Changed();
    }

    /// <summary>A new signing key becomes active.</summary>
    public void Rotate()
    {
        lock (_gate)
        {
            _authority = new ScriptedAuthority(_authority.Generation + 1, _authority.Document().Roots);
            _rootIndex = ++_index;
        }

        Changed();
    }

    public void SetIntentions(params Intention[] intentions)
    {
        lock (_gate)
        {
            _intentions = intentions;
            _intentionIndex = ++_index;
        }

        Changed();
    }

    public void SetRevoked(params RevocationEntry[] revoked)
    {
        lock (_gate)
        {
            _revoked = new RevocationList(revoked);
            _revokedIndex = ++_index;
        }

        Changed();
    }

    /// <summary>The instances of a service, as JSON; those that connect for it are another list.</summary>
    public void SetHealth(string service, bool connect, params string[] instances)
    {
        lock (_gate)
        {
            _health.Set(service, connect, instances, ++_index);
        }

        Changed();
    }

    /// <summary>The roots as they are now, at an index.</summary>
    public ServerRead<CaRoots> RootsAt(ulong index) => new(_authority.Document(), index);

    public async Task<ServerRead<TValue>> ReadAsync<TRequest, TValue>(
        IServerReadKind<TRequest, TValue> kind, TRequest request, ServerQuery query, CancellationToken cancellationToken)
        where TValue : class
    {
        object read = request switch
        {
            RootsRequest => await ReadRootsAsync(query, cancellationToken),
            RevocationRequest => await ReadRevokedAsync(query, cancellationToken),
            MatchNames names => await MatchIntentionsAsync(names, query, cancellationToken),
            ConfigEntriesRequest entries => await ReadConfigEntriesAsync(entries, query, cancellationToken),
            NodeName node when kind.Name == NodeRead.Instance.Name => await ReadNodeAsync(node, query, cancellationToken),
            NodeName node => await ReadNodeChecksAsync(node, query, cancellationToken),
            InstancesQuery question => await ReadHealthAsync(question, query, cancellationToken),
            _ => throw new ServerException(FailureKind.Unsupported, kind.Name),
        };
        return (ServerRead<TValue>)read;
    }

    public async Task<ServerRead<CaRoots>> ReadRootsAsync(ServerQuery query, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _rootReads);
        return await HoldAsync(
            query,
            () => _roots.TryDequeue(out var scripted) ? scripted : null,
            () => new ServerRead<CaRoots>(_authority.Document(), _rootIndex),
            cancellationToken);
    }

    public async Task<ServerRead<IReadOnlyList<IntentionMatch>>> MatchIntentionsAsync(
        MatchNames names, ServerQuery query, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _matches);
        return await HoldAsync<IReadOnlyList<IntentionMatch>>(
            query,
            () => null,
            () =>
            {
                RightsOf(query.Token).RequireIntentionRead(names.Names);
                return Match(names);
            },
            cancellationToken);
    }

    public async Task<ServerRead<RevocationList>> ReadRevokedAsync(ServerQuery query, CancellationToken cancellationToken) =>
        await HoldAsync(query, () => null, () => new ServerRead<RevocationList>(_revoked, _revokedIndex), cancellationToken);

    public async Task<ServerRead<DiscoveryList>> ReadHealthAsync(InstancesQuery question, ServerQuery query, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _healthReads);
        return await HoldAsync(query, () => null, () => _health.Read(question, RightsOf(query.Token)), cancellationToken);
    }

    /// <summary>From now on each resolution of a token waits until it is let go.</summary>
    /// <returns>Those that wait, in their order.</returns>
    public IReadOnlyCollection<TaskCompletionSource> HoldResolutions() => _heldResolutions = new ConcurrentQueue<TaskCompletionSource>();

    public ValueTask<TokenRights> ResolveTokenAsync(string token, CancellationToken cancellationToken)
    {
        if (_heldResolutions is { } held)
        {
            var hold = NewSignal();
            held.Enqueue(hold);
            return new(ResolveBehindAsync(hold.Task, token, cancellationToken));
        }

        lock (_gate)
        {
            return ResolutionFailure is { } failure ? throw failure.ToThrow() : new(RightsOf(token));
        }
    }

    /// <summary>Whether what a token is allowed rests on the servers' word about it.</summary>
    public Func<string, bool> Vouching { get; set; } = static _ => true;

    public bool Vouches(string token) => Vouching(token);

    public bool Knows(string token)
    {
        lock (_gate)
        {
            return !_acls || _rights.ContainsKey(token);
        }
    }

    public async Task<long> RightsChangedAsync(CancellationToken cancellationToken)
    {
        Task changed;
        Interlocked.Increment(ref _looks);
        lock (_gate)
        {
            changed = _rightsChanged.Task;
        }

        await changed.WaitAsync(cancellationToken);
        return clock.GetTimestamp();
    }

    /// <summary>Turns ACLs on, and gives a token rights; null: there is no such token any more.</summary>
    public void SetRights(string token, TokenRights? rights)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _acls = true;
            _rights.Remove(token);
            if (rights is not null)
            {
                _rights.Add(token, rights);
            }

            (changed, _rightsChanged) = (_rightsChanged, NewSignal());
        }

        changed.TrySetResult();
        Changed();
    }

    public Task<SignedLeaf> SignLeafAsync(
        ServiceId identity, ReadOnlyMemory<byte> certificateRequest, string token, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _signatures);
        lock (_gate)
        {
            if ((Signing(identity) ?? SignFailure ?? _failure) is { } failure)
            {
                throw failure.ToThrow();
            }

            TokenRights.Require(RightsOf(token).ServiceWrite(identity.Service));
            RequireDatacenter(identity.Datacenter);
            var now = clock.GetUtcNow();
            return Task.FromResult(new SignedLeaf(_authority.Sign(identity, certificateRequest, now, LeafLife, VerifiesRequests), ++_index));
        }
    }

    private async Task<TokenRights> ResolveBehindAsync(Task hold, string token, CancellationToken cancellationToken)
    {
        await hold.WaitAsync(cancellationToken);
        lock (_gate)
        {
            return RightsOf(token);
        }
    }

    private TokenRights RightsOf(string token) => !_acls
        ? TokenRights.Everything
        : ReservedTokens.IsRootName(token)
        ? throw new ServerException(FailureKind.Mistake, "Cannot resolve root ACL")
        : _rights.GetValueOrDefault(token) ?? throw new ServerException(FailureKind.UnknownToken, "ACL not found");

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void RequireDatacenter(string datacenter)
    {
        if (datacenter != Datacenter)
        {
            throw ServerException.UnknownDatacenter();
        }
    }

    private ServerRead<IReadOnlyList<IntentionMatch>> Match(MatchNames names)
    {
        var sorted = _intentions.ToList();
        sorted.Sort(IntentionPrecedence.Order);
        return new(
            [.. names.Names.Select(name => names.ByDestination
                ? IntentionMatch.ForDestination([.. sorted.Where(intention => intention.DestinationName == "*"
                    || intention.DestinationName.Equals(name, StringComparison.OrdinalIgnoreCase))])
                : IntentionMatch.ForSource([.. sorted.Where(intention => intention.SourceName == "*" || intention.SourceName == name)]))],
            _intentionIndex);
    }

    private async Task<ServerRead<T>> HoldAsync<T>(
        ServerQuery query,
        Func<Func<CancellationToken, Task<ServerRead<T>>>?> scripted,
        Func<ServerRead<T>> read,
        CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _running);
        try
        {
            return await HoldUntilAsync(query, scripted, read, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private async Task<ServerRead<T>> HoldUntilAsync<T>(
        ServerQuery query,
        Func<Func<CancellationToken, Task<ServerRead<T>>>?> scripted,
        Func<ServerRead<T>> read,
        CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        while (true)
        {
            Task changed;
            TimeSpan left;
            Func<CancellationToken, Task<ServerRead<T>>>? script;
            lock (_gate)
            {
                changed = _changed.Task;
                if (_failure is { } failure)
                {
                    throw failure.ToThrow();
                }

                RequireDatacenter(query.Datacenter);
                script = scripted();
                left = query.Blocking.LimitedWait(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)) - clock.GetElapsedTime(start);
                if (script is null && (!query.Blocking.Blocks || read().Index > query.Blocking.Index || left <= TimeSpan.Zero))
                {
                    return read();
                }
            }

            if (script is not null)
            {
                return await script(cancellationToken);
            }

            try
            {
                await changed.WaitAsync(left, clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                // The next turn answers with what there is.
            }
        }
    }

    private void Changed()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            (changed, _changed) = (_changed, NewSignal());
        }

        changed.TrySetResult();
    }
}
