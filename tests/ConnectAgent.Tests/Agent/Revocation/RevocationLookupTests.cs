using ConnectAgent.Agent.Revocation;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.Agent.Revocation;

/// <summary>intentions DEF-12: which certificate a list means.</summary>
public sealed class RevocationLookupTests
{
    private static readonly ServiceId Web = new("x.consul", "dc1", "web");

    [Theory]
    [InlineData("01:2c", true)]
    [InlineData("01:2C", true)]
    [InlineData("012c", true)]
    [InlineData("00:01:2c", true)]
    [InlineData("01:2d", false)]
    [InlineData("", false)]
    [InlineData("no serial", true)] // FA-3: it may be this one
    public void A_serial_is_found_in_any_spelling(string serial, bool revoked) =>
        Of(Serial("01:2c")).IsRevoked(Web, serial).Should().Be(revoked);

    [Fact] // the quick look may ask too often, but never too seldom
    public void What_is_revoked_may_be_revoked()
    {
        var lookups = new[] { Of(), Of(Serial("01:2c")), Of(Serial("01:2c"), Serial("03")) };
        foreach (var lookup in lookups)
        {
            foreach (var serial in new[] { "01:2c", "01:2C", "012c", "00:01:2c", "03", "3", "01:2d", "", "no serial", "01:2", "1", ":", "01:2c:" })
            {
                if (lookup.IsRevoked(Web, serial))
                {
                    lookup.MayBeRevoked("web", serial).Should().BeTrue(serial);
                }
            }
        }

        lookups[0].MayBeRevoked("web", "no serial").Should().BeFalse();
        lookups[1].MayBeRevoked("web", "01:2d").Should().BeFalse();
    }

    [Theory]
    [InlineData("no serial", "Unreadable")]
    [InlineData("01:2c:", "Unreadable")]
    [InlineData(" ", "Unreadable")]
    [InlineData("01:2c", "Revoked")]
    [InlineData("", "Clear")]
    [InlineData("01:2d", "Clear")]
    public void FA_3_A_serial_that_cannot_be_read_may_be_any_that_is_revoked(string serial, string verdict)
    {
        Of(Serial("01:2c")).Judge(Web, serial).ToString().Should().Be(verdict);
        Of(Serial("01:2c")).Judge(Web with { Datacenter = "dc2", Service = "other" }, serial).ToString()
            .Should().Be(verdict == "Revoked" ? "Clear" : verdict);
        Of(Identity("web", "01:2d"), Serial("7f")).Judge(Web, serial).ToString().Should().Be(verdict switch
        {
            "Unreadable" => "Unreadable",
            _ => serial == "01:2d" ? "Clear" : "Revoked",
        });
        Of(Identity("api", "01:2d")).Judge(Web, serial).ToString().Should().Be("Clear", "another identity is revoked, and no serial");
        Of().Judge(Web, serial).ToString().Should().Be("Clear");
    }

    [Theory]
    [InlineData("0x12C", null)]
    [InlineData(" 01-2c", null)]
    [InlineData(null, "spiffe://x.consul/ns/default/dc/DC1/svc/w%65b")]
    public void FA_3_A_list_is_read_in_every_spelling(string? serial, string? uri) =>
        Of(new RevocationEntry { SerialNumber = serial, SpiffeId = uri, Datacenter = "DC1", RevokedAt = default, ExpiresAt = default })
            .Judge(Web, "01:2c").Should().Be(RevocationVerdict.Revoked);

    [Theory] // to leave it out would let in whom it means
    [InlineData("no serial", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("01", "spiffe://x.consul/ns/default/dc/dc1/svc/web")]
    [InlineData(null, "spiffe://x.consul/ns/default/dc/dc1/svc/")]
    [InlineData(null, "spiffe://x.consul/agent/server/dc/dc1")]
    public void FA_3_A_list_with_an_entry_that_cannot_be_read_is_no_list(string? serial, string? uri)
    {
        var bad = new RevocationEntry { SerialNumber = serial, SpiffeId = uri, Datacenter = "dc1", RevokedAt = default, ExpiresAt = default };
        var read = () => Of(Serial("02"), bad);
        read.Should().Throw<ServerException>().WithMessage("the revocation list has an entry*");
    }

    [Fact] // the quick look may ask too often, but never too seldom
    public void FA_3_What_the_quick_look_clears_is_clear()
    {
        var lookups = new[] { Of(), Of(Serial("0a:01")), Of(Serial("01"), Identity("web", "0a")), Of(Identity("web", "0a")), Of(Identity("api", "0a")) };
        Prop.ForAll(
            Gen.Elements("0a1:- x+".ToCharArray()).ListOf().Select(letters => string.Concat(letters)).ToArbitrary(),
            serial => lookups.All(lookup => lookup.MayBeRevoked("web", serial) || lookup.Judge(Web, serial) == RevocationVerdict.Clear))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact] // CERT-48: unique for one control plane only; CERT-73 no. 9: it signs for its own datacenter only
    public void A_serial_of_another_datacenter_is_another_certificate()
    {
        var lookup = Of(Serial("01:2c"));
        lookup.IsRevoked(Web with { Datacenter = "dc2" }, "01:2c").Should().BeFalse();
        lookup.IsRevoked(Web with { Datacenter = "DC1" }, "01:2c").Should().BeTrue("a datacenter's letter case says nothing");
        lookup.IsRevoked(Web with { Service = "other" }, "01:2c").Should().BeTrue("the serial alone names the certificate");
    }

    [Theory]
    [InlineData("01:2b", true)]
    [InlineData("01:2c", false)]
    [InlineData("02:00", false)]
    [InlineData("", true)]
    [InlineData("no serial", true)]
    [InlineData("01:00:00:00:00:00:00:00:00", true)]
    public void An_identity_loses_the_serials_below_the_boundary_and_those_that_cannot_be_compared(string serial, bool revoked) =>
        Of(Identity("web", "01:2c")).IsRevoked(Web, serial).Should().Be(revoked);

    [Fact] // SPIF-2, SPIF-5
    public void An_identity_is_its_path()
    {
        var lookup = Of(Identity("web", "01:2c"));
        lookup.IsRevoked(Web with { Host = "other.consul" }, "08").Should().BeTrue();
        lookup.IsRevoked(Web with { Service = "Web" }, "08").Should().BeFalse();
        lookup.IsRevoked(Web with { Namespace = "foo" }, "08").Should().BeFalse();
    }

    [Fact]
    public void A_boundary_that_cannot_be_read_leaves_nothing_out() =>
        Of(Identity("web", "?")).IsRevoked(Web, "7f:ff:ff:ff:ff:ff:ff:ff").Should().BeTrue();

    [Fact]
    public void An_empty_list_revokes_nothing() => Of().IsRevoked(Web, string.Empty).Should().BeFalse();

    private static RevocationLookup Of(params RevocationEntry[] entries) => RevocationLookup.Of(new RevocationList(entries));

    internal static RevocationEntry Serial(string serial) =>
        new() { SerialNumber = serial, Datacenter = "dc1", RevokedAt = default, ExpiresAt = default };

    private static RevocationEntry Identity(string service, string before) => new()
    {
        SpiffeId = $"spiffe://x.consul/ns/default/dc/dc1/svc/{service}",
        Datacenter = "dc1",
        SerialsBefore = before,
        RevokedAt = default,
        ExpiresAt = default,
    };
}
