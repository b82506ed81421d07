using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.Agent.Leaves;

/// <summary>
/// What an agent wants to know of a certificate, read where it stands (RFC 5280 section 4.1). To have OpenSSL parse the whole of it costs as much as
/// to verify a signature, for each leaf that is issued.
/// </summary>
/// <param name="Serial">Big-endian.</param>
/// <param name="PublicKey">SubjectPublicKeyInfo, DER.</param>
/// <param name="Names">Of the subjectAltName.</param>
/// <param name="AuthorityKeyId">Empty where it has none.</param>
internal sealed record LeafFields(
    ReadOnlyMemory<byte> Serial,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    ReadOnlyMemory<byte> PublicKey,
    SubjectNames Names,
    ReadOnlyMemory<byte> AuthorityKeyId)
{
    private const string Label = "CERTIFICATE";
    private static readonly Asn1Tag VersionTag = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag IssuerIdTag = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag SubjectIdTag = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag ExtensionsTag = new(TagClass.ContextSpecific, 3);

    /// <summary>Reads the first certificate.</summary>
    /// <exception cref="CryptographicException">There is none.</exception>
    /// <exception cref="AsnContentException">It is not DER, or no certificate.</exception>
    public static LeafFields Read(ReadOnlySpan<char> pem)
    {
        var whole = new AsnReader(Find(pem), AsnEncodingRules.DER);
        var signed = whole.ReadSequence();
        whole.ThrowIfNotEmpty();
        var content = signed.ReadSequence();
        signed.ReadSequence();
        signed.ReadBitString(out _);
        signed.ThrowIfNotEmpty();
        if (content.PeekTag().HasSameClassAndValue(VersionTag))
        {
            content.ReadEncodedValue();
        }

        var serial = content.ReadIntegerBytes();
        content.ReadSequence();
        content.ReadSequence();
        var validity = content.ReadSequence();
        var (from, until) = (ReadTime(validity), ReadTime(validity));
        validity.ThrowIfNotEmpty();
        content.ReadSequence();
        var publicKey = content.ReadEncodedValue();
        var extensions = ReadExtensions(content);
        return new LeafFields(
            serial,
            from,
            until,
            publicKey,
            SanExtension.Read(extensions),
            extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier ?? ReadOnlyMemory<byte>.Empty);
    }

    // Other blocks may come first.
    private static byte[] Find(ReadOnlySpan<char> pem)
    {
        while (PemEncoding.TryFind(pem, out var fields))
        {
            if (pem[fields.Label] is Label)
            {
                var der = new byte[fields.DecodedDataLength];
                return Convert.TryFromBase64Chars(pem[fields.Base64Data], der, out var length) && length == der.Length
                    ? der : throw new CryptographicException("no base64");
            }

            pem = pem[fields.Location.End..];
        }

        throw new CryptographicException("no certificate");
    }

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private static List<X509Extension> ReadExtensions(AsnReader content)
    {
        List<X509Extension> found = [];
        while (content.HasData)
        {
            var tag = content.PeekTag();
            if (tag.HasSameClassAndValue(IssuerIdTag) || tag.HasSameClassAndValue(SubjectIdTag))
            {
                content.ReadEncodedValue();
                continue;
            }

            var holder = content.ReadSequence(ExtensionsTag);
            content.ThrowIfNotEmpty();
            var all = holder.ReadSequence();
            holder.ThrowIfNotEmpty();
            while (all.HasData)
            {
                found.Add(ReadExtension(all.ReadSequence()));
            }
        }

        return found;
    }

    private static X509Extension ReadExtension(AsnReader reader)
    {
        const string AuthorityKeyIdentifier = "2.5.29.35";
        var id = reader.ReadObjectIdentifier();
        var critical = reader.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && reader.ReadBoolean();
        var value = reader.ReadOctetString();
        reader.ThrowIfNotEmpty();
        return id == AuthorityKeyIdentifier ? new X509AuthorityKeyIdentifierExtension(value, critical) : new X509Extension(id, value, critical);
    }
}
