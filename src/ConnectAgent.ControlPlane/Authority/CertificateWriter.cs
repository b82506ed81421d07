using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>
/// Writes and signs what a <see cref="CertificateRequest"/> describes, byte for byte as its own <c>Create</c> does. That one also has OpenSSL parse
/// what it wrote, which costs three times the signature, and nobody here wants more than the bytes.
/// </summary>
internal static class CertificateWriter
{
    private const int Version3 = 2;

    // RFC 5280 section 4.1.2.5.
    private const int FirstGeneralizedYear = 2050;

    private static readonly Asn1Tag VersionTag = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag ExtensionsTag = new(TagClass.ContextSpecific, 3);

    /// <summary>Makes the certificate.</summary>
    /// <param name="request">Subject, key, hash and extensions.</param>
    /// <param name="issuer">The signer's subject.</param>
    /// <param name="generator">Signs.</param>
    /// <param name="notBefore">Whole seconds.</param>
    /// <param name="notAfter">Whole seconds.</param>
    /// <param name="serial">Unsigned, big-endian, without leading zeros.</param>
    /// <returns>DER.</returns>
    public static byte[] Write(
        CertificateRequest request,
        X500DistinguishedName issuer,
        X509SignatureGenerator generator,
        DateTimeOffset notBefore,
        DateTimeOffset notAfter,
        ReadOnlySpan<byte> serial)
    {
        var algorithm = generator.GetSignatureAlgorithmIdentifier(request.HashAlgorithm);
        var writer = new AsnWriter(AsnEncodingRules.DER, 1024);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(VersionTag))
            {
                writer.WriteInteger(Version3);
            }

            writer.WriteIntegerUnsigned(serial);
            writer.WriteEncodedValue(algorithm);
            writer.WriteEncodedValue(issuer.RawData);
            using (writer.PushSequence())
            {
                WriteTime(writer, notBefore);
                WriteTime(writer, notAfter);
            }

            writer.WriteEncodedValue(request.SubjectName.RawData);
            writer.WriteEncodedValue(request.PublicKey.ExportSubjectPublicKeyInfo());
            using (writer.PushSequence(ExtensionsTag))
            using (writer.PushSequence())
            {
                foreach (var extension in request.CertificateExtensions)
                {
                    WriteExtension(writer, extension);
                }
            }
        }

        var content = writer.Encode();
        var signature = generator.SignData(content, request.HashAlgorithm);
        writer.Reset();
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(content);
            writer.WriteEncodedValue(algorithm);
            writer.WriteBitString(signature);
        }

        return writer.Encode();
    }

    private static void WriteTime(AsnWriter writer, DateTimeOffset time)
    {
        if (time.UtcDateTime.Year < FirstGeneralizedYear)
        {
            writer.WriteUtcTime(time);
        }
        else
        {
            writer.WriteGeneralizedTime(time, omitFractionalSeconds: true);
        }
    }

    private static void WriteExtension(AsnWriter writer, X509Extension extension)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(extension.Oid!.Value!);
            if (extension.Critical)
            {
                writer.WriteBoolean(value: true);
            }

            writer.WriteOctetString(extension.RawData);
        }
    }
}
