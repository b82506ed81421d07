using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace ConnectAgent.Hosting;

/// <summary>TLS for the client listeners (http-conventions LIS-4).</summary>
internal static class HttpsListener
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Reads the certificate files.</summary>
    /// <exception cref="ConfigurationException">A file cannot be read; the message names it, never its content.</exception>
    public static HttpsConnectionAdapterOptions OptionsOf(AgentConfiguration configuration)
    {
        var options = new HttpsConnectionAdapterOptions
        {
            HandshakeTimeout = HandshakeTimeout,
            SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ServerCertificate = Read(configuration.CertificateFile!, configuration.KeyFile!),
            ServerCertificateChain = ReadChain(configuration.CertificateFile!),
        };
        if (configuration.VerifyIncoming)
        {
            var authorities = AuthoritiesOf(configuration.AuthorityFile) ?? throw new ConfigurationException("verify_incoming needs ca_file");
            options.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            options.ClientCertificateValidation = (certificate, sent, _) => IsTrusted(certificate, sent, authorities);
        }

        return options;
    }

    private static X509Certificate2 Read(string certificateFile, string keyFile)
    {
        try
        {
            using var pem = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException
            or CryptographicException or ArgumentException)
        {
            throw new ConfigurationException($"cert_file {certificateFile} with key_file {keyFile} cannot be used: {error.GetType().Name}");
        }
    }

    /// <summary>The CAs of <c>ca_file</c>; null without one.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read.</exception>
    public static X509Certificate2Collection? AuthoritiesOf(string? file)
    {
        if (string.IsNullOrEmpty(file))
        {
            return null;
        }

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ConfigurationException($"ca_file {file} cannot be used: {error.GetType().Name}");
        }

        return authorities;
    }

    private static X509Certificate2Collection ReadChain(string certificateFile)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certificateFile);
        return chain;
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
