using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.Agent.Leaves;

/// <summary>Reads a certificate and its key, and checks that they are what was asked for.</summary>
internal static class LeafReader
{
    // Clocks of two hosts differ; a leaf is backdated by a minute anyway.
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    /// <summary>Reads a leaf.</summary>
    /// <param name="identity">The only name that it may have: trust domain, datacenter and service.</param>
    /// <param name="pem">Leaf, then its intermediates.</param>
    /// <param name="keyPem">Its key.</param>
    /// <param name="index">Of the leaf.</param>
    /// <param name="now">It must be valid then; null: a signer's, which may go by another clock.</param>
    /// <param name="own">The public key, DER, where the key was made here: comparing costs less than pairing.</param>
    /// <exception cref="LeafRefusedException">It is another key's or another identity's, is not valid now, or cannot be read.</exception>
    public static LeafCertificate Read(ServiceId identity, string pem, string keyPem, ulong index, DateTimeOffset? now, byte[]? own = null)
    {
        try
        {
            var certificate = LeafFields.Read(pem);
            if (own is null ? !Fits(pem, keyPem) : !IsFor(certificate.PublicKey.Span, own))
            {
                throw new LeafRefusedException("a certificate for another key");
            }

            var uris = certificate.Names.Uris;
            if (uris.Count != 1 || uris[0] != identity.ToString())
            {
                throw new LeafRefusedException("a certificate for another identity");
            }

            if (now is { } time && (certificate.NotAfter <= time || certificate.NotBefore > time + Skew))
            {
                throw new LeafRefusedException("a certificate that is not valid now");
            }

            return new LeafCertificate
            {
                SerialNumber = ColonHex.FormatSerial(certificate.Serial.Span),
                CertPem = pem,
                PrivateKeyPem = keyPem,
                Service = identity.Service,
                ServiceUri = uris[0],
                ValidAfter = certificate.NotBefore,
                ValidBefore = certificate.NotAfter,
                CreateIndex = index,
                ModifyIndex = index,
                AuthorityKeyId = ColonHex.Format(certificate.AuthorityKeyId.Span),
            };
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException or AsnContentException)
        {
            throw new LeafRefusedException("no certificate that can be read");
        }
    }

    private static bool IsFor(ReadOnlySpan<byte> publicKey, byte[] key)
    {
        // As it stands in the certificate, or, where that is written in another way, as it is read.
        if (publicKey.SequenceEqual(key))
        {
            return true;
        }

        using var read = ECDsa.Create();
        try
        {
            read.ImportSubjectPublicKeyInfo(publicKey, out _);
            return read.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key);
        }
        catch (Exception error) when (error is CryptographicException or NotSupportedException)
        {
            return false;
        }
    }

    private static bool Fits(string pem, string keyPem)
    {
        try
        {
            using var both = X509Certificate2.CreateFromPem(pem, keyPem);
            return both.HasPrivateKey;
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            return false;
        }
    }
}
