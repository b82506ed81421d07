using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Client.Tls;

namespace ConnectAgent.Client.Api;

/// <summary>Connections to one agent: no proxy, no redirect, no cookie.</summary>
internal static class ApiConnections
{
    /// <summary>Makes what sends.</summary>
    /// <param name="options">How.</param>
    /// <param name="socket">The path of a Unix socket; null: TCP.</param>
    /// <exception cref="ApiException">A file that cannot be used.</exception>
    public static SocketsHttpHandler Create(ApiOptions options, string? socket)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false };
        if (socket is not null)
        {
            handler.ConnectCallback = (_, cancellationToken) => ConnectAsync(socket, cancellationToken);
        }

        handler.SslOptions = TlsOf(options);
        return handler;
    }

    private static SslClientAuthenticationOptions TlsOf(ApiOptions options)
    {
        var tls = new SslClientAuthenticationOptions();
        try
        {
            if (options.CertificateFile is { } certificate)
            {
                var chain = new X509Certificate2Collection();
                chain.ImportFromPemFile(certificate);
                using var pair = X509Certificate2.CreateFromPemFile(certificate, options.KeyFile);

                // A key that was only read from a file cannot be used in a handshake everywhere.
                tls.ClientCertificateContext = SslStreamCertificateContext.Create(
                    X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), password: null), chain, offline: true);
            }

            if (Authorities(options) is { Count: > 0 } authorities)
            {
                tls.CertificateChainPolicy = ServerTrust.In(authorities);
            }
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ApiException("Error loading TLS files: " + error.Message);
        }

        if (!options.Verify)
        {
#pragma warning disable CA5359 // The operator asked for it, by the variable that exists for this.
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (options.TlsName is { } name)
        {
            tls.RemoteCertificateValidationCallback = ServerTrust.Named(name);
        }

        return tls;
    }

    private static X509Certificate2Collection Authorities(ApiOptions options)
    {
        X509Certificate2Collection authorities = [];
        if (options.AuthorityFile is { } file)
        {
            authorities.ImportFromPemFile(file);
        }
        else if (options.AuthorityDirectory is { } directory)
        {
            foreach (var one in Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal))
            {
                authorities.ImportFromPemFile(one);
            }
        }

        // Without one, all that the system trusts would be trusted in their place.
        return authorities.Count > 0 || (options.AuthorityFile ?? options.AuthorityDirectory) is not { } place
            ? authorities
            : throw new ApiException($"Error loading TLS files: {place} holds no certificate");
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
