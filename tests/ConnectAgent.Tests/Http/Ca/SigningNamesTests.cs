using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Http.Ca;

/// <summary>Names that no SPIFFE ID may have are in no certificate (certificates CERT-21, CERT-73 no. 6; SPIFFE-ID section 2.2).</summary>
public sealed class SigningNamesTests
{
    [Fact]
    public async Task FA_13_A_name_that_no_SPIFFE_ID_may_have_is_not_signed()
    {
        await using var agent = await InProcessAgent.StartAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        foreach (var service in new[] { ".", "..", "web\0", "web\n", "\u007f", "we\u0085b", "a/b", "a/../b", "web" })
        {
            var request = CertificateRequests.For(new ServiceId(InProcessAgent.TrustDomain, "dc1", service), key);
            var body = new JsonObject { ["Service"] = service, ["CSR"] = PemEncoding.WriteString("CERTIFICATE REQUEST", request) };
            var (status, text, _) = await agent.SendAsync("PUT", "/v1/connect/ca/sign", body.ToJsonString());
            status.Should().Be(service == "web" ? 200 : 400, "{0}: {1}", body["Service"]!.ToJsonString(), text);
        }
    }

    [Theory] // config-and-cli section 2
    [InlineData("dc1\n")]
    [InlineData("dc/1")]
    [InlineData(".")]
    [InlineData("")]
    public async Task FA_13_A_datacenter_that_no_SPIFFE_ID_may_have_stops_the_start(string name)
    {
        var start = () => InProcessAgent.StartAsync(configure: values => values.Set(NodeKeys.Datacenter, name));
        await start.Should().ThrowAsync<ConfigurationException>().WithMessage("datacenter can only contain lowercase alphanumeric, - or _ characters.*");
    }
}
