using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Caching.Files;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Hosting;

/// <summary>Reads the certificate files that the configuration names. Errors name a file and never show what is in it.</summary>
internal static class PemFiles
{
    [Limit("start.pem_file", "bytes", "the start fails and names the file")]
    private const int LargestFile = 1024 * 1024;

    /// <summary>A certificate with its key, and its chain.</summary>
    /// <param name="prefix">What stands before <c>cert_file</c> in the key's name.</param>
    /// <param name="certificateFile">The certificate first, then its intermediates.</param>
    /// <param name="keyFile">The certificate's key.</param>
    /// <exception cref="ConfigurationException">They cannot be read, or do not belong together.</exception>
    public static (X509Certificate2 Certificate, X509Certificate2Collection Chain) ReadIdentity(string prefix, string certificateFile, string keyFile)
    {
        try
        {
            var certificates = Read(certificateFile);
            using var pem = X509Certificate2.CreateFromPem(certificates, Read(keyFile));
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificates);
            return (X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null), chain);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new ConfigurationException(
                $"{prefix}cert_file {certificateFile} with {prefix}key_file {keyFile} cannot be used: {ReasonOf(error)}");
        }
    }

    /// <summary>What the way to the servers needs.</summary>
    /// <exception cref="ConfigurationException">A file cannot be used.</exception>
    public static ServerTls ReadServerTls(ServerSettings settings)
    {
        var identity = ReadContext("connect_agent.server_", settings.CertificateFile, settings.KeyFile);
        return new ServerTls { Authorities = ReadAuthorities(settings.AuthorityFile), Identity = identity, Name = settings.TlsName };
    }

    /// <summary>What checks take of the agent's own TLS.</summary>
    /// <exception cref="ConfigurationException">A file cannot be used.</exception>
    public static CheckTls ReadCheckTls(AgentTlsFiles files) => new()
    {
        Authorities = ReadAuthorities(files.AuthorityFile, files.AuthorityDirectory),
        Identity = ReadContext(string.Empty, files.CertificateFile, files.KeyFile),
    };

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
            authorities.ImportFromPem(Read(file));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ConfigurationException($"ca_file {file} cannot be used: {ReasonOf(error)}");
        }

        return authorities.Count > 0 ? authorities : throw new ConfigurationException($"ca_file {file} cannot be used: it holds no certificate");
    }

    /// <summary>The CAs of a file, else of all files of a directory; null without either.</summary>
    /// <exception cref="ConfigurationException">One cannot be read, or holds no certificate.</exception>
    public static X509Certificate2Collection? ReadAuthorities(string? file, string? directory)
    {
        if (file is not null || directory is null)
        {
            return ReadAuthorities(file);
        }

        var authorities = new X509Certificate2Collection();
        foreach (var path in ConfigFile.FilesOf(directory))
        {
            authorities.AddRange(ReadAuthorities(path)!);
        }

        return authorities.Count > 0 ? authorities : throw new ConfigurationException($"ca_path {directory} cannot be used: it holds no certificate");
    }

    private static SslStreamCertificateContext? ReadContext(string prefix, string? certificateFile, string? keyFile)
    {
        if (certificateFile is null)
        {
            return null;
        }

        var (certificate, chain) = ReadIdentity(prefix, certificateFile, keyFile!);
        return SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    private static string Read(string file) => Encoding.UTF8.GetString(RegularFile.ReadAll(file, LargestFile));

    // What the library says of bad content may show some of it.
    private static string ReasonOf(Exception error) => error is IOException or UnauthorizedAccessException ? error.Message : error.GetType().Name;
}
