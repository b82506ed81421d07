using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace ConnectAgent.Hosting;

/// <summary>TLS for the client listeners (http-conventions LIS-4). A reload replaces it whole; connections that are there keep what they began with.</summary>
internal sealed class HttpsListener
{
    private static readonly TlsCipherSuite[] Always =
        [TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256, TlsCipherSuite.TLS_AES_128_GCM_SHA256];

    private Func<SslServerAuthenticationOptions>? _make;

    /// <summary>Whether HTTPS is served.</summary>
    public bool IsServed => Volatile.Read(ref _make) is not null;

    /// <summary>Reads the certificate files.</summary>
    /// <returns>Makes the options of a connection.</returns>
    /// <exception cref="ConfigurationException">A file cannot be read; the message names it, never its content.</exception>
    public static Func<SslServerAuthenticationOptions> Read(TlsSettings tls)
    {
        var (certificate, chain) = PemFiles.ReadIdentity(string.Empty, tls.CertificateFile!, tls.KeyFile!);
        var context = SslStreamCertificateContext.Create(certificate, chain, offline: true);

        // The platform wants those of TLS 1.3 as well, which nobody chooses.
        var policy = tls.CipherSuites.Count > 0 ? new CipherSuitesPolicy([.. tls.CipherSuites, .. Always]) : null;
        var authorities = !tls.VerifyIncoming ? null : PemFiles.ReadAuthorities(tls.AuthorityFile, tls.AuthorityDirectory)
            ?? throw new ConfigurationException("verify_incoming needs ca_file or ca_path");
        return () => new SslServerAuthenticationOptions
        {
            EnabledSslProtocols = tls.Protocols,
            ServerCertificateContext = context,
            CipherSuitesPolicy = policy,
            ClientCertificateRequired = authorities is not null,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = authorities is null ? null : (_, shown, sent, _) => shown is X509Certificate2 certificate && IsTrusted(certificate, sent, authorities),
        };
    }

    /// <summary>From now on handshakes go so.</summary>
    public void Use(Func<SslServerAuthenticationOptions> make) => Volatile.Write(ref _make, make);

    /// <summary>For a listener.</summary>
    public TlsHandshakeCallbackOptions OptionsOf(TimeSpan handshake) => new()
    {
        HandshakeTimeout = handshake,
        OnConnection = _ => ValueTask.FromResult(Volatile.Read(ref _make)!()),
    };

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
