using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Org.BouncyCastle.X509;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Revocation;

/// <summary>The lists for programs that verify by themselves, as <c>openssl</c> takes them (RFC 5280 section 5, docs/http-api.md "Lists for other programs").</summary>
public sealed class RevocationListSignerTests
{
    // Three lives of a leaf.
    private static readonly TimeSpan Life = TimeSpan.FromDays(9);

    [Theory] // under every kind of CA key
    [InlineData("ec", 384)]
    [InlineData("ec", 521)]
    [InlineData("rsa", 2048)]
    [InlineData(null, 0)]
    public async Task A_revoked_leaf_is_refused_and_another_one_is_not(string? type, int bits)
    {
        await using var fixture = await RevocationFixture.StartAsync();
        if (type is not null)
        {
            await fixture.RotateAsync(type, bits);
        }

        var (revoked, other) = (await fixture.IssueAsync("web"), await fixture.IssueAsync("web"));
        (await VerifyAsync(fixture, revoked)).Should().Be("OK");
        await RevokeAsync(fixture, revoked);
        (await VerifyAsync(fixture, revoked)).Should().Be("certificate revoked");
        (await VerifyAsync(fixture, other)).Should().Be("OK");
    }

    [Fact] // a serial with the highest bit set is no negative number; another datacenter's are others
    public async Task Only_what_was_signed_here_is_in_it()
    {
        await using var fixture = await RevocationFixture.StartAsync();
        await fixture.Revocations.RevokeSerialAsync("80:00", "dc1", null);
        await fixture.Revocations.RevokeSerialAsync("09", "dc2", null);
        var list = ListOf(await ReadAsync(fixture));
        list.GetRevokedCertificates().Select(static entry => entry.SerialNumber.IntValue).Should().Equal(0x8000);
    }

    [Fact]
    public async Task It_is_signed_anew_at_a_change_and_at_half_of_its_life_with_a_greater_number()
    {
        await using var fixture = await RevocationFixture.StartAsync();
        var first = await ReadAsync(fixture);
        (await ReadAsync(fixture)).Should().Be(first, "nothing has changed, and programs that read it would be told for nothing");
        fixture.Clock.Advance(Life / 2);
        var second = await ReadAsync(fixture);
        await fixture.Revocations.RevokeSerialAsync("09", "dc1", null);
        var third = await ReadAsync(fixture);
        new[] { first, second, third }.Select(NumberOf).Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
        ListOf(second).NextUpdate!.Value.Should().Be((fixture.Now + Life).UtcDateTime);
    }

    [Fact] // docs/design/0011-revocation.md
    public async Task An_identity_that_no_list_can_name_is_named_in_front_of_it()
    {
        await using var fixture = await RevocationFixture.StartAsync();
        var leaf = await fixture.IssueAsync("web");
        await fixture.RevokeAsync("web");
        (await ReadAsync(fixture)).Should().StartWith(
            $"# Not in this list, which names serial numbers: the revocations of whole identities (1). Revoke their certificates by serial number, too.\n# spiffe://{RevocationFixture.Domain}/ns/default/dc/dc1/svc/web\n-----BEGIN X509 CRL-----\n");
        (await VerifyAsync(fixture, leaf)).Should().Be("OK");
    }

    [Fact]
    public async Task A_former_root_keeps_its_last_list_until_something_is_revoked_that_is_not_in_it()
    {
        // Given
        await using var fixture = await RevocationFixture.StartAsync();
        var (revoked, kept) = (await fixture.IssueAsync("web"), await fixture.IssueAsync("web"));
        await RevokeAsync(fixture, revoked);
        await ReadAsync(fixture);

        // When
        await fixture.RotateAsync("ec", 384);
        var renewed = await fixture.IssueAsync("web");

        // Then
        (await VerifyAsync(fixture, revoked)).Should().Be("certificate revoked");
        (await VerifyAsync(fixture, kept)).Should().Be("OK");
        (await VerifyAsync(fixture, renewed)).Should().Be("OK");
        await RevokeAsync(fixture, renewed);
        (await VerifyAsync(fixture, kept)).Should().Be("unable to get certificate CRL", "its key is gone, so that nobody can say that it was not revoked since");
        (await VerifyAsync(fixture, renewed)).Should().Be("certificate revoked");
    }

    private static async Task RevokeAsync(RevocationFixture fixture, string pem)
    {
        using var leaf = X509Certificate2.CreateFromPem(pem);
        await fixture.Revocations.RevokeSerialAsync(ColonHex.FormatSerial(leaf.SerialNumberBytes.Span), "dc1", null);
    }

    private static async Task<string> ReadAsync(RevocationFixture fixture) => (await fixture.Lists.ReadAsync(default, CancellationToken.None)).Pem;

    private static X509Crl ListOf(string pem) => new X509CrlParser().ReadCrl(System.Text.Encoding.ASCII.GetBytes(pem));

    private static long NumberOf(string pem) =>
        Org.BouncyCastle.Asn1.DerInteger.GetInstance(Org.BouncyCastle.Asn1.Asn1Object.FromByteArray(ListOf(pem).GetExtensionValue(Org.BouncyCastle.Asn1.X509.X509Extensions.CrlNumber).GetOctets())).LongValueExact;

    // What openssl says of a leaf that is the first of a chain: as nginx asks, of every certificate of the path.
    private static async Task<string> VerifyAsync(RevocationFixture fixture, string chain)
    {
        using var folder = new TemporaryFolder();
        var (roots, _) = await fixture.Authority.ReadRootsAsync(default, CancellationToken.None);
        var (exit, output, errors) = await RunningProcess.RunAsync("openssl",
        [
            "verify", "-crl_check_all", "-attime", $"{fixture.Now.ToUnixTimeSeconds()}", "-CAfile", folder.Write("roots.pem", string.Concat(roots.Roots.Select(static root => root.RootCert))),
            "-CRLfile", folder.Write("crl.pem", await ReadAsync(fixture)), folder.Write("leaf.pem", chain),
        ]);
        return exit == 0 ? output.Trim()[^2..] : errors.Split('\n').First(static line => line.Contains("lookup:", StringComparison.Ordinal)).Split("lookup: ")[1];
    }
}
