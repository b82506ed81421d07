using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using ConnectAgent.Cli.Doctor;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Cli.Doctor;

/// <summary>What <c>doctor</c> makes of ends and clocks.</summary>
public sealed class CertificateChecksTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(31, "ok", "CA: the root is good until 2030-02-01T00:00:00Z")]
    [InlineData(29, "warn", "CA: the root is good until 2030-01-30T00:00:00Z")]
    [InlineData(-1, "fail", "CA: the root has expired at 2029-12-31T00:00:00Z")]
    public void A_root_is_warned_of_before_it_ends(int days, string state, string what)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = new CertificateRequest("CN=root", key, HashAlgorithmName.SHA256).CreateSelfSigned(Now.AddYears(-1), Now.AddDays(days));
        var json = JsonSerializer.SerializeToElement(new { Roots = new object[] { new { Active = false, RootCert = "" }, new { Active = true, RootCert = root.ExportCertificatePem() } } });
        var finding = CertificateChecks.OfRoots(json, Now);
        (finding.State, finding.What).Should().Be((state, what));
        (finding.ToDo.Length > 0).Should().Be(state != "ok");
    }

    [Fact]
    public void Roots_without_an_active_one_are_a_failure() =>
        CertificateChecks.OfRoots(JsonElement.Parse("""{"Roots":[]}"""), Now).State.Should().Be("fail");

    [Theory]
    [InlineData(-1, null, null, "fail", "leaf of spiffe://x/svc/web: expired at 2029-12-31T23:00:00Z")]
    [InlineData(5, "no server", null, "warn", "leaf of spiffe://x/svc/web: is not renewed: no server")]
    [InlineData(5, null, -20, "warn", "leaf of spiffe://x/svc/web: its renewal is overdue")]
    [InlineData(5, null, 20, "ok", "leaves: 1, all good until 2030-01-01T05:00:00Z")]
    public void A_leaf_that_is_not_renewed_is_named(int hours, string? error, int? renewalInMinutes, string state, string what)
    {
        var leaf = JsonSerializer.SerializeToElement(new
        {
            Key = "web",
            LastError = error is null ? null : new { Text = error },
            Leaf = new { SpiffeId = "spiffe://x/svc/web", ValidUntil = Now.AddHours(hours), NextRenewal = renewalInMinutes is { } minutes ? Now.AddMinutes(minutes) : (DateTimeOffset?)null },
        });
        var finding = CertificateChecks.OfLeaves([leaf], Now).Should().ContainSingle().Subject;
        (finding.State, finding.What).Should().Be((state, what));
    }

    [Theory]
    [InlineData(3, "ok")]
    [InlineData(-10, "warn")]
    [InlineData(61, "fail")]
    public void A_clock_that_is_off_by_more_than_certificates_are_dated_back_is_a_failure(int seconds, string state) =>
        CertificateChecks.OfClock("it", Now.AddSeconds(seconds).ToString("r", CultureInfo.InvariantCulture), Now)!.State.Should().Be(state);

    [Fact]
    public void An_answer_without_a_time_says_nothing_of_the_clock() => CertificateChecks.OfClock("it", null, Now).Should().BeNull();
}
