using System.Globalization;

namespace ConnectAgent.Protocol.Filtering;

/// <summary>What an operator means on each kind of value (http-conventions FLT-5) and which it has not (FLT-6).</summary>
internal static class FilterTests
{
    public static Func<string, bool> Text(FilterMatch match)
    {
        var (value, negated) = (match.Value, match.Negated);
        switch (match.Operator)
        {
            case FilterOperator.Equal:
                return text => (text == value) != negated;
            case FilterOperator.In:
                return text => text.Contains(value, StringComparison.Ordinal) != negated;
            case FilterOperator.Matches:
                var pattern = FilterPattern.Compile(value, match.Budget);
                return text => pattern.IsMatch(text) != negated;
            default:
                throw match.InvalidOperator();
        }
    }

    public static Func<long, bool> Number(FilterMatch match)
    {
        RequireEqual(match);
        if (long.TryParse(match.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
        {
            return number => (number == value) != match.Negated;
        }

        var digits = match.Value.AsSpan(match.Value.StartsWith('-') || match.Value.StartsWith('+') ? 1 : 0);
        var tooLarge = !digits.IsEmpty && !digits.ContainsAnyExceptInRange('0', '9');
        throw match.CoercionFailed("ParseInt", tooLarge ? "value out of range" : "invalid syntax");
    }

    public static Func<bool, bool> Flag(FilterMatch match)
    {
        RequireEqual(match);
        var value = match.Value switch
        {
            "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
            "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
            _ => throw match.CoercionFailed("ParseBool", "invalid syntax"),
        };
        return flag => (flag == value) != match.Negated;
    }

    public static Func<IReadOnlyList<string>, bool> TextList(FilterMatch match)
    {
        if (match.Operator == FilterOperator.In)
        {
            return list => list.Contains(match.Value, StringComparer.Ordinal) != match.Negated;
        }

        var empty = Emptiness(match);
        return list => empty(list.Count);
    }

    public static Func<IReadOnlyDictionary<string, TValue>?, bool> Keys<TValue>(FilterMatch match)
    {
        if (match.Operator == FilterOperator.In)
        {
            return map => (map?.ContainsKey(match.Value) ?? false) != match.Negated;
        }

        var empty = Emptiness(match);
        return map => empty(map?.Count ?? 0);
    }

    /// <summary>A test of the number of elements.</summary>
    public static Func<int, bool> Emptiness(FilterMatch match) =>
        match.Operator == FilterOperator.IsEmpty ? count => (count == 0) != match.Negated : throw match.InvalidOperator();

    private static void RequireEqual(FilterMatch match)
    {
        if (match.Operator != FilterOperator.Equal)
        {
            throw match.InvalidOperator();
        }
    }
}
