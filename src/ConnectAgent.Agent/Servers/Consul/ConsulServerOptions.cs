using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ConnectAgent.Agent.Servers.Consul;

/// <summary>Where the servers are and how long they may take; docs/configuration.md has the keys.</summary>
internal sealed class ConsulServerOptions
{
    /// <summary><c>http://host:port</c> or <c>https://host:port</c>, at least one.</summary>
    public required IReadOnlyList<Uri> Servers { get; init; }

    /// <summary>Time limit of a call that does not hold; added to the hold of one that does (GH-14233).</summary>
    public TimeSpan RequestTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether leaves and their keys come from servers that cannot sign.</summary>
    public bool DelegateLeaf { get; init; }

    /// <summary>The only CAs that may certify a server; null: those of the system.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>What is shown to servers that ask for a certificate; null for none.</summary>
    public SslStreamCertificateContext? Identity { get; init; }

    /// <summary>The name that a server's certificate must hold; null: the host of its address.</summary>
    public string? TlsName { get; init; }
}
