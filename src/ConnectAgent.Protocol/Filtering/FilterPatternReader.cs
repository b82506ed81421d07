using System.Globalization;
using System.Text;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Protocol.Filtering;

/// <summary>Turns RE2 syntax into the platform's where they differ; bounds what repetition unfolds to (http-conventions FLT-8).</summary>
/// <param name="pattern">In RE2 syntax.</param>
/// <param name="largest">The greatest size that the pattern may unfold to.</param>
/// <param name="captures">Whether groups stay ones that can be asked for, all by their numbers.</param>
internal sealed class FilterPatternReader(string pattern, long largest = FilterPatternReader.LargestUnfolded, bool captures = false)
{
    /// <summary>Greatest size in a filter. Measured at it: at worst 0.35 s and 22 MB for the first text of 256 characters, then 10 ms.</summary>
    [Limit(UnfoldedLimit, "characters", "refused", Refuses = true)]
    public const long LargestUnfolded = 250;
    private const string UnfoldedLimit = "filter.pattern_unfolded";

    [Limit(RepeatsLimit, "repeats", "refused", Refuses = true)]
    private const long MostRepeats = 1000;
    private const string RepeatsLimit = "filter.repeats";

    private readonly StringBuilder _result = new();
    private readonly Stack<long> _outer = new();
    private readonly string _groupOpen = captures ? "(" : "(?:";
    private long _size; // of the group that is open
    private long _last; // of what a repetition would repeat
    private int _at;
    private bool _multiline;

    /// <summary>In characters to match, after <c>x{3}</c> has become <c>xxx</c>: the memory and time of a match follow it.</summary>
    public int Size => (int)_size;

    private ReadOnlySpan<char> Rest => pattern.AsSpan(_at);

    /// <summary>The pattern for the platform.</summary>
    /// <exception cref="FormatException">The message is what the reference says after <c>error parsing regexp: </c>.</exception>
    public string Read()
    {
        while (!Rest.IsEmpty)
        {
            ReadNext();
            if (_size + _outer.Sum() > largest)
            {
                throw new PatternBoundException("expression too large", UnfoldedLimit);
            }
        }

        return _result.ToString();
    }

    private void ReadNext()
    {
        switch (Rest[0])
        {
            case '(':
                OpenGroup();
                break;
            case ')' when _outer.TryPop(out var outer):
                Copy(1);
                _last = _size;
                _size += outer;
                break;
            case ')': // checked here, so that no pattern can close a group that is put around it
                throw new FormatException($"unexpected ): `{pattern}`");
            case '[':
                ReadClass();
                Count();
                break;
            case '\\':
                ReadEscape(inClass: false);
                break;
            case '{':
                ReadRepetition();
                break;
            case '$' when !_multiline: // the platform's would also match before a last line feed
                Replace(1, "\\z");
                break;
            case '*' or '+' or '?' or '|' or '^' or '$':
                Copy(1);
                break;
            default:
                Copy(1);
                Count();
                break;
        }
    }

    private void OpenGroup()
    {
        if (!Rest.StartsWith("(?", StringComparison.Ordinal))
        {
            Replace(1, _groupOpen);
            Push();
            return;
        }

        var name = Rest[2..].StartsWith("P<", StringComparison.Ordinal) ? 4 : 3;
        if (name == 4 || (Rest.Length > 3 && Rest[2] == '<' && Rest[3] is not ('=' or '!')))
        {
            var length = Rest[name..].IndexOf('>');
            if (length <= 0 || Rest.Slice(name, length).ContainsAnyExcept(FilterScanner.WordCharacters))
            {
                throw new FormatException($"invalid named capture: `{Rest}`");
            }

            Replace(name + length + 1, _groupOpen);
            Push();
            return;
        }

        var flags = Rest[2..].IndexOfAnyExcept("ims-");
        if (flags < 0 || Rest[2 + flags] is not (':' or ')') || (flags == 0 && Rest[2] == ')'))
        {
            throw new FormatException($"invalid or unsupported Perl syntax: `{Rest[..Math.Min(3, Rest.Length)]}`");
        }

        var set = Rest.Slice(2, flags);
        var minus = set.IndexOf('-');
        _multiline |= (minus < 0 ? set : set[..minus]).Contains('m');
        var scoped = Rest[2 + flags] == ':';
        Copy(flags + 3);
        if (scoped)
        {
            Push();
        }
    }

