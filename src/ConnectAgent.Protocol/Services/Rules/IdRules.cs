using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Services.Rules;

/// <summary>
/// What an ID may be. An agent is told of it in a path (services AG-1, AG-10, AG-12): what no path can name could never be deregistered. Slashes stand in a path
/// as <c>%2F</c> (http-conventions PATH-5).
/// </summary>
internal static class IdRules
{
    /// <summary>Why an agent does not take the ID of a service; null when it does.</summary>
    /// <param name="field">What the owner calls it.</param>
    public static string? Error(string field, string id) => PrintableError(field, id)
        ?? (Array.Exists(id.Split('/'), static segment => segment is "." or "..")
            ? $"{field} {GoQuote.Of(id)} has \".\" or \"..\" between slashes, which clients take out of paths"
            : null);

    /// <summary>The same for the ID of a check.</summary>
    /// <inheritdoc cref="Error"/>
    public static string? CheckError(string field, string id) =>
        id is NodeChecks.Agent or NodeChecks.Member ? $"{field} {GoQuote.Of(id)} is reserved for the node's own check" : Error(field, id);

    /// <summary>Why nobody takes an ID, a catalog neither; null when they do (http-conventions PATH-4).</summary>
    /// <inheritdoc cref="Error"/>
    public static string? PrintableError(string field, string id) =>
        GoQuote.IsPrintable(id) ? null : $"{field} {GoQuote.Of(id)} has a character that is not printable";
}
