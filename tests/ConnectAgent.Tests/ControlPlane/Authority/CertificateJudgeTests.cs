using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.TestKit.Authority;
using FluentAssertions;
using Org.BouncyCastle.Pkix;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Authority;

/// <summary>The second judge refuses what no peer may accept (X509-SVID sections 2 to 5, certificates CERT-43); else its word on the product's certificates would prove nothing.</summary>
public sealed class CertificateJudgeTests : IDisposable
{
    private const string Web = $"spiffe://{SigningFixture.Domain}/ns/default/dc/dc1/svc/web";
    private const string ServerSide = "1.3.6.1.5.5.7.3.1";
    private const string ClientSide = "1.3.6.1.5.5.7.3.2";
    private const X509KeyUsageFlags Usual = X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyAgreement;
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    public CertificateJudgeTests() => _root = Root(_key);

    public void Dispose()
    {
        _root.Dispose();
        _leafKey.Dispose();
        _key.Dispose();
    }

    [Fact]
    public void A_leaf_that_is_as_it_must_be_is_accepted_with_its_name() => Judge(Leaf(_root, [Web])).Should().Be(Web);

    [Fact] // X509-SVID 5.1: the same name and another key
    public void A_leaf_of_another_signer_is_refused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = Root(other);
        Refused<PkixCertPathValidatorException>(Leaf(signer, [Web]));
    }

    [Fact]
    public void A_leaf_of_a_signer_that_nobody_knows_is_refused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = Root(other, "CN=another");
        Refused<PkixCertPathValidatorException>(Leaf(signer, [Web]));
    }

    [Fact]
    public void A_leaf_that_was_changed_is_refused()
    {
        var bytes = Leaf(_root, [Web]).RawData;
        bytes[^1] ^= 1;
        using var changed = X509CertificateLoader.LoadCertificate(bytes);
        Refused<PkixCertPathValidatorException>(changed);
    }

    [Theory] // X509-SVID 2, SPIFFE-ID 2.1
    [InlineData]
    [InlineData(Web, Web)]
    [InlineData("https://" + SigningFixture.Domain + "/ns/default/dc/dc1/svc/web")]
    [InlineData("spiffe://other.consul/ns/default/dc/dc1/svc/web")]
    [InlineData("spiffe://" + SigningFixture.Domain)]
    [InlineData("spiffe://" + SigningFixture.Domain + ".evil/ns/default/dc/dc1/svc/web")]
    public void A_leaf_with_another_name_is_refused(params string[] uris) => Refused<InvalidOperationException>(Leaf(_root, uris));

    [Theory] // from a second before it is valid to a second after
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(3600, true)]
    [InlineData(3601, false)]
    public void A_leaf_is_refused_before_and_after_its_validity_period(int seconds, bool accepted)
    {
        using var leaf = Leaf(_root, [Web]);
        var judge = () => Judge(leaf, Start.AddSeconds(seconds));
        if (accepted)
        {
            judge.Should().NotThrow();
        }
        else
        {
            judge.Should().Throw<PkixCertPathValidatorException>();
        }
    }

    [Theory] // X509-SVID 4.3
    [InlineData(X509KeyUsageFlags.None)]
    [InlineData(X509KeyUsageFlags.KeyAgreement)]
    [InlineData(Usual | X509KeyUsageFlags.KeyCertSign)]
    [InlineData(Usual | X509KeyUsageFlags.CrlSign)]
    public void A_leaf_with_another_key_usage_is_refused(X509KeyUsageFlags usage) => Refused<InvalidOperationException>(Leaf(_root, [Web], usage));

    [Theory] // X509-SVID 4.4
    [InlineData]
    [InlineData(ServerSide)]
    [InlineData(ClientSide)]
    public void A_leaf_for_one_side_only_is_refused(params string[] sides) => Refused<InvalidOperationException>(Leaf(_root, [Web], sides: sides));

    [Fact] // X509-SVID 4.1
    public void A_leaf_that_is_an_authority_is_refused() => Refused<InvalidOperationException>(Leaf(_root, [Web], isAuthority: true));

    private static X509Certificate2 Root(ECDsa key, string subject = "CN=root")
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(SigningFixture.Names((6, "spiffe://" + SigningFixture.Domain)));
        return request.CreateSelfSigned(Start.AddDays(-1), Start.AddDays(1));
    }

    private X509Certificate2 Leaf(
        X509Certificate2 signer, string[] uris, X509KeyUsageFlags usage = Usual, string[]? sides = null, bool isAuthority = false)
    {
        var request = new CertificateRequest("CN=web", _leafKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
        if (sides is not [])
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. (sides ?? [ServerSide, ClientSide]).Select(side => new Oid(side))], critical: false));
        }

        if (uris.Length > 0)
        {
            request.CertificateExtensions.Add(SigningFixture.Names([.. uris.Select(uri => (6, uri))]));
        }

        return request.Create(signer, Start, Start.AddHours(1), [1]);
    }

    private string Judge(X509Certificate2 leaf, DateTimeOffset? at = null) =>
        CertificateJudge.Accept(leaf.ExportCertificatePem(), _root.ExportCertificatePem(), at ?? Start.AddMinutes(30));

    private void Refused<TError>(X509Certificate2 leaf)
        where TError : Exception
    {
        using (leaf)
        {
            var judge = () => Judge(leaf);
            judge.Should().Throw<TError>();
        }
    }
}
