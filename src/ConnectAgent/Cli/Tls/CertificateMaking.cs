using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ConnectAgent.Caching.Files;
using ConnectAgent.Cli.Framework;

namespace ConnectAgent.Cli.Tls;

/// <summary>Makes CAs and certificates of them: ECDSA on P-256, as the reference does.</summary>
internal static class CertificateMaking
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";
    private const int SerialBytes = 16;

    /// <summary>Makes a CA.</summary>
    /// <param name="names">The only domains that it may certify; empty: any.</param>
    /// <param name="days">How long it holds.</param>
    public static PemPair Authority(IReadOnlyList<string> names, int days)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var serial = Serial();
        var request = new CertificateRequest(
            $"CN=Consul Agent CA {Convert.ToHexStringLower(serial)}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (names.Count > 0)
        {
            request.CertificateExtensions.Add(NameConstraints.Of(names));
        }

        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now, now.AddDays(days));
        return new PemPair(certificate.ExportCertificatePem(), key.ExportECPrivateKeyPem());
    }

    /// <summary>Reads a CA.</summary>
    /// <exception cref="CommandFailure">It is none.</exception>
    public static X509Certificate2 Load(byte[] certificate, byte[] key)
    {
        try
        {
            return X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(certificate), Encoding.UTF8.GetString(key));
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new CommandFailure("error reading CA: " + error.Message);
        }
    }

    /// <summary>Makes a certificate.</summary>
    public static PemPair Certificate(X509Certificate2 authority, string subject, IReadOnlyList<string> names, IReadOnlyList<string> addresses, int days, bool isServer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, critical: true));
        OidCollection usages = [new Oid(ClientUsage)];
        if (isServer)
        {
            usages.Add(new Oid(ServerUsage));
        }

        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var san = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            san.AddDnsName(name);
        }

        foreach (var address in addresses)
        {
            san.AddIpAddress(IPAddress.TryParse(address, out var parsed) ? parsed : throw new CommandFailure($"Invalid additional ip address: {address}"));
        }

        if (names.Count + addresses.Count > 0)
        {
            request.CertificateExtensions.Add(san.Build());
        }

        var now = TimeProvider.System.GetUtcNow();
        var end = now.AddDays(days);
        var last = new DateTimeOffset(authority.NotAfter);
        using var certificate = request.Create(authority, now, end < last ? end : last, Serial());
        return new PemPair(certificate.ExportCertificatePem(), key.ExportECPrivateKeyPem());
    }

    // Positive, in the fewest bytes.
    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }
}

/// <summary>A certificate and its key.</summary>
internal sealed record PemPair(string Certificate, string Key)
{
    /// <summary>Writes both; the key with mode 0600.</summary>
    /// <exception cref="CommandFailure">One cannot be written.</exception>
    public async Task WriteAsync(Invocation call, string certificateFile, string keyFile)
    {
        try
        {
            await File.WriteAllTextAsync(certificateFile, Certificate + "\n", call.Cancelled);
            call.Done("==> Saved " + certificateFile);
            PrivateFile.Replace(keyFile, stream => stream.Write(Encoding.UTF8.GetBytes(Key + "\n")), overwrite: false);
            call.Done("==> Saved " + keyFile);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(error.Message);
        }
    }
}
