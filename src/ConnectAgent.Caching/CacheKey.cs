using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ConnectAgent.Caching;

/// <summary>
/// Where an entry lives: nobody reaches it but with the exact token and datacenter that filled it (agent-cache CACHE-2). Structured, so
/// that no token can spell another entry's key.
/// </summary>
/// <param name="Kind">The cache type's name, for instance <c>connect-ca-root</c>.</param>
/// <param name="Datacenter">After defaulting, never empty.</param>
/// <param name="Token">The secret text after defaulting; empty is its own partition. Never printed.</param>
/// <param name="Request">The fields that change the answer.</param>
internal sealed record CacheKey(string Kind, string Datacenter, string Token, string Request)
{
    /// <summary>Of the texts that are its own.</summary>
    public long Bytes => Lookup.Bytes;

    /// <summary>As something to look up.</summary>
    public CacheLookup Lookup => new(Kind, Datacenter, Token, Request);

    /// <summary>All of it as one text that no other key has; the sealed file knows an entry by it. Holds the token.</summary>
    public string Identity => string.Create(CultureInfo.InvariantCulture, $"{Kind}\0{Datacenter}\0{Token.Length}\0{Token}\0{Request}");

    public override string ToString() => $"{Kind}@{Datacenter}/{Request}";
}

/// <summary>A key to look up, made without making anything.</summary>
internal readonly ref struct CacheLookup(string kind, string datacenter, string token, ReadOnlySpan<char> request)
{
    private readonly string? _spelled;

    public CacheLookup(string kind, string datacenter, string token, string request)
        : this(kind, datacenter, token, request.AsSpan()) => _spelled = request;

    public string Kind { get; } = kind;

    public string Datacenter { get; } = datacenter;

    public string Token { get; } = token;

    public ReadOnlySpan<char> Request { get; } = request;

    /// <summary>Of the texts, which are the caller's.</summary>
    public long Bytes => sizeof(char) * ((long)Datacenter.Length + Token.Length + Request.Length);

    public CacheKey ToKey() => new(Kind, Datacenter, Token, _spelled ?? Request.ToString());
}

/// <summary>Compares keys with each other and with lookups: every part of them, byte for byte (CACHE-2).</summary>
internal sealed class CacheKeyComparer : IEqualityComparer<CacheKey>, IAlternateEqualityComparer<CacheLookup, CacheKey>
{
    public static CacheKeyComparer Instance { get; } = new();

    public bool Equals(CacheKey? x, CacheKey? y) => x == y;

    public int GetHashCode([DisallowNull] CacheKey obj) => GetHashCode(obj.Lookup);

    public bool Equals(CacheLookup alternate, CacheKey other) =>
        alternate.Token == other.Token
        && alternate.Request.SequenceEqual(other.Request)
        && alternate.Kind == other.Kind
        && alternate.Datacenter == other.Datacenter;

    // Kinds and datacenters are few: what differs is who asks for what.
    public int GetHashCode(CacheLookup alternate) =>
        HashCode.Combine(alternate.Token.GetHashCode(StringComparison.Ordinal), string.GetHashCode(alternate.Request, StringComparison.Ordinal), alternate.Kind.Length);

    public CacheKey Create(CacheLookup alternate) => alternate.ToKey();
}
