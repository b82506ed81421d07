using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Client.Tls;

namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>What the agent's own TLS settings give to checks (<c>enable_agent_tls_for_checks</c>).</summary>
internal sealed record CheckTls
{
    /// <summary>The system's CAs, and no certificate of the agent's own.</summary>
    public static CheckTls System { get; } = new();

    /// <summary>The only CAs that may certify a target; null: those of the system.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>What is shown to targets that ask for a certificate; null for none.</summary>
    public SslStreamCertificateContext? Identity { get; init; }

    /// <summary>How a check speaks to its target.</summary>
    /// <param name="name">The name that the target's certificate must hold.</param>
    /// <param name="isVerified">Whether its certificate is looked at at all.</param>
    /// <param name="protocol">What is spoken inside; null when that is not said.</param>
    public SslClientAuthenticationOptions For(string name, bool isVerified, SslApplicationProtocol? protocol)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = name,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateContext = Identity,
            ApplicationProtocols = protocol is { } inside ? [inside] : null,
        };
        if (!isVerified)
        {
#pragma warning disable CA5359 // TLSSkipVerify of the check says so (REG-2).
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (Authorities is { } authorities)
        {
            options.CertificateChainPolicy = ServerTrust.In(authorities);
        }

        return options;
    }
}
