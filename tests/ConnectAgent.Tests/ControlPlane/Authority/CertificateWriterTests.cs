using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Authority;

/// <summary>The bytes that are signed are those of .NET's own builder, whatever signs them (certificates section 4).</summary>
public sealed class CertificateWriterTests
{
    private static readonly ServiceId Web = new(SigningFixture.Domain, "dc1", "web");

    [Theory] // CERT-43, CERT-45, CERT-48: each kind of CA key, dates on both sides of 2050, serials with and without a sign octet
    [InlineData("ec", 256, "2026-01-02T03:04:05Z", "2026-01-05T03:04:05Z", "01")]
    [InlineData("ec", 384, "2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z", "7F")]
    [InlineData("ec", 521, "2050-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "80")]
    [InlineData("rsa", 2048, "2026-01-02T03:04:05Z", "2060-01-05T03:04:05Z", "FF00000000000001")]
    public void What_is_written_is_what_the_plain_builder_makes(string type, int bits, string notBefore, string notAfter, string serial)
    {
        // Given
        using var key = CaKey.Generate(type, bits);
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (from, until) = (DateTimeOffset.Parse(notBefore, CultureInfo.InvariantCulture), DateTimeOffset.Parse(notAfter, CultureInfo.InvariantCulture));
        var issuer = LeafSubject.OfCommonName("pri-x.consul.ca.11111111.consul");
        foreach (var subject in new[] { LeafSubject.Of(Web), new X500DistinguishedNameBuilder().Build() })
        {
            var request = new CertificateRequest(
                subject, new PublicKey(leafKey), HashAlgorithmName.SHA256, key.IsRsa ? RSASignaturePadding.Pkcs1 : null);
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension([1, 2, 3], critical: false));
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier([4, 5, 6]));
            request.CertificateExtensions.Add(SanExtension.Create(Web.ToString(), subject));

            // When
            var number = Convert.FromHexString(serial);
            var written = CertificateWriter.Write(request, issuer, key.Generator, from, until, number);

            // Then
            using var plain = request.Create(issuer, key.Generator, from, until, number);
            var (content, algorithm, signature) = Parts(written);
            var (plainContent, plainAlgorithm, plainSignature) = Parts(plain.RawData);
            Convert.ToHexString(content).Should().Be(Convert.ToHexString(plainContent));
            algorithm.Should().Equal(plainAlgorithm);
            if (key.IsRsa)
            {
                signature.Should().Equal(plainSignature, "PKCS#1 signatures of the same bytes are the same");
            }

            using var parsed = X509CertificateLoader.LoadCertificate(written);
            parsed.RawData.Should().Equal(written);
        }
    }

    private static (byte[] Content, byte[] Algorithm, byte[] Signature) Parts(byte[] certificate)
    {
        var whole = new AsnReader(certificate, AsnEncodingRules.DER);
        var parts = whole.ReadSequence();
        whole.ThrowIfNotEmpty();
        var (content, algorithm) = (parts.ReadEncodedValue().ToArray(), parts.ReadEncodedValue().ToArray());
        var signature = parts.ReadBitString(out _);
        parts.ThrowIfNotEmpty();
        return (content, algorithm, signature);
    }
}
