using ConnectAgent.Protocol.Identity;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol;

/// <summary>certificates section 2, intentions section 7.2.</summary>
public sealed class SpiffeIdTests
{
    private const string Domain = "11111111-2222-3333-4444-555555555555.consul";

    [Theory] // CERT-20
    [InlineData("web", "/svc/web")]
    [InlineData("sp ace", "/svc/sp%20ace")]
    [InlineData("q?x", "/svc/q%3Fx")]
    [InlineData("été", "/svc/%C3%A9t%C3%A9")]
    [InlineData("100%", "/svc/100%25")]
    [InlineData("a#b", "/svc/a%23b")]
    [InlineData("ns:x@y", "/svc/ns:x@y")]
    [InlineData("a'b(c)!*~$,;=&+", "/svc/a%27b%28c%29%21%2A~$,;=&+")]
    [InlineData("---", "/svc/---")]
    public void A_service_name_is_escaped_as_the_reference_does_and_comes_back(string service, string tail)
    {
        var id = new ServiceId(Domain, "dc1", service);
        id.ToString().Should().Be($"spiffe://{Domain}/ns/default/dc/dc1{tail}");
        SpiffeId.Parse(id.ToString()).Should().Be(id);
    }

    [Theory] // CERT-10 to CERT-15, SPIF-2, SPIF-3
    [InlineData("spiffe://x.consul/ns/default/dc/dc1/svc/web", typeof(ServiceId))]
    [InlineData("SPIFFE://x.consul/ns/default/dc/dc1/svc/web", typeof(ServiceId))]
    [InlineData("spiffe://x.consul:8443/ns/default/dc/dc1/svc/web", typeof(ServiceId))]
    [InlineData("spiffe://x.consul/ns/default/dc/dc1/svc/web?x=1#y", typeof(ServiceId))]
    [InlineData("spiffe:///ns/default/dc/dc1/svc/web", typeof(ServiceId))]
    [InlineData("spiffe://user@x.consul/ns/default/dc/dc1/svc/web", typeof(ServiceId))]
    [InlineData("spiffe://x.consul/ap/default/ns/default/dc/dc1/svc/web", typeof(ServiceId))]
    [InlineData("spiffe://x.consul/agent/client/dc/dc1/id/node1", typeof(AgentId))]
    [InlineData("spiffe://x.consul/agent/server/dc/dc1", typeof(ServerId))]
    [InlineData("spiffe://x.consul/gateway/mesh/dc/dc1", typeof(MeshGatewayId))]
    [InlineData("spiffe://x.consul/ap/p1/gateway/mesh/dc/dc1", typeof(MeshGatewayId))]
    [InlineData("spiffe://x.consul", typeof(SigningId))]
    public void A_known_form_is_recognised(string uri, Type kind) => SpiffeId.Parse(uri).Should().BeOfType(kind);

    [Theory] // CERT-22, CERT-27, SPIF-1, SPIF-2
    [InlineData("")]
    [InlineData("zork")]
    [InlineData("not a uri")]
    [InlineData(" spiffe://x.consul/ns/default/dc/dc1/svc/web")]
    [InlineData("spiffe://%zz/")]
    [InlineData("spiffe://x.consul/ns/default/dc/dc1/svc/%zz")]
    [InlineData("spiffe://x.consul/ns/default/dc/dc1/svc/a\nb")]
    [InlineData("http://x.consul/ns/default/dc/dc1/svc/web")]
    [InlineData("spiffe://x.consul/ns/default/svc/web")]
    [InlineData("spiffe://x.consul/ns/default/dc/dc1/svc/web/")]
    [InlineData("spiffe://x.consul/ns/default/dc/dc1/svc/web/x")]
    [InlineData("spiffe://x.consul/ns/default/dc/dc1/svc/")]
    [InlineData("spiffe://x.consul/NS/default/dc/dc1/svc/web")]
    [InlineData("spiffe://x.consul/n%73/default/dc/dc1/svc/web")]
    [InlineData("spiffe://abc")]
    [InlineData("spiffe://.consul")]
    [InlineData("spiffe://x.consul/")]
    [InlineData("spiffe://x.consul/ap/p1/agent/server/dc/dc1")]
    [InlineData("spiffe:x.consul/ns/default/dc/dc1/svc/web")]
    [InlineData("spiffe://x y.consul/ns/default/dc/dc1/svc/web")]
    [InlineData("spiffe://x.consul:80a/ns/default/dc/dc1/svc/web")]
    [InlineData("spiffe://us er@x.consul/ns/default/dc/dc1/svc/web")]
    [InlineData("spiffe://us<er@x.consul/ns/default/dc/dc1/svc/web")]
    [InlineData("spiffe://[::1/ns/default/dc/dc1/svc/web")]
    [InlineData("spiffe://[::1]x/ns/default/dc/dc1/svc/web")]
    [InlineData("spiffe://x.consul/ns/default/dc/dc1/svc/%FF")] // bytes that are no text could pass for another name
    public void Anything_else_is_refused(string uri) => SpiffeId.TryParse(uri, out _, out _).Should().BeFalse();

