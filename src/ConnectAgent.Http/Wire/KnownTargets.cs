using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Http.Wire;

/// <summary>
/// Targets that were taken apart before: a proxy asks for the same few again and again, and is answered without making anything. Only those of routes that
/// answer at once, and whose parameters are flags without values: they hold no token.
/// </summary>
internal sealed class KnownTargets
{
    [Limit("http.known_targets", "targets", "one that was not asked for lately is taken apart again")]
    private const int Most = 1024;
    [Limit("http.known_target", "characters", "it is taken apart each time")]
    private const int Longest = 512;

    // By the hash of the target: the later of two with the same place counts.
    private readonly KnownTarget?[] _held = new KnownTarget?[Most];

    /// <summary>What is known of a target.</summary>
    public KnownTarget? Find(string method, string target) =>
        target.Length <= Longest && Volatile.Read(ref _held[PlaceOf(target)]) is { } held && held.Target == target && held.Method == method ? held : null;

    /// <summary>It was taken apart.</summary>
    public void Note(string method, string target, ServedRoute route, string path, WireQuery query)
    {
        if (route.Route.AnswersAtOnce && target.Length <= Longest && query.HasOnlyFlags)
        {
            Volatile.Write(ref _held[PlaceOf(target)], new KnownTarget(method, target, route, path, query));
        }
    }

    private static int PlaceOf(string target) => target.GetHashCode(StringComparison.Ordinal) & (Most - 1);
}

/// <summary>A target and its parts.</summary>
internal sealed record KnownTarget(string Method, string Target, ServedRoute Route, string Path, WireQuery Query);
