using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Client.Tls;
using ConnectAgent.Protocol.Services;

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
    /// <param name="definition">Says which name the target's certificate must hold, and whether it is looked at at all (REG-2).</param>
    /// <param name="host">That name unless the definition has another.</param>
    /// <param name="protocol">What is spoken inside; null when that is not said.</param>
    public SslClientAuthenticationOptions For(CheckDefinition definition, string host, SslApplicationProtocol? protocol = null)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = definition.TlsServerName.Length > 0 ? definition.TlsServerName : host,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateContext = Identity,
            ApplicationProtocols = protocol is { } inside ? [inside] : null,
        };
        if (definition.TlsSkipVerify)
        {
#pragma warning disable CA5359 // The check says so.
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