    private void Push()
    {
        _outer.Push(_size);
        _size = 0;
        _last = 0;
    }

    private void ReadRepetition()
    {
        var length = Rest.IndexOf('}');
        var range = length < 0 ? default : Rest[1..length];
        var comma = range.IndexOf(',');
        var least = comma < 0 ? range : range[..comma];
        var most = comma < 0 ? default : range[(comma + 1)..];
        if (least.IsEmpty || least.ContainsAnyExceptInRange('0', '9') || most.ContainsAnyExceptInRange('0', '9'))
        {
            Replace(1, "\\{"); // no repetition: the brace itself
            Count();
            return;
        }

        var times = Math.Max(Times(least), most.IsEmpty ? 1 : Times(most));
        if (times > MostRepeats)
        {
            throw new PatternBoundException($"invalid repeat count: `{Rest[..(length + 1)]}`", RepeatsLimit);
        }

        _size += _last * (times - 1);
        _last *= times;
        Copy(length + 1);
    }

    private static long Times(ReadOnlySpan<char> digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var times) ? Math.Max(1, times) : MostRepeats + 1;

    private void ReadEscape(bool inClass)
    {
        if (Rest.StartsWith("\\Q", StringComparison.Ordinal) && !inClass)
        {
            var length = Rest.IndexOf("\\E", StringComparison.Ordinal);
            var literal = length < 0 ? Rest[2..] : Rest[2..length];
            foreach (var character in literal)
            {
                _result.Append(FilterPatternEscapes.Literal(character));
                Count();
            }

            _at += length < 0 ? Rest.Length : length + 2;
            return;
        }

        var replacement = FilterPatternEscapes.Translate(Rest, inClass, out var taken);
        Replace(taken, replacement);
        if (!inClass)
        {
            Count();
        }
    }

    private void ReadClass()
    {
        var start = _at;
        Copy(1);
        if (Rest.StartsWith('^'))
        {
            Copy(1);
        }

        for (var first = true; !Rest.StartsWith(']') || first; first = false)
        {
            if (Rest.IsEmpty)
            {
                throw new FormatException($"missing closing ]: `{pattern[start..]}`");
            }

            switch (Rest[0])
            {
                case '\\':
                    ReadEscape(inClass: true);
                    break;
                case '[' when Rest.StartsWith("[:", StringComparison.Ordinal)
                    && Rest[2..].IndexOf(":]", StringComparison.Ordinal) + 2 is > 1 and var end:
                    Replace(end + 2, FilterPatternEscapes.Named(Rest[2..end])
                        ?? throw new FormatException($"invalid character class range: `{Rest[..(end + 2)]}`"));
                    break;
                case '[' or ']': // to the platform "-[" takes something away
                    Replace(1, $"\\{Rest[0]}");
                    break;
                default:
                    Copy(1);
                    break;
            }
        }

        Copy(1);
    }

    private void Copy(int length) => Replace(length, pattern.Substring(_at, length));

    private void Replace(int length, string replacement)
    {
        _result.Append(replacement);
        _at += length;
    }

    // One more thing to match, which a repetition behind it would repeat.
    private void Count()
    {
        _last = 1;
        _size++;
    }
}

/// <summary>A pattern that is beyond a bound.</summary>
/// <param name="limit">Its name in docs/limits.md.</param>
internal sealed class PatternBoundException(string message, string limit) : FormatException(message)
{
    public string Limit { get; } = limit;
}
