using System.Text;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Protocol.Services.Rules;

/// <summary>What may stand in <c>Meta</c> (services REG-5).</summary>
public static class MetaRules
{
    [Limit("services.meta_keys", "keys", "refused: 400", Refuses = true)]
    internal const int MostPairs = 64;

    [Limit("services.meta_key", "bytes", "refused: 400", Refuses = true)]
    internal const int LongestKey = 128;

    [Limit("services.meta_value", "bytes", "refused: 400", Refuses = true)]
    internal const int LongestValue = 512;

    private const string Reserved = "consul-";

    /// <summary>The first thing that is wrong, in the order of the keys.</summary>
    /// <param name="meta">The pairs.</param>
    /// <param name="kind">Of the service; empty for a node.</param>
    /// <returns>The reference's text and the name of the bound, if it was one; null when all is well.</returns>
    public static (string Text, string? Limit)? Find(IReadOnlyDictionary<string, string> meta, string kind)
    {
        ArgumentNullException.ThrowIfNull(meta);
        if (meta.Count > MostPairs)
        {
            return ($"Node metadata cannot contain more than {MostPairs} key/value pairs", "services.meta_keys");
        }

        foreach (var (key, value) in meta.Sorted())
        {
            if (Find(key, value, kind) is { } wrong)
            {
                return ($"Couldn't load metadata pair ('{key}', '{value}'): {wrong.Text}", wrong.Limit);
            }
        }

        return null;
    }

    private static (string Text, string? Limit)? Find(string key, string value, string kind)
    {
        if (key.Length == 0)
        {
            return ("Key cannot be blank", null);
        }

        if (!key.All(static character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-'))
        {
            return ("Key contains invalid characters", null);
        }

        if (key.Length > LongestKey)
        {
            return ($"Key is too long (limit: {LongestKey} characters)", "services.meta_key");
        }

        if (key.StartsWith(Reserved, StringComparison.Ordinal) && !(kind == ServiceKinds.MeshGateway && key == "consul-wan-federation"))
        {
            return ($"Key prefix '{Reserved}' is reserved for internal use", null);
        }

        return Encoding.UTF8.GetByteCount(value) > LongestValue ? ($"Value is too long (limit: {LongestValue} characters)", "services.meta_value") : null;
    }
}
