using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.Intentions;

/// <summary>A name with its namespace as a query parameter spells it.</summary>
internal sealed record IntentionName(string Namespace, string Name)
{
    /// <summary>IXN-6: only <c>default</c>, in any letter case, or nothing.</summary>
    public bool IsOurs => Namespace.Length == 0 || Namespace.Equals("default", StringComparison.OrdinalIgnoreCase);

    /// <summary>Refuses a foreign namespace with the endpoint's words; 500 (IAPI-2).</summary>
    public void RequireOurs(Func<string, string> text)
    {
        if (!IsOurs)
        {
            throw new ServerException(FailureKind.Mistake, text(Namespace));
        }
    }
}

/// <summary>Reads the names of the intention endpoints' queries (intentions EX-1, EX-2, MAT-1).</summary>
internal static class IntentionNames
{
    /// <summary>EX-1: <c>name</c>, <c>default/name</c>, or 1.16's <c>default/default/name</c>.</summary>
    /// <exception cref="WireException">500 with the text of EX-1.</exception>
    public static IntentionName Parse(string parameter, string text)
    {
        var parts = text.Split('/');
        return parts.Length switch
        {
            1 => new IntentionName(string.Empty, text),
            2 => new IntentionName(parts[0], parts[1]),
            3 when parts[..2].All(part => part.Equals("default", StringComparison.OrdinalIgnoreCase)) => new IntentionName(parts[1], parts[2]),
            _ => throw WireException.Failed(
                $"{parameter} {GoQuote.Of(text)} is invalid: input can contain at most one '/'"),
        };
    }

    /// <summary>A parameter that must be there exactly once (EX-2).</summary>
    public static IntentionName Required(WireQuery query, string parameter, bool emptyIsMissing)
    {
        var values = query.All(parameter);
        return values.Count == 1 && !(emptyIsMissing && values[0].Length == 0)
            ? Parse(parameter, values[0])
            : throw WireException.Failed($"required query parameter '{parameter}' not set");
    }

    /// <summary>Reads the parameter <c>by</c> of a match; it must be there once (intentions MAT-1).</summary>
    /// <returns>Whether the names are destinations.</returns>
    public static bool By(WireQuery query)
    {
        var values = query.All("by");
        return values.Count != 1
            ? throw WireException.Failed("required query parameter 'by' not set")
            : values[0] switch
            {
                "destination" => true,
                "source" => false,
                _ => throw WireException.Failed("'by' parameter must be one of 'source' or 'destination'"),
            };
    }

    /// <summary>EX-2: a read of an empty name gives a list error.</summary>
    public static void RequireNames(IntentionName source, IntentionName destination)
    {
        List<string> missing = [];
        if (source.Name.Length == 0)
        {
            missing.Add("SourceName is missing");
        }

        if (destination.Name.Length == 0)
        {
            missing.Add("DestinationName is missing");
        }

        if (missing.Count > 0)
        {
            throw new ServerException(FailureKind.Mistake, ListError.Of(missing));
        }
    }
}