    [Fact] // SPIF-2: decoded after splitting
    public void An_escaped_slash_stays_inside_its_name() =>
        SpiffeId.Parse("spiffe://x.consul/ns/default/dc/dc1/svc/we%2Fb").Should().BeOfType<ServiceId>().Which.Service.Should().Be("we/b");

    [Fact] // CERT-22, CERT-27
    public void The_error_says_what_is_wrong()
    {
        _ = SpiffeId.TryParse("http://x.consul/", out _, out var scheme);
        scheme.Should().Be("SPIFFE ID must have 'spiffe' scheme");
        _ = SpiffeId.TryParse("spiffe://x.consul/ns/default/dc/dc1/svc/a/b", out _, out var form);
        form.Should().Be("SPIFFE ID is not in the expected format: spiffe://x.consul/ns/default/dc/dc1/svc/a/b");
    }

    [Fact] // CERT-5
    public void Trust_domains_compare_without_case() => new SigningId("AAAA.Consul").IsInTrustDomain("aaaa.consul").Should().BeTrue();

    [Theory] // SPIFFE-ID section 2.2
    [InlineData("web", true)]
    [InlineData("...", true)]
    [InlineData(".web", true)]
    [InlineData("sp ace", true)]
    [InlineData("we/b", true)] // SPIF-2
    [InlineData("\u00e9\U0001f600", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("web\0", false)]
    [InlineData("web\n", false)]
    [InlineData("\u007f", false)]
    [InlineData("\u0085", false)]
    public void FA_13_A_name_that_no_SPIFFE_ID_may_have_is_in_none(string name, bool isName)
    {
        SpiffePath.IsSegment(name).Should().Be(isName);
        var escaped = SpiffePath.Escape(name).Replace("/", "%2F", StringComparison.Ordinal);
        foreach (var form in new[] { "ns/{0}/dc/dc1/svc/web", "ns/default/dc/{0}/svc/web", "ns/default/dc/dc1/svc/{0}", "ap/{0}/ns/default/dc/dc1/svc/web", "agent/client/dc/dc1/id/{0}", "agent/server/dc/{0}", "gateway/mesh/dc/{0}" })
        {
            var uri = $"spiffe://{Domain}/" + form.Replace("{0}", escaped, StringComparison.Ordinal);
            SpiffeId.TryParse(uri, out _, out var error).Should().Be(isName, uri);
            (error == "SPIFFE ID is not in the expected format: " + uri).Should().BeTrue();
        }
    }

    [Fact] // two such names would have one UTF-8 form
    public void FA_13_A_half_of_a_surrogate_pair_is_no_name()
    {
        SpiffePath.IsSegment("a\ud800").Should().BeFalse();
        SpiffePath.IsSegment("\udc00a").Should().BeFalse();
        new ServiceId(Domain, "dc1", "a\ud800").HasUri(out _).Should().BeFalse();
    }

    [Theory] // CERT-21: what is read back must be what was meant
    [InlineData(Domain, "dc1", "web", true)]
    [InlineData(Domain, "dc1", "q?x#%41", true)]
    [InlineData(Domain, "dc1", "a/b", false)]
    [InlineData(Domain, "dc1", ".", false)]
    [InlineData(Domain, "..", "web", false)]
    [InlineData(Domain, "dc1/svc/x", "web", false)]
    [InlineData("evil.consul/ns/default/dc/dc1/svc/api?", "dc1", "web", false)]
    [InlineData("evil.consul/ns/default/dc/dc1/svc/api#", "dc1", "web", false)]
    [InlineData("root@x.consul", "dc1", "web", false)]
    public void FA_13_An_identity_has_a_URI_only_if_that_names_it(string host, string datacenter, string service, bool has)
    {
        var id = new ServiceId(host, datacenter, service);
        id.HasUri(out var error).Should().Be(has);
        error.Should().Be("SPIFFE ID is not in the expected format: " + id);
    }

    [Fact] // CERT-5 says ASCII
    public void FA_13_Trust_domains_fold_no_letters_but_those_of_ASCII() =>
        new SigningId("\u00c9.consul").IsInTrustDomain("\u00e9.consul").Should().BeFalse();
}
