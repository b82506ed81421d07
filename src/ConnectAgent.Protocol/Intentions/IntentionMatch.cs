namespace ConnectAgent.Protocol.Intentions;

/// <summary>
/// The intentions of one name in PREC-2 order, as a table by peer: authorize, check and the layer 7 answer only look it up. Each intention's
/// decision is worked out once, when it is first asked for; most of a large match never is. Immutable to its readers, who share it.
/// </summary>
public sealed class IntentionMatch
{
    private const int Unranked = int.MaxValue;

    // The table of one name takes more memory than its intention, and most matches are of few.
    private const int FewEnoughToWalk = 8;

    private readonly Dictionary<string, int>? _rankByPeer;
    private readonly int _rankOfAny = Unranked;
    private readonly Func<Intention, string> _peer;
    private IReadOnlyList<IntentionMatch>? _alone;
    private IntentionDecision?[]? _connections;
    private PermissionSet?[]? _permissions;

    private IntentionMatch(IReadOnlyList<Intention> intentions, Func<Intention, string> peer)
    {
        (Intentions, _peer) = (intentions, peer);
        _rankByPeer = intentions.Count <= FewEnoughToWalk ? null : new Dictionary<string, int>(intentions.Count, StringComparer.Ordinal);
        for (var rank = 0; rank < intentions.Count; rank++)
        {
            if (intentions[rank].SourcePeer is not null)
            {
                // The same name at a peer is another service, which no certificate of ours names.
                continue;
            }

            var name = peer(intentions[rank]);
            if (name == Intention.Wildcard)
            {
                _rankOfAny = Math.Min(_rankOfAny, rank);
            }
            else
            {
                _rankByPeer?.TryAdd(name, rank);
            }
        }
    }

    public static IntentionMatch None { get; } = new([], static intention => intention.SourceName);

    public IReadOnlyList<Intention> Intentions { get; }

    /// <summary>A list of this one alone, the same each time: most matches are of one name.</summary>
    public IReadOnlyList<IntentionMatch> Alone => _alone ??= new[] { this };

    /// <summary>
    /// The intentions whose permissions cannot be evaluated as written, with the positions of those permissions (L7-7). They fail closed;
    /// somebody should be told.
    /// </summary>
    /// <param name="most">
    /// Stops when so many permissions were looked at: looking compiles and keeps their expressions, and not all may ever be asked.
    /// </param>
    public IEnumerable<(Intention Intention, IReadOnlyList<int> Permissions)> Unusable(int most)
    {
        for (var rank = 0; rank < Intentions.Count && most > 0; rank++)
        {
            if (Intentions[rank].IsLayer7)
            {
                most -= Intentions[rank].Permissions!.Count;
                if (PermissionsOf(rank).Unusable.ToList() is { Count: > 0 } positions)
                {
                    yield return (Intentions[rank], positions);
                }
            }
        }
    }

    /// <summary>For the intentions that protect one destination: <see cref="Decide(string, DefaultDecision)"/> asks about a source (AUTHZ-20).</summary>
    /// <param name="intentions">In PREC-2 order; their destination is the name asked for or the wildcard.</param>
    public static IntentionMatch ForDestination(IReadOnlyList<Intention> intentions) =>
        intentions.Count == 0 ? None : new(intentions, static intention => intention.SourceName);

    /// <summary>For the intentions of one source: <see cref="Decide(string, DefaultDecision)"/> asks about a destination (ICHK-2).</summary>
    /// <param name="intentions">In PREC-2 order; their source is the name asked for or the wildcard.</param>
    public static IntentionMatch ForSource(IReadOnlyList<Intention> intentions) =>
        intentions.Count == 0 ? None : new(intentions, static intention => intention.DestinationName);

    /// <summary>PREC-3: the first intention whose other side is the peer, byte for byte, or the wildcard; else the default.</summary>
    /// <param name="peer">The other side's name; a literal <c>*</c> finds only wildcards (ICHK-4).</param>
    /// <param name="fallback">What holds when none matches.</param>
    public IntentionDecision Decide(string peer, DefaultDecision fallback) => Decide(peer, request: null, fallback);

    /// <summary>The same for one request: where the deciding intention has permissions, they decide (L7-1); else the answer is the same.</summary>
    /// <param name="peer">The other side's name.</param>
    /// <param name="request">The request; null asks about the connection, which permissions refuse (AUTHZ-21).</param>
    /// <param name="fallback">What holds when no intention matches, or no permission of the one that does.</param>
    public IntentionDecision Decide(string peer, HttpAttributes? request, DefaultDecision fallback) => Decide(peer.AsSpan(), request, fallback);

    /// <inheritdoc cref="Decide(string, HttpAttributes?, DefaultDecision)"/>
    public IntentionDecision Decide(ReadOnlySpan<char> peer, HttpAttributes? request, DefaultDecision fallback)
    {
        var rank = Math.Min(RankOf(peer), _rankOfAny);
        if (rank == Unranked)
        {
            return fallback.Decision;
        }

        return request is null || !Intentions[rank].IsLayer7 ? ConnectionOf(rank) : PermissionsOf(rank).Decide(request, fallback);
    }

    /// <summary>Every intention that matches the peer, in PREC-2 order: the first decides, the others are what it beat. Looks at all.</summary>
    public IEnumerable<Intention> Matching(string peer) =>
        Intentions.Where(intention => intention.SourcePeer is null
            && _peer(intention) is var name && (name == Intention.Wildcard || name == peer));

    private int RankOf(ReadOnlySpan<char> peer)
    {
        if (_rankByPeer is not null)
        {
            return _rankByPeer.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(peer, out var named) ? named : Unranked;
        }

        for (var rank = 0; rank < Intentions.Count; rank++)
        {
            if (Intentions[rank].SourcePeer is null && peer.SequenceEqual(_peer(Intentions[rank])))
            {
                return rank;
            }
        }

        return Unranked;
    }

    // Two readers may work out the same at once; either is as good.
    private IntentionDecision ConnectionOf(int rank) =>
        (_connections ??= new IntentionDecision?[Intentions.Count])[rank] ??= IntentionDecision.By(Intentions[rank]);

    // Their expressions are compiled once, when the first request is asked about.
    private PermissionSet PermissionsOf(int rank) =>
        (_permissions ??= new PermissionSet?[Intentions.Count])[rank] ??= new PermissionSet(Intentions[rank], ConnectionOf(rank).Reason);
}
