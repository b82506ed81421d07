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
}
