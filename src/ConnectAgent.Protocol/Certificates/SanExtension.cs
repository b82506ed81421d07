using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace ConnectAgent.Protocol.Certificates;

/// <summary>
/// The subjectAltName extension with one URI, byte for byte as given. .NET's builder passes URIs through <see cref="Uri"/>, which rewrites
/// escapes; a SPIFFE ID must not change on its way (certificates CERT-20).
/// </summary>
public static class SanExtension
{
    private const string ObjectId = "2.5.29.17";
    private static readonly Asn1Tag UriName = new(TagClass.ContextSpecific, 6);
    private static readonly Asn1Tag DnsName = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag EmailName = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag IpName = new(TagClass.ContextSpecific, 7);

    /// <summary>Makes the extension.</summary>
    /// <param name="uri">ASCII; a SPIFFE ID.</param>
    /// <param name="subject">Where it is empty the extension is critical (RFC 5280 section 4.2.1.6, CERT-70).</param>
    public static X509Extension Create(string uri, X500DistinguishedName subject)
    {
        const int EmptySequence = 2;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteCharacterString(UniversalTagNumber.IA5String, uri, UriName);
        }

        return new X509Extension(ObjectId, writer.Encode(), critical: subject.RawData.Length == EmptySequence);
    }

    /// <summary>Reads the names of a certificate's or a CSR's extensions.</summary>
    /// <exception cref="AsnContentException">The extension is not DER, or is there twice.</exception>
    public static SubjectNames Read(IEnumerable<X509Extension> extensions)
    {
        List<string> uris = [], dns = [], emails = [];
        List<byte[]> addresses = [];
        var (others, found) = (0, false);
        foreach (var extension in extensions.Where(extension => extension.Oid?.Value == ObjectId))
        {
            if (found)
            {
                throw new AsnContentException("the extension is there twice");
            }

            found = true;
            var content = new AsnReader(extension.RawData, AsnEncodingRules.DER);
            var names = content.ReadSequence();
            content.ThrowIfNotEmpty();
            while (names.HasData)
            {
                var tag = names.PeekTag();
                if (tag.HasSameClassAndValue(UriName))
                {
                    uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UriName));
                }
                else if (tag.HasSameClassAndValue(DnsName))
                {
                    dns.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, DnsName));
                }
                else if (tag.HasSameClassAndValue(EmailName))
                {
                    emails.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, EmailName));
                }
                else if (tag.HasSameClassAndValue(IpName))
                {
                    addresses.Add(names.ReadOctetString(IpName));
                }
                else
                {
                    names.ReadEncodedValue();
                    others++;
                }
            }
        }

        return new SubjectNames(uris, dns, emails, addresses, others);
    }
}

/// <summary>What a subjectAltName holds; IP addresses as 4 or 16 octets; names of other kinds are counted.</summary>
public sealed record SubjectNames(
    IReadOnlyList<string> Uris,
    IReadOnlyList<string> DnsNames,
    IReadOnlyList<string> Emails,
    IReadOnlyList<byte[]> Addresses,
    int Others);
