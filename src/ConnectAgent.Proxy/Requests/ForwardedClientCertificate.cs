namespace ConnectAgent.Proxy.Requests;

/// <summary><c>X-Forwarded-Client-Cert</c> as Envoy writes it: who has authenticated whom. What the peer says in it about others is not passed on.</summary>
internal static class ForwardedClientCertificate
{
    public const string Header = "X-Forwarded-Client-Cert";

    /// <summary>The value.</summary>
    /// <param name="by">The SPIFFE ID of this proxy.</param>
    /// <param name="peer">Who makes the request.</param>
    public static string Of(string by, MeshPeer peer) =>
        $"By={Quoted(by)};Hash={peer.Hash};Subject=\"{Escaped(peer.Subject)}\";URI={Quoted(peer.Identity.Uri)}";

    // Envoy quotes what holds one of its own separators.
    private static string Quoted(string text) => text.AsSpan().ContainsAny(",;=\"") ? $"\"{Escaped(text)}\"" : text;

    private static string Escaped(string text) => text.Replace("\"", "\\\"", StringComparison.Ordinal);
}
