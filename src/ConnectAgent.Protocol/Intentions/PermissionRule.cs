using System.Text.RegularExpressions;

namespace ConnectAgent.Protocol.Intentions;

/// <summary>
/// One permission, ready to be asked (intentions L7-4). What cannot be evaluated fails closed: in an allow permission it never holds, in a
/// deny permission it always does (L7-7).
/// </summary>
internal sealed class PermissionRule
{
    private readonly PathRule? _path;
    private readonly HeaderRule[] _headers;
    private readonly IReadOnlyList<string> _methods;

    /// <summary>Makes a permission ready.</summary>
    /// <param name="permission">As stored.</param>
    /// <param name="needsToken">Whether the entry asks for a verified JWT (L7-9).</param>
    /// <param name="budget">What the intention's expressions may still cost.</param>
    public PermissionRule(IntentionPermission permission, bool needsToken, ref PermissionBudget budget)
    {
        Allows = permission.Action == Intention.Allow;
        var http = permission.Http;
        _path = PathRule.Of(http, ref budget);
        var headers = http?.Headers ?? [];
        _headers = new HeaderRule[headers.Count];
        for (var i = 0; i < headers.Count; i++)
        {
            _headers[i] = new HeaderRule(headers[i], ref budget);
        }

        _methods = http?.Methods ?? [];

        // Nobody tells the agent of verified tokens, so what needs one is a condition that cannot be evaluated.
        var hasNone = _path is null && _headers.Length == 0 && _methods.Count == 0;
        IsUnusable = needsToken || permission.Jwt is not null || hasNone
            || _path is { IsUnusable: true } || Array.Exists(_headers, static header => header.IsUnusable);
    }

    public bool Allows { get; }

    public bool IsUnusable { get; }

    /// <summary>Whether it denies some paths and not others.</summary>
    public bool DeniesPath => !Allows && _path is not null;

    public bool Holds(HttpAttributes request)
    {
        if ((Allows && IsUnusable) || (_methods.Count > 0 && !HasMethod(request.Method)) || _path?.Holds(request) == false)
        {
            return false;
        }

        foreach (var header in _headers)
        {
            if (!header.Holds(request, denies: !Allows))
            {
                return false;
            }
        }

        return true;
    }

    // Methods have a case, but there are servers that look at none.
    private bool HasMethod(string method)
    {
        var comparison = Allows ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        for (var i = 0; i < _methods.Count; i++)
        {
            if (string.Equals(_methods[i], method, comparison))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>The path condition. One that is unusable holds; the permission sees to it that it then allows nothing.</summary>
internal sealed class PathRule
{
    private readonly TextRule _asSent;
    private readonly TextRule _normalized;

    private PathRule(TextRule asSent, TextRule normalized, bool isUnusable) =>
        (_asSent, _normalized, IsUnusable) = (asSent, normalized, isUnusable);

    public bool IsUnusable { get; }

    /// <summary>The path condition of a permission.</summary>
    /// <returns>Null when there is no path condition.</returns>
    public static PathRule? Of(HttpCondition? http, ref PermissionBudget budget)
    {
        if (http is null)
        {
            return null;
        }

        var asSent = new TextRule(http.PathExact, http.PathPrefix, null, http.PathRegex, ref budget);
        if (asSent.Conditions == 0)
        {
            return null;
        }

        // Nobody can say what a prefix that ends within an escape covers.
        var normalized = asSent with
        {
            Exact = asSent.Exact is null ? null : RequestPath.NormalizeRule(asSent.Exact),
            Prefix = asSent.Prefix is null ? null : RequestPath.NormalizeRule(asSent.Prefix),
        };
        var cut = asSent.Prefix is { } prefix && prefix.LastIndexOf('%') is >= 0 and var percent && percent > prefix.Length - 3;
        return new PathRule(asSent, normalized, asSent.IsUnusable || cut);
    }

    public bool Holds(HttpAttributes request) =>
        IsUnusable || (request.Evaluation.NormalizePaths ? _normalized : _asSent).Holds(request.Path);
}

/// <summary>One header condition. One that is unusable holds, as with paths.</summary>
internal sealed class HeaderRule
{
    private readonly string _name;
    private readonly bool _present;
    private readonly bool _invert;
    private readonly TextRule _text;

    public HeaderRule(HeaderCondition header, ref PermissionBudget budget)
    {
        (_name, _present, _invert) = (header.Name, header.Present, header.Invert);

        // As those of values, blanks at its ends are no part of a text; what is nothing else is no condition that can be met.
        _text = new TextRule(
            header.Exact?.Trim(HeaderText.Blanks),
            header.Prefix?.TrimStart(HeaderText.Blanks),
            header.Suffix?.TrimEnd(HeaderText.Blanks),
            header.Regex,
            ref budget);
        IsUnusable = _text.IsUnusable || _text.Conditions + (_present ? 1 : 0) != 1;
    }

    public bool IsUnusable { get; }

    /// <summary>Whether the header is as asked for.</summary>
    /// <param name="request">Whose headers.</param>
    /// <param name="denies">Whether the permission denies: what some server may make of the headers then suffices, if so configured (DEF-8).</param>
    public bool Holds(HttpAttributes request, bool denies)
    {
        if (IsUnusable || (denies && request.Evaluation.TestEachHeaderValue && HoldsInParts(request.Headers.FindAlike(_name))))
        {
            return true;
        }

        // A missing header fails every condition, inverted or not, except present+invert (L7-4).
        return request.Headers.Find(_name) is { } field ? Holds(field.Joined) : _present && _invert;
    }

    private bool Holds(string value) => (_present || _text.Holds(value)) != _invert;

    private bool HoldsInParts(List<HeaderField> fields)
    {
        foreach (var field in fields)
        {
            if (Holds(field.Joined) || field.Parts.Count > HeaderField.MostParts || field.Parts.Any(Holds))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>What a text is compared with: exactly one of the members, with case (L7-4).</summary>
internal sealed record TextRule
{
    public TextRule(string? exact, string? prefix, string? suffix, string? regex, ref PermissionBudget budget)
    {
        (Exact, Prefix, Suffix) = (NotEmpty(exact), NotEmpty(prefix), NotEmpty(suffix));
        var hasRegex = !string.IsNullOrEmpty(regex);
        Regex = hasRegex ? PermissionPattern.Compile(regex!, ref budget) : null;
        Conditions = Count(Exact) + Count(Prefix) + Count(Suffix) + (hasRegex ? 1 : 0);
        IsUnusable = Conditions > 1 || (hasRegex && Regex is null);
    }

    public string? Exact { get; init; }

    public string? Prefix { get; init; }

    public string? Suffix { get; init; }

    public Regex? Regex { get; }

    /// <summary>How many there are.</summary>
    public int Conditions { get; }

    public bool IsUnusable { get; }

    public bool Holds(string text) => Exact is not null ? text == Exact
        : Prefix is not null ? text.StartsWith(Prefix, StringComparison.Ordinal)
        : Suffix is not null ? text.EndsWith(Suffix, StringComparison.Ordinal)
        : Regex?.IsMatch(text) == true;

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static int Count(string? text) => text is null ? 0 : 1;
}
