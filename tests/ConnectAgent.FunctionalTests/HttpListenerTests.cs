using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>http-conventions sections 10, 12 and 13 on real sockets.</summary>
public sealed class HttpListenerTests(SharedAgent shared) : IClassFixture<SharedAgent>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory] // SEC-2
    [InlineData("evil.example", 403)]
    [InlineData("evil.example:8500", 403)]
    [InlineData("10.0.0.1", 403)]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST:1", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("127.9.9.9", 200)]
    [InlineData("[::1]:8500", 200)]
    public async Task Only_our_own_names_are_accepted_as_Host(string host, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(shared.Agent.Address, "/v1/status/leader"));
        request.Headers.Host = host;
        using var answer = await shared.Agent.Http.SendAsync(request);
        ((int)answer.StatusCode).Should().Be(status);
        if (status == 403)
        {
            (await answer.Content.ReadAsStringAsync()).Should().StartWith("Host not allowed");
        }
    }

    [Theory] // SEC-3
    [InlineData("POST", "/v1/agent/connect/authorize", 403)]
    [InlineData("PUT", "/v1/connect/intentions/exact?source=a&destination=b", 403)]
    [InlineData("GET", "/v1/status/leader", 200)]
    public async Task A_web_page_cannot_write(string method, string path, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(shared.Agent.Address, path));
        request.Headers.Add("Origin", "http://evil.example");
        using var answer = await shared.Agent.Http.SendAsync(request);
        ((int)answer.StatusCode).Should().Be(status);
    }

    [Theory] // SEC-2, SEC-3: both have their switch
    [InlineData("mesh.internal", 200)]
    [InlineData("other.internal", 403)]
    public async Task A_configured_name_and_an_origin_that_CORS_allows_are_accepted(string host, int status)
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["connect_agent"] = new JsonObject { ["allowed_hosts"] = new JsonArray("mesh.internal") },
            ["http_config"] = new JsonObject
            {
                ["response_headers"] = new JsonObject { ["access-control-allow-origin"] = "http://ui.internal" },
            },
        });
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(agent.Address, "/v1/connect/intentions/exact?source=a&destination=b"))
        {
            Content = new StringContent("""{"Action":"allow"}"""),
        };
        request.Headers.Host = host;
        request.Headers.Add("Origin", "http://ui.internal");
        using var answer = await agent.Http.SendAsync(request);
        ((int)answer.StatusCode).Should().Be(status);
        if (status == 200)
        {
            answer.Headers.GetValues("Access-Control-Allow-Origin").Should().Equal("http://ui.internal");
        }
    }

    [Fact] // design decision 7, HDR-5, HDR-1
    public async Task Every_answer_is_nosniff_and_has_a_type_where_it_has_a_body()
    {
        foreach (var path in new[]
        {
            "/", "/v1/nope", "/v1//status/leader", "/v1/status/leader", "/v1/agent/connect/ca/roots?index=x", "/v1/agent/connect/ca/leaf/web",
            "/v1/connect/ca/roots?a;b", "/v1/connect/ca/roots?pem=1", "/v1/connect/intentions/exact?source=no&destination=no",
        })
        {
            using var answer = await shared.Agent.Http.GetAsync(new Uri(path, UriKind.Relative));
            answer.Headers.GetValues("X-Content-Type-Options").Should().Equal(["nosniff"], path);
            answer.Headers.Contains("Server").Should().BeFalse();
            var body = await answer.Content.ReadAsByteArrayAsync();
            (answer.Content.Headers.ContentType is not null).Should().Be(body.Length > 0, path);
        }
    }

    [Theory] // GZIP-1
    [InlineData("gzip", true)]
    [InlineData("deflate, gzip;q=0.5", true)]
    [InlineData("gzip;q=0", false)]
    [InlineData("identity", false)]
    public async Task Long_bodies_are_compressed_for_who_asks(string encoding, bool compressed)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(shared.Agent.Address, "/v1/agent/self?pretty"));
        request.Headers.TryAddWithoutValidation("Accept-Encoding", encoding);
        using var answer = await shared.Agent.Http.SendAsync(request);
        answer.Content.Headers.ContentEncoding.Contains("gzip").Should().Be(compressed);
        var body = await answer.Content.ReadAsStreamAsync();
        await using var plain = compressed ? new GZipStream(body, CompressionMode.Decompress) : body;
        (await JsonNode.ParseAsync(plain))!["Config"].Should().NotBeNull();
    }

    [Fact] // CONN-1
    public async Task One_connection_too_many_is_answered_429_and_closed()
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject { ["limits"] = new JsonObject { ["http_max_conns_per_client"] = 3 } });
        agent.Http.DefaultRequestHeaders.ConnectionClose = true;
        List<TcpClient> open = [];
        try
        {
            string? refusal = null;
            for (var i = 0; i < 4 && refusal is null; i++)
            {
                var client = new TcpClient();
                open.Add(client);
                await client.ConnectAsync(IPAddress.Loopback, agent.Address.Port);
                await client.GetStream().WriteAsync("GET /v1/status/leader HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
                var buffer = new byte[4096];
                var read = await client.GetStream().ReadAsync(buffer).AsTask().WaitAsync(Patience);
                var answer = Encoding.ASCII.GetString(buffer, 0, read);
                refusal = answer.StartsWith("HTTP/1.1 429", StringComparison.Ordinal) ? answer : null;
            }

            refusal.Should().StartWith("HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\n").And.Contain("Connection: close")
                .And.EndWith("\r\n\r\nYour IP is issuing too many concurrent connections, please rate limit your calls\n");
        }
        finally
        {
            open.ForEach(client => client.Dispose());
        }
    }

    [Theory] // LIS-4
    [InlineData("""{"cert_file":"CERT","key_file":"KEY","ca_file":"ROOTS","verify_incoming_https":true}""", true)]
    [InlineData("""
        {"tls":{"defaults":{"cert_file":"CERT","key_file":"KEY","ca_path":"DIRECTORY","tls_cipher_suites":"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
          "https":{"verify_incoming":true}}}
        """, false)]
    public async Task FA_8_HTTPS_serves_with_a_certificate_and_asks_for_one_when_told_to(string config, bool allOthers)
    {
        // Given: certificates of an agent's own CA
        using var folder = new TemporaryFolder();
        var leaf = await shared.LeafAsync("https-server");
        var certificate = folder.Write("server.pem", (string)leaf["CertPEM"]!);
        var key = folder.Write("server.key", (string)leaf["PrivateKeyPEM"]!);
        var directory = Directory.CreateDirectory(Path.Combine(folder.Path, "cas")).FullName;
        var roots = folder.Write("cas/roots.pem", await shared.Agent.Http.GetStringAsync(new Uri("/v1/connect/ca/roots?pem=1", UriKind.Relative)));
        var port = FreePorts.Next();
        var written = JsonNode.Parse(config.Replace("CERT", certificate, StringComparison.Ordinal).Replace("KEY", key, StringComparison.Ordinal)
            .Replace("ROOTS", roots, StringComparison.Ordinal).Replace("DIRECTORY", directory, StringComparison.Ordinal))!.AsObject();
        written["ports"] = new JsonObject { ["https"] = port };
        await using var agent = await AgentProcess.StartAsync(written);

        // When, then
        string[] common = ["-s", "--cacert", roots, "--connect-to", $"ignored:{port}:127.0.0.1:{port}", "-k", $"https://localhost:{port}/v1/status/leader"];
        var (withCode, withOutput, _) = await RunningProcess.RunAsync(
            "curl", ["--retry", "20", "--retry-connrefused", .. common, "--cert", certificate, "--key", key]);
        (withCode, withOutput).Should().Be((0, withOutput));
        withOutput.Should().Contain("127.0.0.1:");
        var (withoutCode, _, _) = await RunningProcess.RunAsync("curl", common);
        withoutCode.Should().NotBe(0, "a client without a certificate is turned away");

        // When, then: another suite than the one that is allowed
        var (otherCode, _, _) = await RunningProcess.RunAsync(
            "curl", [.. common, "--cert", certificate, "--key", key, "--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"]);
        (otherCode == 0).Should().Be(allOthers);
    }

    [Fact] // BODY-6
    public async Task A_body_over_the_bound_is_413()
    {
        using var body = new ByteArrayContent(new byte[1024 * 1024 + 1]);
        using var answer = await shared.Agent.Http.PostAsync(new Uri("/v1/agent/connect/authorize", UriKind.Relative), body);
        answer.StatusCode.Should().Be(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact] // HCFG-1, LIS-3
    public async Task Blocked_endpoints_and_restricted_writers_get_403()
    {
        using var folder = new TemporaryFolder();
        var socket = Path.Combine(folder.Path, "a.sock");
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["addresses"] = new JsonObject { ["http"] = $"127.0.0.1 unix://{socket}" },
            ["http_config"] = new JsonObject
            {
                ["block_endpoints"] = new JsonArray("/v1/agent/connect/ca/leaf/locked"),
                ["allow_write_http_from"] = new JsonArray("10.0.0.0/8"),
            },
        });
        using var blocked = await agent.Http.GetAsync(new Uri("/v1/agent/connect/ca/leaf/locked-too", UriKind.Relative));
        (await blocked.Content.ReadAsStringAsync()).Should().Be("Endpoint is blocked by agent configuration");
        using var body = new StringContent("""{"Action":"allow"}""");
        var path = new Uri("/v1/connect/intentions/exact?source=a&destination=b", UriKind.Relative);
        using var write = await agent.Http.PutAsync(path, body);
        ((int)write.StatusCode, await write.Content.ReadAsStringAsync()).Should().Be((403, "Access is restricted"));
        var (code, output, _) = await RunningProcess.RunAsync(
            "curl", ["-s", "--unix-socket", socket, "-X", "PUT", "-d", """{"Action":"allow"}""", "http://localhost" + path]);
        (code, output.TrimEnd()).Should().Be((0, "true"), "a caller over the Unix socket is as local as can be");
    }

    [Theory] // TOK-1 to TOK-4, LEAF-15, LEAF-16, intentions ACL-2, AUTHZ-23
    [InlineData("", 403, "Permission denied")]
    [InlineData("bogus", 403, "ACL not found")]
    [InlineData("root", 200, "")]
    public async Task With_ACLs_on_only_known_tokens_get_what_they_may(string token, int status, string text)
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["acl"] = new JsonObject
            {
                ["enabled"] = true,
                ["default_policy"] = "deny",
                ["tokens"] = new JsonObject { ["master"] = "root" },
            },
        });
        agent.Http.DefaultRequestHeaders.Add("X-Consul-Token", token);
        foreach (var path in new[] { "/v1/agent/connect/ca/leaf/web", "/v1/connect/intentions/match?by=source&name=a", "/v1/agent/self" })
        {
            using var answer = await agent.Http.GetAsync(new Uri(path, UriKind.Relative));
            ((int)answer.StatusCode).Should().Be(status, path);
            (await answer.Content.ReadAsStringAsync()).Should().StartWith(text);
        }

        using var roots = await agent.Http.GetAsync(new Uri("/v1/agent/connect/ca/roots", UriKind.Relative));
        roots.StatusCode.Should().Be(HttpStatusCode.OK, "roots are public (TOK-7)");
    }
}
