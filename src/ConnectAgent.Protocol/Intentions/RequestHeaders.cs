using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Protocol.Intentions;

/// <summary>The header fields of one request (intentions L7-5): names without case, a repeated one is one value joined with commas.</summary>
public sealed class RequestHeaders
{
    // By names in which a dash is an underscore.
    private readonly Dictionary<string, List<HeaderField>> _fields = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Takes the fields as they were sent.</summary>
    /// <param name="fields">In the order sent; a repeated name has several.</param>
    public RequestHeaders(IEnumerable<KeyValuePair<string, string>> fields)
    {
        foreach (var (name, value) in fields)
        {
            var alike = Fold(name);
            if (!_fields.TryGetValue(alike, out var found))
            {
                _fields.Add(alike, found = []);
            }

            var field = found.Find(field => field.Is(name));
            if (field is null)
            {
                found.Add(field = new HeaderField(name));
            }

            field.Add(value);
        }
    }

    public static RequestHeaders None { get; } = new([]);

    /// <summary>The field of a name.</summary>
    internal HeaderField? Find(string name) => FindAlike(name).Find(field => field.Is(name));

    /// <summary>The fields that some server takes for that of a name: CGI, and what comes from it, reads a dash as an underscore.</summary>
    internal List<HeaderField> FindAlike(string name) => _fields.GetValueOrDefault(Fold(name)) ?? [];

    private static string Fold(string name) => name.Replace('-', '_');
}

/// <summary>One header with all its values.</summary>
internal sealed class HeaderField(string name)
{
    /// <summary>More parts are not looked at: to deny permissions the header is then as they ask for.</summary>
    [Limit("authorize.header_parts", "parts", "a deny permission on the header holds")]
    public const int MostParts = 1000;

    private readonly List<string> _each = [];
    private string? _joined;
    private IReadOnlyList<string>? _parts;

    /// <summary>Joined with a comma and no space (L7-5).</summary>
    public string Joined => _joined ??= _each.Count == 1 ? _each[0] : string.Join(',', _each);

    /// <summary>The single values, and what stands between the commas of each, without the white space around; at most one more than <see cref="MostParts"/>.</summary>
    public IReadOnlyList<string> Parts => _parts ??= [.. _each
        .SelectMany(static value => value.Contains(',') ? value.Split(',').Select(static part => part.Trim()).Prepend(value) : [value.Trim()])
        .Take(MostParts + 1)];

    public bool Is(string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    // RFC 9110 section 5.5: blanks around a value are no part of it.
    public void Add(string value) => _each.Add(value.Trim(HeaderText.Blanks));
}

/// <summary>What of a header's value is its own.</summary>
internal static class HeaderText
{
    /// <summary>RFC 9110 section 5.6.3.</summary>
    public static readonly char[] Blanks = [' ', '\t'];
}
