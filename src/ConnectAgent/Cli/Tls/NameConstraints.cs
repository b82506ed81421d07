using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace ConnectAgent.Cli.Tls;

/// <summary>The extension that holds a CA to domains (RFC 5280 section 4.2.1.10).</summary>
internal static class NameConstraints
{
    private const string Identifier = "2.5.29.30";

    public static X509Extension Of(IReadOnlyList<string> domains)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        {
            foreach (var domain in domains)
            {
                using (writer.PushSequence())
                {
                    // A DNS name is the third kind of general names.
                    writer.WriteCharacterString(UniversalTagNumber.IA5String, domain, new Asn1Tag(TagClass.ContextSpecific, 2));
                }
            }
        }

        return new X509Extension(Identifier, writer.Encode(), critical: true);
    }
}
