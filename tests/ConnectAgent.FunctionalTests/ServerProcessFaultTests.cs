using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Authority;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Two published processes, an agent and its server, which is paused or killed (agent-cache section 12 test 7, clients of a cluster).</summary>
public sealed class ServerProcessFaultTests : IAsyncLifetime
{
    private AgentProcess _server = null!;
    private AgentProcess _agent = null!;

    public async Task InitializeAsync()
    {
        _server = await AgentProcess.StartAsync();
        _agent = await AgentProcess.StartClientAsync(
            [_server.Address], new JsonObject { ["connect_agent"] = new JsonObject { ["server_timeout"] = "1s" } });
    }

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact] // the whole way: an intention that is written at the server decides at the agent
    public async Task A_change_at_the_server_reaches_the_agent()
    {
        await _agent.WarmAsync();
        ((bool)(await _agent.AuthorizeAsync("db")).Json["Authorized"]!).Should().BeTrue();
        await DenyAsync(_server);
        await ClientAgent.UntilAsync(async () => !(bool)(await _agent.AuthorizeAsync("db")).Json["Authorized"]!);
        (await _agent.AuthorizeAsync("db")).Json["Reason"]!.ToString().Should().Be(
            "Matched L4 intention: default/web => default/db (Precedence: 9, Action: DENY)");
        var self = (await _agent.GetAsync("/v1/agent/self")).Json;
        ((bool)self["Config"]!["Server"]!).Should().BeFalse();
    }

    [Fact] // CACHE-26, CACHE-29: silence is no failure until an answer is overdue
    public async Task A_paused_server_delays_new_keys_for_a_bounded_time_and_nothing_else()
    {
        // Given
        var warm = await _agent.WarmAsync();

        // When
        await _server.Process.SignalAsync("STOP");
        try
        {
            // Then
            await _agent.StillServesAsync(warm, knownLeader: null);
            var blocked = await _agent.RootsAsync($"?index={warm.RootsIndex}&wait=50ms");
            (blocked.Status, blocked.Index).Should().Be((200, warm.RootsIndex), "the read at the server is still being held");
            await _agent.FailsNewKeysAsync("other", "no answer within 1 s");
            await _agent.StillServesAsync(warm, knownLeader: null);
        }
        finally
        {
            await _server.Process.SignalAsync("CONT");
        }

        await ClientAgent.UntilAsync(async () => (await _agent.AuthorizeAsync("other")).Status == 200);
        (await _agent.LeafAsync("other")).Status.Should().Be(200);
        await DenyAsync(_server);
        await ClientAgent.UntilAsync(async () => !(bool)(await _agent.AuthorizeAsync("db")).Json["Authorized"]!);
    }

    [Fact] // CACHE-9, CACHE-18, CACHE-29, LEAF-45, LEAF-54
    public async Task A_killed_server_is_missed_by_new_keys_only_and_its_successor_is_believed()
    {
        // Given
        var warm = await _agent.WarmAsync();
        await DenyAsync(_server);
        await ClientAgent.UntilAsync(async () => !(bool)(await _agent.AuthorizeAsync("db")).Json["Authorized"]!);
        var blocked = _agent.RootsAsync($"?index={warm.RootsIndex}&wait=60s");
        await _agent.WaitedOnAsync("connect-ca-root");

        // When
        await _server.Process.SignalAsync("KILL");
        await _server.Process.ExitAsync(TimeSpan.FromSeconds(60));

        // Then
        (await blocked).Status.Should().Be(500);
        await ClientAgent.UntilAsync(async () => int.Parse((await _agent.RootsAsync()).Header("Age")) > 0);
        await _agent.StillServesAsync(warm, knownLeader: false);
        ((bool)(await _agent.AuthorizeAsync("db")).Json["Authorized"]!).Should().BeFalse("the rule is remembered");
        await _agent.FailsNewKeysAsync("other", "failed to get conn");

        // When: another life on the same port, with another root and lower indexes
        await using var successor = await AgentProcess.StartAsync(
            new JsonObject { ["ports"] = new JsonObject { ["http"] = _server.Address.Port } });
        await _agent.RecoveredAsync();

        // Then
        var roots = await _agent.RootsAsync();
        ((string)roots.Json["ActiveRootID"]!).Should().NotBe(warm.ActiveRootId);
        var leaf = await _agent.LeafAsync("web");
        await ClientAgent.UntilAsync(async () => (string)(leaf = await _agent.LeafAsync("web")).Json["CertPEM"]! != warm.CertPem);
        using var certificate = X509Certificate2.CreateFromPem((string)leaf.Json["CertPEM"]!, (string)leaf.Json["PrivateKeyPEM"]!);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem((string)roots.Json["Roots"]![0]!["RootCert"]!);
        chain.Build(certificate).Should().BeTrue("a leaf of the former root is replaced when somebody looks");
        CertificateJudge.Accept((string)leaf.Json["CertPEM"]!, (string)roots.Json["Roots"]![0]!["RootCert"]!).Should().Be((string)leaf.Json["ServiceURI"]!);
        await ClientAgent.UntilAsync(async () => (bool)(await _agent.AuthorizeAsync("db")).Json["Authorized"]!);
        (await _agent.AuthorizeAsync("other")).Status.Should().Be(200);
    }

    [Fact] // CACHE-29, LEAF-80: with its data directory a server comes back as itself
    public async Task A_server_that_is_restarted_changes_nothing_for_the_agent()
    {
        var warm = await _agent.WarmAsync();
        await DenyAsync(_server);
        await ClientAgent.UntilAsync(async () => !(bool)(await _agent.AuthorizeAsync("db")).Json["Authorized"]!);
        await _server.Process.SignalAsync("KILL");
        await _server.Process.ExitAsync(TimeSpan.FromSeconds(60));
        await using var successor = await AgentProcess.StartAsync(new JsonObject
        {
            ["ports"] = new JsonObject { ["http"] = _server.Address.Port },
            ["data_dir"] = Path.Combine(_server.Folder, "data"),
        });
        await _agent.RecoveredAsync();
        await _agent.StillServesAsync(warm, knownLeader: true);
        ((bool)(await _agent.AuthorizeAsync("db")).Json["Authorized"]!).Should().BeFalse();
        (await _agent.LeafAsync("other")).Status.Should().Be(200);
    }

    [Fact] // what is the servers' own goes to them and comes back as it is
    public async Task The_servers_API_is_forwarded()
    {
        // Given
        var all = await _agent.GetAsync("/v1/connect/intentions");
        var blocked = _agent.GetAsync($"/v1/connect/intentions?index={all.Index}&wait=60s");

        // When
        await DenyAsync(_agent);

        // Then
        var woken = await blocked;
        woken.List.Should().ContainSingle().Which!["DestinationName"]!.ToString().Should().Be("db");
        foreach (var path in new[]
        {
            "/v1/status/leader", "/v1/connect/ca/roots", "/v1/connect/ca/roots?pem=true", "/v1/connect/ca/roots?pem=maybe", "/v1/connect/ca/roots?dc=nope",
            "/v1/connect/ca/nothing", "/v1/connect/ca/sign", "/v1/connect/intentions?filter=SourceName%3D%3D%22web%22", "/v1/connect/intentions?filter=%3D",
            "/v1/connect/intentions/match?by=destination&name=db&name=default/web", "/v1/connect/intentions/check?source=web&destination=db&ns=x",
        })
        {
            var (here, there) = (await _agent.GetAsync(path), await _server.GetAsync(path));
            (here.Status, here.Body).Should().Be((there.Status, there.Body), path);

            // Of a path that is none of its own the server says nothing; here it is a path that is forwarded.
            here.Headers.Where(IsOurs).Should().BeEquivalentTo(there.Headers.Where(IsOurs), path);
        }
    }

    [Fact] // design decision 7
    public async Task Over_https_only_a_server_that_the_CA_vouches_for_is_believed()
    {
        // Given
        using var folder = new TemporaryFolder();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        var certificateFile = folder.Write("server.pem", certificate.ExportCertificatePem());
        var port = FreePorts.Next();
        await using var server = await AgentProcess.StartAsync(new JsonObject
        {
            ["ports"] = new JsonObject { ["https"] = port },
            ["cert_file"] = certificateFile,
            ["key_file"] = folder.Write("server.key", key.ExportPkcs8PrivateKeyPem()),
        });
        Uri[] address = [new($"https://127.0.0.1:{port}")];

        // When
        await using var trusting = await AgentProcess.StartClientAsync(address, new JsonObject { ["ca_file"] = certificateFile });
        await using var careful = await AgentProcess.StartClientAsync(address);

        // Then
        await trusting.WarmAsync();
        var refused = await careful.RootsAsync();
        refused.Status.Should().Be(500);
        refused.Body.Should().StartWith($"rpc error getting client: failed to get conn: https://127.0.0.1:{port}: The remote certificate");
    }

    private static bool IsOurs(KeyValuePair<string, string> header) => header.Key is not ("Date" or "Vary" or "X-Consul-Default-Acl-Policy");

    private static async Task DenyAsync(AgentProcess server)
    {
        using var answer = await server.Http.PutAsJsonAsync(
            new Uri("/v1/connect/intentions/exact?source=web&destination=db", UriKind.Relative), new JsonObject { ["Action"] = "deny" });
        answer.EnsureSuccessStatusCode();
    }
}
