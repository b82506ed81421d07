using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>The CA's configuration over HTTP and from the agent's files (ca section 2), beyond what the recordings show.</summary>
public sealed class CaConfigurationTests
{
    private static readonly Uri Configuration = new("/v1/connect/ca/configuration", UriKind.Relative);

    [Fact] // CA-21
    public async Task Reading_and_writing_need_operator_write()
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["acl"] = new JsonObject { ["enabled"] = true, ["default_policy"] = "deny", ["tokens"] = new JsonObject { ["master"] = "root" } },
        });
        (await SendAsync(agent, HttpMethod.Get)).Should().Be((403, "Permission denied"));
        (await SendAsync(agent, HttpMethod.Put, """{"Provider":"consul"}""")).Should().Be((403, "Permission denied"));
        (await SendAsync(agent, HttpMethod.Put, """{"Provider":"consul"}""", "unknown")).Should().Be((403, "ACL not found"));
        (await SendAsync(agent, HttpMethod.Get, token: "root")).Status.Should().Be(200);
    }

    [Fact] // CA-22, CA-23, NS-2, and CA-11
    public async Task Bodies_methods_and_parameters_are_answered_as_the_rules_say()
    {
        await using var agent = await AgentProcess.StartAsync();
        (await SendAsync(agent, HttpMethod.Put, "null")).Should().Be((400, "Bad request: Request decode failed: EOF"));
        (await SendAsync(agent, HttpMethod.Put, """{"Config":[]}""")).Text.Should().StartWith("Bad request: Request decode failed: json: cannot unmarshal array into");
        (await SendAsync(agent, HttpMethod.Put, """{"provider":"consul","CONFIG":{"LeafCertTTL":"4h"},"force_without_cross_signing":true,"CreateIndex":0,"ModifyIndex":0,"State":null}"""))
            .Should().Be((200, string.Empty));
        var stored = JsonNode.Parse((await SendAsync(agent, HttpMethod.Get)).Text)!;
        stored["Config"]!.ToJsonString().Should().Be("""{"LeafCertTTL":"4h"}""");
        ((bool)stored["ForceWithoutCrossSigning"]!).Should().BeTrue();
        (await SendAsync(agent, HttpMethod.Put, "{}", path: "?dc=nowhere")).Should().Be((500, "No path to datacenter"));
        (await SendAsync(agent, HttpMethod.Get, path: "?ns=foo")).Status.Should().Be(200);
        using var options = new HttpRequestMessage(HttpMethod.Options, Configuration);
        using var answer = await agent.Http.SendAsync(options);
        answer.Content.Headers.Allow.Should().Equal("OPTIONS", "GET", "PUT");
        await using var off = await AgentProcess.StartAsync(new JsonObject { ["connect"] = new JsonObject { ["enabled"] = false } });
        (await SendAsync(off, HttpMethod.Get)).Should().Be((500, "Connect must be enabled in order to use this endpoint"));
        (await SendAsync(off, HttpMethod.Put, "{}")).Should().Be((500, "Connect must be enabled in order to use this endpoint"));
    }

    [Fact] // CA-30, CERT-1: the files' spelling becomes the wire's
    public async Task The_files_give_the_first_configuration()
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["connect"] = new JsonObject
            {
                ["ca_config"] = new JsonObject
                {
                    ["leaf_cert_ttl"] = "5h",
                    ["PrivateKeyType"] = "rsa",
                    ["private_key_bits"] = "2048",
                    ["csr_max_per_second"] = 7,
                    ["own"] = 1,
                },
            },
        });
        var config = JsonNode.Parse((await SendAsync(agent, HttpMethod.Get)).Text)!["Config"]!.ToJsonString();
        config.Should().Be(
            """{"CSRMaxPerSecond":7,"IntermediateCertTTL":"8760h","LeafCertTTL":"5h","PrivateKeyBits":"2048","PrivateKeyType":"rsa","cluster_id":"11111111-2222-3333-4444-555555555555","own":1}""");
        var roots = JsonNode.Parse(await agent.Http.GetStringAsync(new Uri("/v1/connect/ca/roots", UriKind.Relative)))!;
        ((string)roots["Roots"]![0]!["PrivateKeyType"]!).Should().Be("rsa");
    }

    [Theory] // CA-31: what a PUT refuses, the start refuses, and no key is quoted
    [InlineData("""{"leaf_cert_ttl":"1m"}""", "leaf cert TTL must be greater or equal than 1h0m0s")]
    [InlineData("""{"private_key":"SECRET"}""", "no PEM-encoded data found")]
    [InlineData("""{"private_key_type":"dsa"}""", "private key type must be either 'ec' or 'rsa'")]
    [InlineData("""{"cluster_id":"x"}""", "connect.ca_config.cluster_id must be a valid UUID: x")]
    public async Task Bad_files_stop_the_start(string config, string text)
    {
        using var folder = new TemporaryFolder();
        var file = AgentProcess.Base(folder.Path);
        file["connect"]!["ca_config"] = JsonNode.Parse(config);
        var path = folder.Write("bad.json", file.ToJsonString());
        var (code, output, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["agent", "-config-file", path]);
        code.Should().Be(1);
        errors.Should().Contain(text);
        (output + errors).Should().NotContain("SECRET");
    }

    [Theory] // CA-35
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_key_is_shown_only_where_that_is_set_and_hidden_keeps_it(bool shown)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = key.ExportECPrivateKeyPem();
        await using var agent = await AgentProcess.StartAsync(new JsonObject { ["connect_agent"] = new JsonObject { ["show_ca_secrets"] = shown } });
        var body = new JsonObject { ["Provider"] = "consul", ["Config"] = new JsonObject { ["PrivateKey"] = pem } };
        (await SendAsync(agent, HttpMethod.Put, body.ToJsonString())).Status.Should().Be(200);
        var read = JsonNode.Parse((await SendAsync(agent, HttpMethod.Get)).Text)!.AsObject();
        ((string)read["Config"]!["PrivateKey"]!).Should().Be(shown ? pem : "hidden");

        // Read, modify, write: the root stays.
        read["Config"]!["LeafCertTTL"] = "9h";
        (await SendAsync(agent, HttpMethod.Put, read.ToJsonString())).Should().Be((200, string.Empty));
        var roots = JsonNode.Parse(await agent.Http.GetStringAsync(new Uri("/v1/connect/ca/roots", UriKind.Relative)))!["Roots"]!.AsArray();
        roots.Should().HaveCount(2);
        (agent.Process.Output + agent.Process.Errors).Should().NotContain(pem.Split('\n')[1]);
    }

    private static async Task<(int Status, string Text)> SendAsync(
        AgentProcess agent, HttpMethod method, string? body = null, string? token = null, string path = "")
    {
        using var request = new HttpRequestMessage(method, new Uri(Configuration + path, UriKind.Relative));
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        if (token is not null)
        {
            request.Headers.Add("X-Consul-Token", token);
        }

        using var answer = await agent.Http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
