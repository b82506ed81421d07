namespace ConnectAgent.Protocol.Intentions;

/// <summary>
/// The intentions of one name in PREC-2 order, with the decision of every peer worked out once: authorize and check only look it up.
/// Immutable; shared by all readers.
/// </summary>
public sealed class IntentionMatch
{
    private readonly Dictionary<string, Ranked> _byPeer = new(StringComparer.Ordinal);
    private readonly Ranked? _anyPeer;

    private IntentionMatch(IReadOnlyList<Intention> intentions, Func<Intention, string> peer)
    {
        Intentions = intentions;
        for (var rank = 0; rank < intentions.Count; rank++)
        {
            var ranked = new Ranked(rank, IntentionDecision.By(intentions[rank]));
            if (peer(intentions[rank]) == Intention.Wildcard)
            {
                _anyPeer ??= ranked;
            }
            else
            {
                _byPeer.TryAdd(peer(intentions[rank]), ranked);
            }
        }
    }

    public static IntentionMatch None { get; } = new([], static intention => intention.SourceName);

    public IReadOnlyList<Intention> Intentions { get; }

    /// <summary>For the intentions that protect one destination: <see cref="Decide"/> asks about a source (AUTHZ-20).</summary>
    /// <param name="intentions">In PREC-2 order; their destination is the name asked for or the wildcard.</param>
    public static IntentionMatch ForDestination(IReadOnlyList<Intention> intentions) =>
        intentions.Count == 0 ? None : new(intentions, static intention => intention.SourceName);

    /// <summary>For the intentions of one source: <see cref="Decide"/> asks about a destination (ICHK-2).</summary>
    /// <param name="intentions">In PREC-2 order; their source is the name asked for or the wildcard.</param>
    public static IntentionMatch ForSource(IReadOnlyList<Intention> intentions) =>
        intentions.Count == 0 ? None : new(intentions, static intention => intention.DestinationName);

    /// <summary>PREC-3: the first intention whose other side is the peer, byte for byte, or the wildcard; else the default.</summary>
    /// <param name="peer">The other side's name; a literal <c>*</c> finds only wildcards (ICHK-4).</param>
    /// <param name="fallback">What holds when none matches.</param>
    public IntentionDecision Decide(string peer, DefaultDecision fallback)
    {
        _byPeer.TryGetValue(peer, out var exact);
        var first = (exact, _anyPeer) switch
        {
            (null, var any) => any,
            (var one, null) => one,
            var (one, any) => one.Rank < any.Rank ? one : any,
        };
        return first?.Decision ?? fallback.Decision;
    }

    private sealed record Ranked(int Rank, IntentionDecision Decision);
}
