using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.TestKit.Authority;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Our own signing call on the published daemon (certificates CERT-73 to CERT-75; docs/http-api.md).</summary>
public sealed class SigningTests(SharedAgent shared) : IClassFixture<SharedAgent>
{
    private const string TrustDomain = "11111111-2222-3333-4444-555555555555.consul";

    [Fact] // LEAF-2 without the key, CERT-80, LEAF-33
    public async Task A_request_is_signed_for_its_own_key_and_answered_as_a_leaf_without_one()
    {
        // Given
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var identity = new ServiceId(TrustDomain, "dc1", "Web");

        // When
        using var first = await SignAsync(shared.Agent, Body("Web", CertificateRequests.For(identity, key)));
        using var second = await SignAsync(shared.Agent, Body("Web", CertificateRequests.For(identity, key)), "?dc=dc1");

        // Then
        first.StatusCode.Should().Be(HttpStatusCode.OK);
        var leaf = (await first.Content.ReadFromJsonAsync<JsonObject>())!;
        leaf.Select(field => field.Key).Should().Equal(
            "SerialNumber", "CertPEM", "Service", "ServiceURI", "ValidAfter", "ValidBefore", "CreateIndex", "ModifyIndex");
        using var certificate = X509Certificate2.CreateFromPem((string)leaf["CertPEM"]!);
        certificate.GetECDsaPublicKey()!.ExportSubjectPublicKeyInfo().Should().Equal(key.ExportSubjectPublicKeyInfo());
        SanExtension.Read(certificate.Extensions).Uris.Should().Equal(identity.ToString());
        ((string)leaf["Service"]!, (string)leaf["ServiceURI"]!, (string)leaf["SerialNumber"]!)
            .Should().Be(("Web", identity.ToString(), ColonHex.FormatSerial(certificate.SerialNumberBytes.Span)));
        ((DateTimeOffset)leaf["ValidAfter"]!).UtcDateTime.Should().Be(certificate.NotBefore.ToUniversalTime());
        ((DateTimeOffset)leaf["ValidBefore"]!).UtcDateTime.Should().Be(certificate.NotAfter.ToUniversalTime());
        var roots = await shared.RootsAsync();
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem((string)roots["Roots"]![0]!["RootCert"]!);
        chain.Build(certificate).Should().BeTrue();
        CertificateJudge.Accept((string)leaf["CertPEM"]!, (string)roots["Roots"]![0]!["RootCert"]!).Should().Be(identity.ToString());
        var next = (await second.Content.ReadFromJsonAsync<JsonObject>())!;
        ((ulong)next["ModifyIndex"]!).Should().BeGreaterThan((ulong)leaf["ModifyIndex"]!);
    }

    [Theory] // CERT-73 no. 2 and 4 to 11, BODY-3
    [InlineData("", "Bad request: Request decode failed: EOF")]
    [InlineData("""{"Bogus":1}""", "Bad request: Request decode failed: json: unknown field \"Bogus\"")]
    [InlineData("{}", "Bad request: Service must be specified")]
    [InlineData("""{"Service":"web"}""", "no PEM-encoded data found")]
    [InlineData("""{"Service":"web","CSR":"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}""", "first PEM-block should be CERTIFICATE REQUEST type")]
    [InlineData("""{"Service":"web","CSR":"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"}""", "x509: CSR is malformed")]
    public async Task A_bad_body_is_refused_with_its_reason(string body, string expected)
    {
        using var answer = await SignAsync(shared.Agent, body);
        ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()).Should().Be((400, expected));
    }

    [Theory] // the authorized name counts, whatever the CSR asks for
    [InlineData("db", TrustDomain, "asks for")]
    [InlineData("web", "other.consul", "SPIFFE ID in CSR from a different trust domain: other.consul, we are ")]
    public async Task A_request_for_another_identity_is_refused(string service, string trustDomain, string expected)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var answer = await SignAsync(shared.Agent, Body("web", CertificateRequests.For(new ServiceId(trustDomain, "dc1", service), key)));
        ((int)answer.StatusCode).Should().Be(400);
        (await answer.Content.ReadAsStringAsync()).Should().Contain(expected);
    }

    [Fact] // DC-3, MET-1
    public async Task An_unknown_datacenter_and_another_method_are_refused_in_the_references_words()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var nowhere = await SignAsync(
            shared.Agent, Body("web", CertificateRequests.For(new ServiceId(TrustDomain, "nowhere", "web"), key)), "?dc=nowhere");
        ((int)nowhere.StatusCode, await nowhere.Content.ReadAsStringAsync()).Should().Be((500, "No path to datacenter"));
        using var get = await shared.Agent.Http.GetAsync(new Uri("/v1/connect/ca/sign", UriKind.Relative));
        ((int)get.StatusCode, await get.Content.ReadAsStringAsync()).Should().Be((405, "method GET not allowed"));
    }

    [Fact] // CERT-73 no. 3 and 8, LEAF-90
    public async Task Signing_needs_service_write()
    {
        const string Management = "3f2a0000-0000-4000-8000-00000000aaaa";
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["acl"] = new JsonObject
            {
                ["enabled"] = true,
                ["default_policy"] = "deny",
                ["tokens"] = new JsonObject { ["master"] = Management },
            },
        });
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var body = Body("web", CertificateRequests.For(new ServiceId(TrustDomain, "dc1", "web"), key));
        using var anonymous = await SignAsync(agent, body);
        using var unknown = await SignAsync(agent, body, token: "3f2a0000-0000-4000-8000-00000000bbbb");
        using var allowed = await SignAsync(agent, body, token: Management);
        ((int)anonymous.StatusCode, await anonymous.Content.ReadAsStringAsync()).Should().Be((403, "Permission denied"));
        ((int)unknown.StatusCode, await unknown.Content.ReadAsStringAsync()).Should().Be((403, "ACL not found"));
        allowed.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    private static async Task<HttpResponseMessage> SignAsync(AgentProcess agent, string body, string query = "", string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri("/v1/connect/ca/sign" + query, UriKind.Relative));
        request.Content = new StringContent(body);
        if (token is not null)
        {
            request.Headers.Add("X-Consul-Token", token);
        }

        return await agent.Http.SendAsync(request);
    }

    private static string Body(string service, byte[] certificateRequest) => new JsonObject
    {
        ["Service"] = service,
        ["CSR"] = PemEncoding.WriteString("CERTIFICATE REQUEST", certificateRequest),
    }.ToJsonString();
}
