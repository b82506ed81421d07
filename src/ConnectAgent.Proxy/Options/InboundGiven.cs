namespace ConnectAgent.Proxy.Options;

/// <summary>What the operator says of what comes in, beside what is registered.</summary>
/// <param name="Protocol">Null: as the registration says.</param>
/// <param name="SendsProxyHeader">Whether the service hears who connects.</param>
internal sealed record InboundGiven(InboundProtocol? Protocol, bool SendsProxyHeader)
{
    /// <summary>A protocol as registrations and config entries write it; null for none that is known.</summary>
    public static InboundProtocol? ProtocolOf(string text) => text.ToLowerInvariant() switch
    {
        "tcp" => InboundProtocol.Tcp,
        "http" => InboundProtocol.Http,
        "http2" or "grpc" => InboundProtocol.Http2,
        _ => null,
    };
}
