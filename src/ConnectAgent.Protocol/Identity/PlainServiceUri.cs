using System.Buffers;

namespace ConnectAgent.Protocol.Identity;

/// <summary>
/// A service's URI in the form that nearly all have: nothing in it is escaped, no name begins with a dot, and there is neither partition, user nor port.
/// Read without making anything, because authorize reads one with each call. What is not of this form <see cref="SpiffeId.TryParse"/> decides.
/// </summary>
public readonly ref struct PlainServiceUri
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private PlainServiceUri(ReadOnlySpan<char> host, ReadOnlySpan<char> ns, ReadOnlySpan<char> datacenter, ReadOnlySpan<char> service)
    {
        Host = host;
        Namespace = ns;
        Datacenter = datacenter;
        Service = service;
    }

    public ReadOnlySpan<char> Host { get; }

    public ReadOnlySpan<char> Namespace { get; }

    public ReadOnlySpan<char> Datacenter { get; }

    public ReadOnlySpan<char> Service { get; }

    /// <summary>Reads one (CERT-10).</summary>
    /// <returns>False for every other form, be it good or bad.</returns>
    public static bool TryRead(ReadOnlySpan<char> text, out PlainServiceUri uri)
    {
        // What does not begin as it should leaves nothing, and nothing is no name.
        var rest = After(text, "spiffe://");
        var host = NameOf(rest);
        rest = After(rest[host.Length..], "/ns/");
        var ns = NameOf(rest);
        rest = After(rest[ns.Length..], "/dc/");
        var datacenter = NameOf(rest);
        rest = After(rest[datacenter.Length..], "/svc/");
        var service = NameOf(rest);
        uri = new PlainServiceUri(host, ns, datacenter, service);
        return !host.IsEmpty && !ns.IsEmpty && !datacenter.IsEmpty && !service.IsEmpty && service.Length == rest.Length;
    }

    private static ReadOnlySpan<char> After(ReadOnlySpan<char> text, ReadOnlySpan<char> word) =>
        text.StartsWith(word, StringComparison.Ordinal) ? text[word.Length..] : default;

    private static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> text)
    {
        if (text.StartsWith('.'))
        {
            return default;
        }

        var length = text.IndexOfAnyExcept(Plain);
        return length < 0 ? text : text[..length];
    }
}
