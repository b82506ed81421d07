using System.Text;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Protocol.Identity;

/// <summary>A Connect identity (certificates section 2). <see cref="object.ToString"/> gives the canonical URI.</summary>
/// <param name="Host">The URI's authority as given: the trust domain, case and port kept (CERT-25).</param>
public abstract record SpiffeId(string Host)
{
    /// <summary>CERT-16: the only namespace and the only partition that exist here.</summary>
    public const string DefaultNamespace = "default";

    /// <summary>SPIFFE-ID section 2.3: longer ones must not be made, because nobody has to accept them.</summary>
    [Limit(LengthLimit, "bytes", "refused", Refuses = true)]
    public const int Longest = 2048;

    /// <summary>The name of <see cref="Longest"/> in docs/limits.md.</summary>
    public const string LengthLimit = "spiffe.id";

    protected abstract string Path { get; }

    public sealed override string ToString() => "spiffe://" + Host + SpiffePath.Escape(Path);

    /// <summary>Compares the trust domain without regard to ASCII letter case (CERT-5).</summary>
    public bool IsInTrustDomain(string trustDomain) => Ascii.EqualsIgnoreCase(Host, trustDomain);

    /// <summary>Whether this can stand in a certificate: its URI is of a known form and names this and nothing else (CERT-21).</summary>
    /// <param name="error">The text of CERT-27.</param>
    public bool HasUri(out string error)
    {
        var text = ToString();
        var isKnown = TryParse(text, out var named, out error);
        error = isKnown ? Unexpected(text) : error;
        return isKnown && named == this;
    }

    /// <summary>Parses a SPIFFE ID of any known kind (CERT-22 to CERT-28, intentions SPIF-1 to SPIF-3).</summary>
    /// <param name="text">The URI as it stands in a certificate or a request.</param>
    /// <exception cref="FormatException">With the exact text of CERT-22, CERT-24 or CERT-27.</exception>
    public static SpiffeId Parse(string text) =>
        TryParse(text, out var id, out var error) ? id : throw new FormatException(error);

    /// <inheritdoc cref="Parse"/>
    public static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SpiffeId? id, out string error)
    {
        id = null;
        error = Unexpected(text);
        if (!SpiffeUri.TryRead(text, out var uri))
        {
            return false;
        }

        if (!uri.Scheme.Equals("spiffe", StringComparison.OrdinalIgnoreCase))
        {
            error = "SPIFFE ID must have 'spiffe' scheme";
            return false;
        }

        id = ParsePath(uri);
        return id is not null;
    }

    private static string Unexpected(string text) => "SPIFFE ID is not in the expected format: " + text;

    private static SpiffeId? ParsePath(SpiffeUri uri)
    {
        var host = uri.Authority.ToString();
        if (uri.Path.IsEmpty)
        {
            // CERT-26: the signing ID has no path and a host with a dot that is not its first character.
            return host.IndexOf('.', StringComparison.Ordinal) > 0 ? new SigningId(host) : null;
        }

        // The raw path is split before it is decoded, so that an escaped slash stays inside its segment (CERT-23).
        Span<Range> ranges = stackalloc Range[12];
        var path = uri.Path[1..];
        var count = path.Split(ranges, '/');
        if (uri.Path[0] != '/' || count > 10)
        {
            return null;
        }

        var parts = new string[count];
        for (var i = 0; i < count; i++)
        {
            if (!SpiffePath.TryUnescape(path[ranges[i]], out parts[i]) || !SpiffePath.IsSegment(parts[i]))
            {
                return null;
            }
        }

        // Keywords are compared as written: an escaped keyword is no keyword.
        bool Is(int index, string word, ReadOnlySpan<char> whole, ReadOnlySpan<Range> at) =>
            whole[at[index]].Equals(word, StringComparison.Ordinal);

        var partition = DefaultNamespace;
        var start = 0;
        if (count > 2 && Is(0, "ap", path, ranges))
        {
            partition = parts[1];
            start = 2;
        }

        return (count - start) switch
        {
            6 when Is(start, "ns", path, ranges) && Is(start + 2, "dc", path, ranges) && Is(start + 4, "svc", path, ranges) =>
                new ServiceId(host, partition, parts[start + 1], parts[start + 3], parts[start + 5]),
            6 when Is(start, "agent", path, ranges) && Is(start + 1, "client", path, ranges) && Is(start + 2, "dc", path, ranges)
                && Is(start + 4, "id", path, ranges) => new AgentId(host, partition, parts[start + 3], parts[start + 5]),
            4 when Is(start, "gateway", path, ranges) && Is(start + 1, "mesh", path, ranges) && Is(start + 2, "dc", path, ranges) =>
                new MeshGatewayId(host, partition, parts[start + 3]),
            4 when start == 0 && Is(0, "agent", path, ranges) && Is(1, "server", path, ranges) && Is(2, "dc", path, ranges) =>
                new ServerId(host, parts[3]),
            _ => null,
        };
    }
}

/// <summary>A service (CERT-10, CERT-11).</summary>
public sealed record ServiceId(string Host, string Partition, string Namespace, string Datacenter, string Service) : SpiffeId(Host)
{
    public ServiceId(string host, string datacenter, string service)
        : this(host, DefaultNamespace, DefaultNamespace, datacenter, service)
    {
    }

    /// <summary>CERT-16: partitions are without case.</summary>
    public bool IsInDefaultPartition => IsDefault(Partition);

    protected override string Path => Prefix(Partition) + $"/ns/{Namespace}/dc/{Datacenter}/svc/{Service}";

    // CERT-16: the default partition is never written.
    internal static string Prefix(string partition) => IsDefault(partition) ? string.Empty : "/ap/" + partition;

    private static bool IsDefault(string partition) => Ascii.EqualsIgnoreCase(partition, DefaultNamespace);
}

/// <summary>A client agent (CERT-12).</summary>
public sealed record AgentId(string Host, string Partition, string Datacenter, string Node) : SpiffeId(Host)
{
    protected override string Path => ServiceId.Prefix(Partition) + $"/agent/client/dc/{Datacenter}/id/{Node}";
}

/// <summary>A mesh gateway (CERT-14).</summary>
public sealed record MeshGatewayId(string Host, string Partition, string Datacenter) : SpiffeId(Host)
{
    protected override string Path => ServiceId.Prefix(Partition) + $"/gateway/mesh/dc/{Datacenter}";
}

/// <summary>A server (CERT-15).</summary>
public sealed record ServerId(string Host, string Datacenter) : SpiffeId(Host)
{
    protected override string Path => $"/agent/server/dc/{Datacenter}";
}

/// <summary>The cluster itself, the identity of its CA certificates (CERT-13).</summary>
public sealed record SigningId(string Host) : SpiffeId(Host)
{
    protected override string Path => string.Empty;
}
