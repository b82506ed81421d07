using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace ConnectAgent.Hosting;

/// <summary>TLS for the client listeners (http-conventions LIS-4).</summary>
internal static class HttpsListener
{
    private static readonly TlsCipherSuite[] Always =
        [TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256, TlsCipherSuite.TLS_AES_128_GCM_SHA256];

    /// <summary>Reads the certificate files.</summary>
    /// <exception cref="ConfigurationException">A file cannot be read; the message names it, never its content.</exception>
    public static HttpsConnectionAdapterOptions OptionsOf(AgentConfiguration configuration)
    {
        var (certificate, chain) = PemFiles.ReadIdentity(string.Empty, configuration.Tls.CertificateFile!, configuration.Tls.KeyFile!);
        var options = new HttpsConnectionAdapterOptions
        {
            HandshakeTimeout = configuration.Tls.HandshakeTimeout,
            SslProtocols = configuration.Tls.Protocols,
            ServerCertificate = certificate,
            ServerCertificateChain = chain,
        };
        if (configuration.Tls.CipherSuites.Count > 0)
        {
            // The platform wants those of TLS 1.3 as well, which nobody chooses.
            var policy = new CipherSuitesPolicy([.. configuration.Tls.CipherSuites, .. Always]);
            options.OnAuthenticate = (_, authentication) => authentication.CipherSuitesPolicy = policy;
        }

        if (configuration.Tls.VerifyIncoming)
        {
            var authorities = PemFiles.ReadAuthorities(configuration.Tls.AuthorityFile, configuration.Tls.AuthorityDirectory)
                ?? throw new ConfigurationException("verify_incoming needs ca_file or ca_path");
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
