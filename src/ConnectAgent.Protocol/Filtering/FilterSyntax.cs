namespace ConnectAgent.Protocol.Filtering;

/// <summary>For expressions that are stored as they are and only warned about (intentions DEF-14, services CFG-11).</summary>
public static class FilterSyntax
{
    /// <summary>Why a regular expression cannot be compiled; null when it can.</summary>
    public static string? WhyNoPattern(string pattern) => Why(() => FilterPattern.Compile(pattern, new FilterPatternBudget()));

    /// <summary>Why a text is no filter expression, whatever it is about; null when it is one.</summary>
    public static string? WhyNoExpression(string text) => Why(() => FilterParser.Parse(text));

    private static string? Why(Func<object> compile)
    {
        try
        {
            _ = compile();
            return null;
        }
        catch (FilterException error)
        {
            return error.Message;
        }
    }
}
