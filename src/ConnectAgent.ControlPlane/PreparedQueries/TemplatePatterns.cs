using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.ControlPlane.PreparedQueries;

/// <summary>The regular expressions of templates, each compiled once and not with each execution (services PQ-8).</summary>
internal sealed class TemplatePatterns
{
    // One of the greatest size is a quarter of it, and takes up to 22 MB once it is used.
    [Limit("prepared_queries.patterns", "characters of patterns, unfolded", "all are dropped and compiled again")]
    private const int MostUnfolded = 1000;

    private readonly Dictionary<string, CapturingPattern> _held = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>What the patterns that are held take of the bound.</summary>
    public int Size { get; private set; }

    /// <summary>The expression of a pattern.</summary>
    /// <exception cref="FilterException">It is none.</exception>
    public CapturingPattern Of(string pattern)
    {
        lock (_gate)
        {
            if (_held.TryGetValue(pattern, out var known))
            {
                return known;
            }
        }

        // Who comes second makes another, which is as good.
        var compiled = CapturingPattern.Compile(pattern);
        lock (_gate)
        {
            if (Size + compiled.Size > MostUnfolded)
            {
                _held.Clear();
                Size = 0;
            }

            if (_held.TryAdd(pattern, compiled))
            {
                Size += compiled.Size;
            }
        }

        return compiled;
    }
}
