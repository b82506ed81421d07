using System.Buffers;

namespace ConnectAgent.Protocol.Identity;

/// <summary>Names of datacenters (config-and-cli section 2): lower-case letters, digits, dashes and underscores. Their letter case says nothing.</summary>
public static class DatacenterName
{
    private static readonly SearchValues<char> Characters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>Brings a name into lower case.</summary>
    /// <param name="text">In any letter case.</param>
    /// <param name="name">In lower case, be it a name or not.</param>
    public static bool TryNormalize(string text, out string name)
    {
        name = text.ToLowerInvariant();
        return name.Length > 0 && !name.AsSpan().ContainsAnyExcept(Characters);
    }
}
