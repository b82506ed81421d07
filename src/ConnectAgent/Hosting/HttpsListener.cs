using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Limits;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace ConnectAgent.Hosting;

/// <summary>TLS for the client listeners (http-conventions LIS-4).</summary>
internal static class HttpsListener
{
    [Limit("http.handshake", "s", "the connection is closed")]
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Reads the certificate files.</summary>
    /// <exception cref="ConfigurationException">A file cannot be read; the message names it, never its content.</exception>
    public static HttpsConnectionAdapterOptions OptionsOf(AgentConfiguration configuration)
    {
        var (certificate, chain) = PemFiles.ReadIdentity(string.Empty, configuration.CertificateFile!, configuration.KeyFile!);
        var options = new HttpsConnectionAdapterOptions
        {
            HandshakeTimeout = HandshakeTimeout,
            SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ServerCertificate = certificate,
            ServerCertificateChain = chain,
        };
        if (configuration.VerifyIncoming)
        {
            var authorities = PemFiles.ReadAuthorities(configuration.AuthorityFile) ?? throw new ConfigurationException("verify_incoming needs ca_file");
            options.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            options.ClientCertificateValidation = (shown, sent, _) => IsTrusted(shown, sent, authorities);
        }

        return options;
    }

    private static bool IsTrusted(X509Certificate2 certificate, X509Chain? sent, X509Certificate2Collection authorities)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        chain.ChainPolicy.ExtraStore.AddRange(sent?.ChainPolicy.ExtraStore ?? []);
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        return chain.Build(certificate);
    }
}
