using ConnectAgent.Protocol.Identity;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.Protocol;

/// <summary>certificates section 3.</summary>
public sealed class CommonNamesTests
{
    private const string Domain = "11111111-2222-3333-4444-555555555555.consul";

    [Theory] // CERT-32, CERT-33 and the table of CERT-20
    [InlineData("web", "web.svc.default.11111111.consul")]
    [InlineData("sp ace", "space.svc.default.11111111.consul")]
    [InlineData("été", "t.svc.default.11111111.consul")]
    [InlineData("a'b(c)!*~$,;=&+", "abc.svc.default.11111111.consul")]
    [InlineData("Web_Service.V2", "webservicev2.svc.default.11111111.consul")]
    [InlineData("---", ".svc.default.11111111.consul")]
    public void A_service_name_is_sanitised(string service, string expected) =>
        CommonNames.ForService(service, "default", Domain).Should().Be(expected);

    [Fact] // CERT-33, observed
    public void A_long_name_is_cut_to_64_characters_in_all()
    {
        var name = CommonNames.ForService("averyveryveryveryveryveryveryveryveryveryverylongservicename-0123456789", "default", Domain);
        name.Should().HaveLength(64).And.StartWith("averyveryveryveryveryveryveryveryver.svc.default.");
    }

    [Fact] // CERT-33: always at most 64 characters, whatever the two names are
    public void No_common_name_is_longer_than_64_characters() =>
        Prop.ForAll<NonNull<string>, NonNull<string>>((service, ns) =>
            CommonNames.ForService(service.Get, CommonNames.Sanitize(ns.Get), Domain).Length <= 64).QuickCheckThrowOnFailure();

    [Theory] // CERT-36
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(0L)]
    [InlineData(-1L)]
    public void A_CA_label_has_one_to_eight_letters_and_digits(long random) =>
        CommonNames.UniqueLabel(random).Should().MatchRegex("^[0-9a-z]{1,8}$");

    [Fact] // CERT-35, CERT-31: the raw cluster ID, case kept
    public void A_CA_is_named_after_its_datacenter_provider_and_cluster() =>
        CommonNames.ForAuthority(isPrimary: true, "bunwcxt5", "consul", "AAAAAAAA-2222").Should().Be("pri-bunwcxt5.consul.ca.AAAAAAAA.consul");
}
