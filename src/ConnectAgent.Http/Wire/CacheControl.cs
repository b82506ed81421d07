using System.Globalization;

namespace ConnectAgent.Http.Wire;

/// <summary>What the request header says of the age of an answer from the cache (agent-cache CACHE-40).</summary>
/// <param name="MaxAge">Null for any.</param>
/// <param name="MustRevalidate">Whether it is fetched anew in any case.</param>
/// <param name="StaleIfError">How old it may be when that fails; null: it may not.</param>
internal readonly record struct CacheControl(TimeSpan? MaxAge, bool MustRevalidate, TimeSpan? StaleIfError)
{
    /// <summary>Parses the header; empty for none.</summary>
    /// <exception cref="WireException">400: a number that is none, on every endpoint.</exception>
    public static CacheControl Parse(string header)
    {
        var control = default(CacheControl);
        if (header.Length == 0)
        {
            return control;
        }

        foreach (var directive in header.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries))
        {
            var (name, value) = directive.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals
                ? (directive[..equals], directive[(equals + 1)..])
                : (directive, string.Empty);
            control = name switch
            {
                "must-revalidate" => control with { MustRevalidate = true },
                "max-age" when value.Length > 0 || directive != name => Seconds(value) switch
                {
                    { Ticks: < 0 } => control,
                    { Ticks: 0 } => control with { MustRevalidate = true },
                    var most => control with { MaxAge = most },
                },
                "stale-if-error" when value.Length > 0 || directive != name => control with { StaleIfError = Seconds(value) },
                _ => control,
            };
        }

        return control;
    }

    private static TimeSpan Seconds(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)
        ? TimeSpan.FromSeconds(Math.Clamp(seconds, -1, int.MaxValue))
        : throw WireException.Invalid("Invalid Cache-Control header.");
}
