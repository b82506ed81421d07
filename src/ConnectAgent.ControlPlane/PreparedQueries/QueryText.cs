using System.Globalization;
using System.Text;

namespace ConnectAgent.ControlPlane.PreparedQueries;

/// <summary>A text of a template with the places that are filled in when it is used (services PQ-8).</summary>
internal sealed class QueryText
{
    private const string Opening = "${";

    private readonly List<(string Literal, Func<QueryName, string>? Value)> _parts = [];

    private QueryText()
    {
    }

    /// <summary>Takes a text apart.</summary>
    /// <exception cref="FormatException">A place is none that is known; the message says why.</exception>
    public static QueryText Parse(string text)
    {
        var parsed = new QueryText();
        var literal = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            var rest = text.AsSpan(at);
            if (rest.StartsWith("$" + Opening))
            {
                // A doubled sign stands for itself.
                literal.Append(Opening);
                at += Opening.Length + 1;
            }
            else if (rest.StartsWith(Opening))
            {
                var end = rest.IndexOf('}');
                var name = (end < 0 ? throw new FormatException("expected closing brace") : rest[Opening.Length..end]).Trim();
                parsed._parts.Add((literal.ToString(), ValueOf(name)));
                literal.Clear();
                at += end + 1;
            }
            else
            {
                literal.Append(text[at++]);
            }
        }

        parsed._parts.Add((literal.ToString(), null));
        return parsed;
    }

    /// <summary>Fills it in.</summary>
    /// <param name="name">What the query was asked for.</param>
    /// <param name="left">How many characters may still come out of the query's texts; what is used is taken off.</param>
    /// <returns>Null when there are more.</returns>
    public string? Render(QueryName name, ref int left)
    {
        var rendered = new StringBuilder();
        foreach (var (literal, value) in _parts)
        {
            rendered.Append(literal).Append(value?.Invoke(name));
            if (rendered.Length > left)
            {
                return null;
            }
        }

        left -= rendered.Length;
        return rendered.ToString();
    }

    private static Func<QueryName, string> ValueOf(ReadOnlySpan<char> place) => place switch
    {
        "name.full" => static name => name.Full,
        "name.prefix" => static name => name.Prefix,
        "name.suffix" => static name => name.Suffix,
        "agent.segment" => static _ => string.Empty,
        _ when place.StartsWith("match(") && place.EndsWith(")") => GroupOf(place[6..^1].Trim()),
        _ => throw new FormatException($"unknown variable accessed: {place}"),
    };

    private static Func<QueryName, string> GroupOf(ReadOnlySpan<char> number) =>
        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var group)
            ? name => group < name.Groups.Count ? name.Groups[group] : string.Empty
            : throw new FormatException($"match needs a number: {number}");
}

/// <summary>The name that a template is asked for.</summary>
/// <param name="Full">All of it.</param>
/// <param name="Prefix">The template's own name.</param>
/// <param name="Groups">What its regular expression found: the match, then each group; empty for nothing.</param>
internal sealed record QueryName(string Full, string Prefix, IReadOnlyList<string> Groups)
{
    public string Suffix => Full[Prefix.Length..];
}
