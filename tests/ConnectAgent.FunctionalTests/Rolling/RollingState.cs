using System.Text.Json.Nodes;

namespace ConnectAgent.FunctionalTests.Rolling;

/// <summary>What all parts of a run share: its clock, what was written, and when something was broken.</summary>
internal sealed class RollingState
{
    public const int Peers = 6;

    // The others are only ever asked about, never watched: nothing but the refresh brings their news.
    public static readonly string[] Targets = ["t0", "t1", "t2", "t3"];
    public static readonly string[] Watched = Targets[..2];

    // What the agent promises (docs/operations.md): 15 s until the next look at the servers, its limit of 2 s, a pause of 8 s, an answer.
    private static readonly TimeSpan LongestBlindness = TimeSpan.FromSeconds(30);

    // With nothing broken news take a round trip. Both have this on top, because the machine may be slow.
    private static readonly TimeSpan Slowness = TimeSpan.FromSeconds(15);

    private readonly long _start = TimeProvider.System.GetTimestamp();
    private readonly Lock _gate = new();
    private readonly List<(TimeSpan From, TimeSpan? To)> _broken = [];

    public TimeSpan Now => TimeProvider.System.GetElapsedTime(_start);

    /// <summary>By target.</summary>
    public IReadOnlyList<StateHistory> Intentions { get; } = [.. Targets.Select(static _ => new StateHistory())];

    /// <summary>Of the active root's key.</summary>
    public StateHistory Roots { get; } = new();

    /// <summary>The keys, by generation of <see cref="Roots"/>.</summary>
    public List<string> Keys { get; } = [];

    /// <summary>The cached read of what decisions about a target are made of: spelled so, it is the same entry (agent-cache CACHE-43).</summary>
    public static string MatchOf(string target) => $"/v1/connect/intentions/match?by=destination&name=default/{target}&cached";

    /// <summary>From now on something is broken, until it is disposed.</summary>
    public IDisposable Break()
    {
        lock (_gate)
        {
            _broken.Add((Now, null));
            var at = _broken.Count - 1;
            return new Mending(() =>
            {
                lock (_gate)
                {
                    _broken[at] = (_broken[at].From, Now);
                }
            });
        }
    }

    /// <summary>How old an answer may be that was asked for at a time.</summary>
    public TimeSpan Bound(TimeSpan at)
    {
        lock (_gate)
        {
            return _broken.Any(time => time.From <= at && !(time.To < at - LongestBlindness)) ? LongestBlindness + Slowness : Slowness;
        }
    }

    /// <summary>The body of a target's entry in a generation.</summary>
    public static JsonObject EntryOf(string target, int generation) => new()
    {
        ["Kind"] = "service-intentions",
        ["Name"] = target,
        ["Sources"] = new JsonArray([.. Enumerable.Range(0, Peers).Select(peer => new JsonObject
        {
            ["Name"] = "p" + peer,
            ["Action"] = Answer.Allows(generation, peer) ? "allow" : "deny",
            ["Description"] = generation.ToString(System.Globalization.CultureInfo.InvariantCulture),
        })]),
    };

    /// <summary>Which generation intentions are of; -1 when they are of none.</summary>
    /// <param name="sources">Each with the name of its peer, an action and a description.</param>
    /// <param name="name">The name's key.</param>
    public static int GenerationOf(IEnumerable<JsonNode?> sources, string name)
    {
        var seen = sources.Select(source => (
            Peer: int.Parse(((string)source![name]!)[1..], System.Globalization.CultureInfo.InvariantCulture),
            Generation: int.Parse((string)source["Description"]!, System.Globalization.CultureInfo.InvariantCulture),
            Allowed: (string)source["Action"]! == "allow")).ToList();
        var whole = seen.Select(static one => one.Peer).Order().SequenceEqual(Enumerable.Range(0, Peers))
            && seen.TrueForAll(one => one.Generation == seen[0].Generation && one.Allowed == Answer.Allows(one.Generation, one.Peer));
        return whole ? seen[0].Generation : -1;
    }

    private sealed class Mending(Action mend) : IDisposable
    {
        public void Dispose() => mend();
    }
}
