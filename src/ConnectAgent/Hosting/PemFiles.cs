using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.Configuration;

namespace ConnectAgent.Hosting;

/// <summary>Reads the certificate files that the configuration names. Errors name a file and never show what is in it.</summary>
internal static class PemFiles
{
    /// <summary>A certificate with its key, and its chain.</summary>
    /// <param name="prefix">What stands before <c>cert_file</c> in the key's name.</param>
    /// <param name="certificateFile">The certificate first, then its intermediates.</param>
    /// <param name="keyFile">The certificate's key.</param>
    /// <exception cref="ConfigurationException">They cannot be read, or do not belong together.</exception>
    public static (X509Certificate2 Certificate, X509Certificate2Collection Chain) ReadIdentity(string prefix, string certificateFile, string keyFile)
    {
        try
        {
            using var pem = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificateFile);
            return (X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null), chain);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new ConfigurationException(
                $"{prefix}cert_file {certificateFile} with {prefix}key_file {keyFile} cannot be used: {error.GetType().Name}");
        }
    }

    /// <summary>What the way to the servers needs.</summary>
    /// <exception cref="ConfigurationException">A file cannot be used.</exception>
    public static ServerTls ReadServerTls(ServerSettings settings)
    {
        SslStreamCertificateContext? identity = null;
        if (settings.CertificateFile is { } certificateFile)
        {
            var (certificate, chain) = ReadIdentity("connect_agent.server_", certificateFile, settings.KeyFile!);
            identity = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }

        return new ServerTls { Authorities = ReadAuthorities(settings.AuthorityFile), Identity = identity, Name = settings.TlsName };
    }

    /// <summary>The CAs of a file; null without one.</summary>
    /// <exception cref="ConfigurationException">It cannot be read, or holds no certificate.</exception>
    public static X509Certificate2Collection? ReadAuthorities(string? file)
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

        return authorities.Count > 0 ? authorities : throw new ConfigurationException($"ca_file {file} cannot be used: it holds no certificate");
    }
}
