using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Leaves of servers that have no signing call (leaf-certificates LEAF-34), the published agent in front of a real socket.</summary>
public sealed class DelegatedLeafTests : IAsyncLifetime
{
    private readonly ScriptedConsulServer _server = ScriptedConsulServer.Start(setsNodeApart: true);
    private AgentProcess _agent = null!;

    public static TheoryData<string> Refused => new()
    {
        "another key", "another identity", "expired", "not yet valid", "no key", "no certificate", "truncated", "a number", "null",
    };

    public async Task InitializeAsync()
    {
        _server.Api.Signs = false;
        _agent = await StartAsync(delegates: true);
    }

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact] // the way out is in the error
    public async Task Without_the_setting_the_error_says_what_to_set()
    {
        await using var agent = await StartAsync(delegates: false);
        var leaf = await agent.LeafAsync("web");
        leaf.Status.Should().Be(500);
        leaf.Body.Should().Be(
            "the servers have no signing call (PUT /v1/connect/ca/sign): set connect_agent.delegate_leaf = true to take leaves and their keys from them");
        _server.Requests.Should().NotContain(request => request.IsLeaf);
    }

    [Fact] // LEAF-2, LEAF-52: watched by index, and shown for what it is
    public async Task Leaf_and_key_come_from_the_server_and_follow_it()
    {
        // Given
        var first = await _agent.GetAsync("/v1/agent/connect/ca/leaf/web?token=s3cret");
        first.Status.Should().Be(200, first.Body);
        using (var usable = X509Certificate2.CreateFromPem((string)first.Json["CertPEM"]!, (string)first.Json["PrivateKeyPEM"]!))
        {
            usable.HasPrivateKey.Should().BeTrue();
        }

        var held = await _server.SeenAsync(1, request => request.IsLeaf && request.Holds);
        held[0].Token.Should().Be("s3cret");
        var entry = (await _agent.GetAsync("/v1/agent/connect/cache?kind=connect-ca-leaf")).List.Should().ContainSingle().Subject!;
        entry["Leaf"]!["Source"]!.ToString().Should().Be("delegated");

        // When
        var blocked = _agent.GetAsync($"/v1/agent/connect/ca/leaf/web?token=s3cret&index={first.Index}&wait=60s");
        await _server.Api.RenewLeafAsync("web");

        // Then
        var second = await blocked;
        second.Status.Should().Be(200);
        second.Index.Should().BeGreaterThan(first.Index);
        ((string)second.Json["CertPEM"]!).Should().NotBe((string)first.Json["CertPEM"]!);
        _server.Requests.Count(request => request.IsLeaf && !request.Holds).Should().Be(2, "one for each leaf");
    }

    [Fact] // a server of this product signs, and the key stays here
    public async Task A_server_that_signs_is_asked_to()
    {
        _server.Api.Signs = true;
        (await _agent.LeafAsync("web")).Status.Should().Be(200);
        _server.Requests.Should().NotContain(request => request.IsLeaf);
        var entry = (await _agent.GetAsync("/v1/agent/connect/cache?kind=connect-ca-leaf")).List.Should().ContainSingle().Subject!;
        entry["Leaf"]!["Source"]!.ToString().Should().Be("signed");
    }

    [Theory] // what is refused replaces nothing, says why and is counted
    [MemberData(nameof(Refused))]
    public async Task A_leaf_that_is_not_what_was_asked_for_is_refused(string what)
    {
        // Given
        var first = await _agent.LeafAsync("web");
        await _server.SeenAsync(1, request => request.IsLeaf && request.Holds);
        var foreign = await ForeignAsync(what);
        _server.Api.Leaf = leaf => Spoil(what, leaf, foreign);
        if (what is "truncated" or "a number" or "null")
        {
            var body = what switch { "null" => "null", "a number" => "{\"CertPEM\":1,\"PrivateKeyPEM\":2}", _ => "{\"CertPEM\":\"-----BEG" };
            _server.Script(request => request.IsLeaf ? ScriptedAnswer.Ok(body, 99) : null);
        }

        // When
        await _server.Api.RenewLeafAsync("web");
        await ClientAgent.UntilAsync(async () => (await _agent.GetAsync("/v1/agent/metrics?format=prometheus")).Body.Split('\n').Any(
            line => line.StartsWith("connect_agent_servers_refused_total", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal)));

        // Then
        var kept = await _agent.LeafAsync("web");
        (kept.Status, (string)kept.Json["CertPEM"]!).Should().Be((200, (string)first.Json["CertPEM"]!));
        var fresh = await _agent.LeafAsync("api");
        fresh.Status.Should().Be(500);
        fresh.Body.Should().Contain("the answer is none of Consul's").And.NotContain("BEGIN");
    }

    [Theory] // a key never travels in the clear
    [InlineData("http://10.0.0.1:8500", "private keys would come from http://10.0.0.1:8500 in the clear: use https")]
    public async Task Plain_http_beyond_this_host_stops_the_start(string address, string text) =>
        (await ClientAgent.StartErrorAsync(new Uri(address), new JsonObject { ["delegate_leaf"] = true })).Should().Contain(text);

    private static JsonObject Spoil(string what, JsonObject leaf, (string Certificate, string Key) foreign)
    {
        switch (what)
        {
            case "another key":
                leaf["PrivateKeyPEM"] = foreign.Key;
                break;
            case "no key":
                leaf["PrivateKeyPEM"] = string.Empty;
                break;
            case "no certificate":
                leaf["CertPEM"] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
                break;
            default:
                leaf["CertPEM"] = foreign.Certificate;
                leaf["PrivateKeyPEM"] = foreign.Key;
                break;
        }

        return leaf;
    }

    private async Task<(string Certificate, string Key)> ForeignAsync(string what)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (what is "expired" or "not yet valid")
        {
            var web = new ServiceId(ScriptedServerClient.TrustDomainName, "dc1", "web");
            var request = CertificateRequest.LoadSigningRequest(
                CertificateRequests.For(web, key), HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
            var (from, until) = what == "expired" ? (DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(3))
                : (DateTimeOffset.UnixEpoch.AddYears(200), DateTimeOffset.UnixEpoch.AddYears(201));
            var generator = X509SignatureGenerator.CreateForECDsa(key);
            using var made = request.Create(request.SubjectName, generator, from, until, [1, 2, 3]);
            return (made.ExportCertificatePem(), key.ExportECPrivateKeyPem());
        }

        var other = new ServiceId(ScriptedServerClient.TrustDomainName, "dc1", "other");
        var signed = await _server.Content.SignLeafAsync(other, CertificateRequests.For(other, key), string.Empty, CancellationToken.None);
        return (signed.CertificatePem, key.ExportECPrivateKeyPem());
    }

    private Task<AgentProcess> StartAsync(bool delegates) => AgentProcess.StartClientAsync(
        [_server.Address],
        new JsonObject
        {
            ["connect_agent"] = new JsonObject { ["delegate_leaf"] = delegates },
            ["telemetry"] = new JsonObject { ["prometheus_retention_time"] = "1m" },
        });
}
