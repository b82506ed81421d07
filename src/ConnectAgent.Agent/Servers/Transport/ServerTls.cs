using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>How <c>https</c> servers and this agent know each other.</summary>
internal sealed record ServerTls
{
    /// <summary>The only CAs that may certify a server; null: those of the system.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>What is shown to servers that ask for a certificate; null for none.</summary>
    public SslStreamCertificateContext? Identity { get; init; }

    /// <summary>The name that a server's certificate must hold; null: the host of its address.</summary>
    public string? Name { get; init; }
}
