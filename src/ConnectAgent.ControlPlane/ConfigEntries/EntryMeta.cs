using System.Text;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.ConfigEntries;

/// <summary>The bounds of meta, which are the reference's, of entries of all kinds and of ID based intentions (intentions CE-10 no. 4, CRUD-3).</summary>
internal static class EntryMeta
{
    [Limit("config_entries.meta_keys", "keys", "refused: 400, intentions 500", Refuses = true)]
    private const int MostEntries = 64;

    [Limit("config_entries.meta_key", "bytes", "refused: 400, intentions 500", Refuses = true)]
    private const int LongestKey = 128;

    [Limit("config_entries.meta_value", "bytes", "refused: 400, intentions 500", Refuses = true)]
    private const int LongestValue = 512;

    /// <summary>Refuses meta that is beyond a bound; a list error tells all that is.</summary>
    /// <param name="meta">Null for none.</param>
    /// <param name="kind">What the rule of the call asks for.</param>
    /// <exception cref="ServerException">With the reference's text.</exception>
    public static void Check(IEnumerable<KeyValuePair<string, string>>? meta, FailureKind kind)
    {
        List<(string Limit, string Text)> errors = [.. ErrorsOf(meta)];
        if (errors.Count > 0)
        {
            throw new ServerException(kind, ListError.Of([.. errors.Select(error => error.Text)])) { Limit = errors[0].Limit };
        }
    }

    /// <summary>What is beyond a bound, and which.</summary>
    public static IEnumerable<(string Limit, string Text)> ErrorsOf(IEnumerable<KeyValuePair<string, string>>? meta)
    {
        var pairs = meta?.ToList() ?? [];
        if (pairs.Count > MostEntries)
        {
            yield return ("config_entries.meta_keys", $"Meta exceeds maximum element count {MostEntries}");
        }

        foreach (var (key, value) in pairs)
        {
            if (Encoding.UTF8.GetByteCount(key) > LongestKey)
            {
                yield return ("config_entries.meta_key", $"Meta key {GoQuote.Of(key)} exceeds maximum length {LongestKey}");
            }

            if (Encoding.UTF8.GetByteCount(value) > LongestValue)
            {
                yield return ("config_entries.meta_value", $"Meta value for key {GoQuote.Of(key)} exceeds maximum length {LongestValue}");
            }
        }
    }
}
