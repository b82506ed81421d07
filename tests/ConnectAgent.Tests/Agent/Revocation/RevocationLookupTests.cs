using ConnectAgent.Agent.Revocation;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;
using FluentAssertions;
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
    [InlineData("no serial", false)]
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
