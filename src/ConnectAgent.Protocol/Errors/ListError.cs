namespace ConnectAgent.Protocol.Errors;

/// <summary>The reference's list form of errors: a count, then one line each, then an empty line (intentions, text conventions).</summary>
public static class ListError
{
    public static string Of(IReadOnlyList<string> errors) =>
        (errors.Count == 1 ? "1 error occurred:\n" : $"{errors.Count} errors occurred:\n")
        + string.Concat(errors.Select(error => $"\t* {error}\n")) + "\n";
}
