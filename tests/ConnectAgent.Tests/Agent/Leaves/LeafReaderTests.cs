using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Leaves;

/// <summary>What is read of a signer's answer, and what is refused (leaf-certificates LEAF-2, LEAF-30, LEAF-48).</summary>
public sealed class LeafReaderTests : IDisposable
{
    private static readonly ServiceId Web = new("11111111-2222-3333-4444-555555555555.consul", "dc1", "web");
    private static readonly DateTimeOffset Now = new(2049, 12, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly ECDsa _authority = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
    }

    [Theory] // LEAF-2, LEAF-48, CERT-53: as the platform's own parser reads it
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_leaf_is_read_as_the_platform_reads_it(bool hasAuthorityKeyId, bool hasSubject)
    {
        using var certificate = Certificate(_key, Web.ToString(), hasAuthorityKeyId, hasSubject);
        var other = Pem.Certificate([0x30, 0x00]);
        var pem = "-----BEGIN X-----\nAAAA\n-----END X-----\n" + Pem.Certificate(certificate.RawData) + other;

        var leaf = Read(pem);

        leaf.SerialNumber.Should().Be(ColonHex.FormatSerial(certificate.SerialNumberBytes.Span)).And.Be("80:01");
        leaf.ValidAfter.Should().Be(new DateTimeOffset(certificate.NotBefore.ToUniversalTime()));
        leaf.ValidBefore.Should().Be(new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
        leaf.ValidBefore.Year.Should().Be(2050);
        leaf.AuthorityKeyId.Should().Be(hasAuthorityKeyId ? "04:05:06" : string.Empty);
        leaf.ServiceUri.Should().Be(Web.ToString());
        leaf.CertPem.Should().Be(pem, "the chain follows the leaf (CERT-80)");
    }

    [Fact] // LEAF-30: the certificate of another key, of any kind, is given to nobody
    public void A_certificate_for_another_key_is_refused()
    {
        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = Certificate(otherKey, Web.ToString());
        using var rsaKey = RSA.Create(2048);
        using var rsa = Certificate(new CertificateRequest("CN=x", rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), Web.ToString());
        foreach (var certificate in new[] { other, rsa })
        {
            var read = () => Read(Pem.Certificate(certificate.RawData));
            read.Should().Throw<LeafRefusedException>().WithMessage("a certificate for another key");
        }
    }

    [Theory] // LEAF-30
    [InlineData("spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/api")]
    [InlineData(null)]
    public void A_certificate_for_another_identity_is_refused(string? uri)
    {
        using var certificate = Certificate(_key, uri);
        var read = () => Read(Pem.Certificate(certificate.RawData));
        read.Should().Throw<LeafRefusedException>().WithMessage("a certificate for another identity");
    }

    [Fact] // LEAF-30: whatever the bytes are, it is refused in our words or it is the leaf
    public void Damaged_bytes_are_refused()
    {
        using var certificate = Certificate(_key, Web.ToString());
        var der = certificate.RawData;
        for (var length = 0; length < der.Length; length++)
        {
            var cut = () => Read(Pem.Certificate(der.AsSpan(0, length)));
            cut.Should().Throw<LeafRefusedException>().WithMessage("no certificate that can be read");
        }

        var longer = () => Read(Pem.Certificate([.. der, 0]));
        longer.Should().Throw<LeafRefusedException>();
        for (var at = 0; at < der.Length; at++)
        {
            var damaged = der.ToArray();
            damaged[at] ^= 0xFF;
            try
            {
                Read(Pem.Certificate(damaged)).ServiceUri.Should().Be(Web.ToString());
            }
            catch (LeafRefusedException)
            {
                // In our words.
            }
        }
    }

    [Theory] // LEAF-30
    [InlineData("")]
    [InlineData("no PEM")]
    [InlineData("-----BEGIN X-----\nAAAA\n-----END X-----\n")]
    public void What_is_no_certificate_is_refused(string pem)
    {
        var read = () => Read(pem);
        read.Should().Throw<LeafRefusedException>().WithMessage("no certificate that can be read");
    }

    private LeafCertificate Read(string pem) =>
        LeafReader.Read(Web, pem, _key.ExportECPrivateKeyPem(), 7, now: null, _key.ExportSubjectPublicKeyInfo());

    private X509Certificate2 Certificate(ECDsa key, string? uri, bool hasAuthorityKeyId = true, bool hasSubject = true) =>
        Certificate(new CertificateRequest(hasSubject ? "CN=x" : string.Empty, key, HashAlgorithmName.SHA256), uri, hasAuthorityKeyId);

    private X509Certificate2 Certificate(CertificateRequest request, string? uri, bool hasAuthorityKeyId = true)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        if (uri is not null)
        {
            request.CertificateExtensions.Add(SanExtension.Create(uri, request.SubjectName));
        }

        if (hasAuthorityKeyId)
        {
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier([4, 5, 6]));
        }

        return request.Create(
            new X500DistinguishedName("CN=authority"), X509SignatureGenerator.CreateForECDsa(_authority), Now, Now + TimeSpan.FromDays(1), [0x80, 0x01]);
    }
}
