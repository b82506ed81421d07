using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.Protocol.Certificates;

/// <summary>Subjects of leaves and their CSRs (certificates CERT-30, CERT-37).</summary>
public static class LeafSubject
{
    /// <summary>The common name alone; empty where the name has no letter or digit to show (certificates section 9).</summary>
    public static X500DistinguishedName Of(ServiceId identity)
    {
        var name = CommonNames.ForService(identity.Service, identity.Namespace, identity.Host);
        return name.StartsWith('.') ? new X500DistinguishedNameBuilder().Build() : OfCommonName(name);
    }

    /// <summary>A PrintableString; the names that are made here have only lower-case letters, digits, dots and dashes.</summary>
    public static X500DistinguishedName OfCommonName(string name)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.Add("2.5.4.3", name, UniversalTagNumber.PrintableString);
        return builder.Build();
    }
}
