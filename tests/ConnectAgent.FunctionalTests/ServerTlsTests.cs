using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

#pragma warning disable CA1001 // xunit calls DisposeAsync.
/// <summary>Mutual TLS between an agent and a real server that asks for a certificate (design decision 7).</summary>
public sealed class ServerTlsTests : IAsyncLifetime
{
    private static readonly DateTimeOffset From = DateTimeOffset.UnixEpoch;
    private static readonly DateTimeOffset Until = From.AddYears(200);
    private readonly TemporaryFolder _folder = new();
    private readonly ECDsa _authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;
    private readonly string _authorityFile;
    private readonly int _port = FreePorts.Next();
    private AgentProcess _server = null!;

    public ServerTlsTests()
    {
        var request = new CertificateRequest("CN=mesh CA", _authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        _authority = request.CreateSelfSigned(From, Until);
        _authorityFile = _folder.Write("ca.pem", _authority.ExportCertificatePem());
    }

    private Uri[] Address => [new($"https://127.0.0.1:{_port}")];

    public async Task InitializeAsync()
    {
        var (certificate, key) = Issue("server", "server.dc1.consul");
        _server = await AgentProcess.StartAsync(new JsonObject
        {
            ["ports"] = new JsonObject { ["https"] = _port },
            ["ca_file"] = _authorityFile,
            ["cert_file"] = certificate,
            ["key_file"] = key,
            ["verify_incoming"] = true,
        });
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _authority.Dispose();
        _authorityKey.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task With_a_certificate_and_the_servers_name_everything_works()
    {
        var (certificate, key) = Issue("agent", "agent.dc1.consul");
        await using var agent = await StartAsync(certificate, key, "server.dc1.consul");
        await agent.WarmAsync();
        (await agent.GetAsync("/v1/connect/intentions")).Status.Should().Be(200);
    }

    [Fact]
    public async Task Without_a_certificate_the_server_refuses()
    {
        await using var agent = await StartAsync(null, null, "server.dc1.consul");
        (await agent.RootsAsync()).Status.Should().Be(500);
    }

    [Fact] // what another CA vouches for is nobody's
    public async Task A_certificate_of_another_CA_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var own = new CertificateRequest("CN=agent", key, HashAlgorithmName.SHA256).CreateSelfSigned(From, Until);
        await using var agent = await StartAsync(
            _folder.Write("own.pem", own.ExportCertificatePem()), _folder.Write("own.key", key.ExportPkcs8PrivateKeyPem()), "server.dc1.consul");
        (await agent.RootsAsync()).Status.Should().Be(500);
    }

    [Theory] // a certificate of the right CA for somebody else
    [InlineData("server.dc2.consul")]
    [InlineData(null)]
    public async Task A_server_with_another_name_is_not_believed(string? name)
    {
        var (certificate, key) = Issue("agent", "agent.dc1.consul");
        await using var agent = await StartAsync(certificate, key, name);
        var refused = await agent.RootsAsync();
        refused.Status.Should().Be(500);
        refused.Body.Should().StartWith($"rpc error getting client: failed to get conn: https://127.0.0.1:{_port}: The remote certificate");
    }

    [Theory] // a bad file stops the start and is named, its content is not
    [InlineData("server_cert_file", "connect_agent.server_cert_file and connect_agent.server_key_file go together")]
    [InlineData("server_ca_file", "cannot be used")]
    [InlineData("both", "connect_agent.server_cert_file*connect_agent.server_key_file*cannot be used")]
    public async Task What_cannot_be_used_stops_the_start(string key, string text)
    {
        var file = _folder.Write("bad.pem", "no certificate at all");
        var settings = key == "both"
            ? new JsonObject { ["server_cert_file"] = file, ["server_key_file"] = file } : new JsonObject { [key] = file };
        (await ClientAgent.StartErrorAsync(Address[0], settings)).Should().Match("*" + text + "*").And.NotContain("no certificate at all");
    }

    [Fact] // config-and-cli PROC-4, services AG-29: certificates run out while the agent runs
    public async Task A_reload_reads_the_files_of_the_way_to_the_servers_again()
    {
        // Given: a CA that did not certify the server, and a certificate that the server does not take
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = new CertificateRequest("CN=agent", key, HashAlgorithmName.SHA256).CreateSelfSigned(From, Until);
        var trusted = await File.ReadAllTextAsync(_authorityFile);
        var (authority, certificate) = (_folder.Write("trusted.pem", other.ExportCertificatePem()), _folder.Write("mine.pem", other.ExportCertificatePem()));
        await using var agent = await StartAsync(certificate, _folder.Write("mine.key", key.ExportPkcs8PrivateKeyPem()), "server.dc1.consul", authority);
        (await agent.RootsAsync()).Body.Should().Contain("The remote certificate");

        // When: one after the other
        _folder.Write("trusted.pem", trusted);
        (await ReloadAsync(agent)).Should().Be((200, string.Empty));
        var refused = await agent.RootsAsync();
        (refused.Status, refused.Body.Contains("The remote certificate")).Should().Be((500, false), "now it is the server that refuses: {0}", refused.Body);
        Issue("mine", "agent.dc1.consul");
        (await ReloadAsync(agent)).Should().Be((200, string.Empty));

        // Then
        await ClientAgent.UntilAsync(async () => (await agent.RootsAsync()).Status == 200);
        await agent.WarmAsync();

        // A file that cannot be used changes nothing.
        _folder.Write("mine.key", "no key at all");
        var (status, text) = await ReloadAsync(agent);
        status.Should().Be(500);
        text.Should().Contain("connect_agent.server_key_file").And.Contain("cannot be used").And.NotContain("no key at all");
        (await agent.AuthorizeAsync("another")).Status.Should().Be(200);
    }

    private static async Task<(int Status, string Text)> ReloadAsync(AgentProcess agent)
    {
        using var answer = await agent.Http.PutAsync(new Uri("/v1/agent/reload", UriKind.Relative), null);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private Task<AgentProcess> StartAsync(string? certificate, string? key, string? name, string? authority = null) => AgentProcess.StartClientAsync(
        Address,
        new JsonObject
        {
            ["connect_agent"] = new JsonObject
            {
                ["server_ca_file"] = authority ?? _authorityFile,
                ["server_cert_file"] = certificate ?? string.Empty,
                ["server_key_file"] = key ?? string.Empty,
                ["server_name"] = name ?? string.Empty,
            },
        });

    private (string Certificate, string Key) Issue(string file, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        using var certificate = request.Create(_authority, From.AddYears(1), Until.AddYears(-1), RandomNumberGenerator.GetBytes(8));
        return (_folder.Write(file + ".pem", certificate.ExportCertificatePem()), _folder.Write(file + ".key", key.ExportPkcs8PrivateKeyPem()));
    }
}
