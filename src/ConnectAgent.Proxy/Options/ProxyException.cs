namespace ConnectAgent.Proxy.Options;

/// <summary>The proxy cannot be configured as it was asked to be; the message is for the operator.</summary>
internal sealed class ProxyException(string message) : Exception(message);
