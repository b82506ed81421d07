using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace ConnectAgent.Http.Wire;

/// <summary>The query string, split and decoded as the reference does (http-conventions HTTP-4, HTTP-6).</summary>
internal sealed class WireQuery
{
    public static readonly WireQuery Empty = new([]);

    // What nearly every request is asked with need not be made anew by each that is held.
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Known = new[]
    {
        "by", "cached", "consistent", "dc", "destination", "filter", "index", "name", "passing", "pretty", "source", "stale", "token", "wait",
    }.ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly List<(string Name, string Value)> _pairs;

    private WireQuery(List<(string Name, string Value)> pairs) => _pairs = pairs;

    /// <summary>Parses what follows the question mark.</summary>
    /// <returns>Null for a <c>;</c> or a bad escape (HTTP-6).</returns>
    public static WireQuery? Parse(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return Empty;
        }

        if (text.Contains(';'))
        {
            return null;
        }

        var pairs = new List<(string Name, string Value)>(1 + text.Count('&'));
        foreach (var range in text.Split('&'))
        {
            var pair = text[range];
            if (pair.IsEmpty)
            {
                continue;
            }

            var equals = pair.IndexOf('=');
            var name = equals < 0 ? pair : pair[..equals];
            var value = equals < 0 ? default : pair[(equals + 1)..];
            if (!TryDecode(name, plusIsSpace: true, out var decodedName) || !TryDecode(value, plusIsSpace: true, out var decodedValue))
            {
                return null;
            }

            pairs.Add((decodedName, decodedValue));
        }

        return new WireQuery(pairs);
    }

    /// <summary>All parameters, decoded, in their order.</summary>
    public IReadOnlyList<(string Name, string Value)> Pairs => _pairs;

    /// <summary>Whether none of them has a value.</summary>
    public bool HasOnlyFlags => _pairs.TrueForAll(static pair => pair.Value.Length == 0);

    /// <summary>Whether a parameter is there, whatever its value (HTTP-5).</summary>
    public bool Has(string name)
    {
        foreach (var pair in _pairs)
        {
            if (pair.Name == name)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The first value (HTTP-4); empty when absent.</summary>
    public string First(string name)
    {
        foreach (var pair in _pairs)
        {
            if (pair.Name == name)
            {
                return pair.Value;
            }
        }

        return string.Empty;
    }

    public IReadOnlyList<string> All(string name) => [.. _pairs.Where(pair => pair.Name == name).Select(pair => pair.Value)];

    /// <summary>Decodes percent escapes; bytes that are no UTF-8 become the replacement character.</summary>
    internal static bool TryDecode(ReadOnlySpan<char> text, bool plusIsSpace, out string decoded)
    {
        if (!text.Contains('%') && !(plusIsSpace && text.Contains('+')))
        {
            decoded = Known.TryGetValue(text, out var known) ? known : text.ToString();
            return true;
        }

        decoded = string.Empty;
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%')
            {
                if (i + 2 >= text.Length
                    || !byte.TryParse(text.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[length]))
                {
                    return false;
                }

                length++;
                i += 2;
            }
            else if (text[i] == '+' && plusIsSpace)
            {
                bytes[length++] = (byte)' ';
            }
            else
            {
                var run = text[i..].IndexOfAny('%', '+');
                var plain = run <= 0 ? text.Slice(i, run < 0 ? text.Length - i : 1) : text.Slice(i, run);
                length += Encoding.UTF8.GetBytes(plain, bytes.AsSpan(length));
                i += plain.Length - 1;
            }
        }

        decoded = Encoding.UTF8.GetString(bytes, 0, length);
        return true;
    }
}
