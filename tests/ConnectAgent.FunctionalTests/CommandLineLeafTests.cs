using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Authority;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary><c>leaf get</c>, <c>leaf renew</c> and <c>leaf write</c> against the published daemon.</summary>
public sealed class CommandLineLeafTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Get_prints_the_key_only_when_it_is_asked_to()
    {
        await using var agent = await AgentProcess.StartAsync();
        var (exit, pem, errors) = await agent.CommandAsync("leaf", "get", "web");
        (exit, errors).Should().Be((0, string.Empty));
        pem.Should().StartWith("-----BEGIN CERTIFICATE-----").And.NotContain("KEY");
        X509Certificate2.CreateFromPem(pem).Subject.Should().NotBeEmpty();

        var both = (await agent.SecretCommandAsync("leaf", "get", "web", "-key")).Output;
        using var pair = X509Certificate2.CreateFromPem(both, both);
        pair.HasPrivateKey.Should().BeTrue();

        var json = JsonNode.Parse((await agent.CommandAsync("leaf", "get", "-format=json", "web")).Output)!.AsObject();
        json.Should().ContainKey("CertPEM").And.NotContainKey("PrivateKeyPEM");
        JsonNode.Parse((await agent.SecretCommandAsync("leaf", "get", "-format=json", "-key", "web")).Output)!.AsObject().Should().ContainKey("PrivateKeyPEM");
    }

    [Theory]
    [InlineData("Missing SERVICE argument\n", "leaf", "get")]
    [InlineData("Too many arguments (expected 1, got 2)\n", "leaf", "renew", "web", "db")]
    [InlineData("Invalid format: yaml\n", "leaf", "get", "web", "-format=yaml")]
    [InlineData("The -dir flag is required\n", "leaf", "write", "web")]
    [InlineData("invalid value \"0644\" for flag -mode: a file with a key has the mode 0600, 0640 or 0660\n", "leaf", "write", "web", "-dir", "/nowhere", "-mode", "0644")]
    [InlineData("Error reading the certificate of a/b: Unexpected response code: 500 (SPIFFE ID is not in the expected format: spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/a/b)\n", "leaf", "get", "a/b")]
    public async Task What_cannot_be_is_told(string expected, params string[] words)
    {
        await using var agent = await AgentProcess.StartAsync();
        (await agent.CommandAsync(words)).Should().Be((1, string.Empty, expected));
    }

    [Fact]
    public async Task Renew_has_another_certificate_issued()
    {
        await using var agent = await AgentProcess.StartAsync();
        var before = SerialOf((await agent.CommandAsync("leaf", "get", "web", "-format=json")).Output);
        var (exit, output, errors) = await agent.CommandAsync("leaf", "renew", "web");
        (exit, errors).Should().Be((0, string.Empty));
        var after = SerialOf((await agent.CommandAsync("leaf", "get", "web", "-format=json")).Output);
        after.Should().NotBe(before);
        output.Should().StartWith($"Renewed the certificate of web: serial number {after}, valid until ");
    }

    [Fact]
    public async Task Write_once_leaves_files_that_belong_together_and_that_nobody_else_reads()
    {
        // Given
        using var folder = new TemporaryFolder();
        await using var agent = await AgentProcess.StartAsync();
        var directory = Path.Combine(folder.Path, "web");

        // When
        var (exit, output, errors) = await agent.CommandAsync("leaf", "write", "web", "-dir", directory, "-once", "-exec", $"echo told >> {folder.Path}/told");

        // Then
        (exit, errors).Should().Be((0, string.Empty));
        output.Should().StartWith("Wrote the certificate of web: serial number ").And.EndWith("Ran the command\n");
        string Read(string name) => File.ReadAllText(Path.Combine(directory, name));
        CertificateJudge.Accept(Read("cert.pem"), Read("roots.pem")).Should().EndWith("/svc/web");
        X509Certificate2.CreateFromPem(Read("cert.pem"), Read("key.pem")).Dispose();
        Read("combined.pem").Should().Be(Read("cert.pem") + Read("key.pem"));
        Read("crl.pem").Should().StartWith("-----BEGIN X509 CRL-----");
        Modes(directory).Should().Equal("cert.pem 644", "combined.pem 600", "crl.pem 644", "key.pem 600", "roots.pem 644");

        // Again: nothing has changed, nobody is told; another mode is a change.
        var link = new DirectoryInfo(Path.Combine(directory, "..data")).LinkTarget;
        (await agent.CommandAsync("leaf", "write", "web", "-dir", directory, "-once", "-exec", $"echo told >> {folder.Path}/told")).Output.Should().BeEmpty();
        new DirectoryInfo(Path.Combine(directory, "..data")).LinkTarget.Should().Be(link);
        (await agent.CommandAsync("leaf", "write", "web", "-dir", directory, "-once", "-mode", "0640")).ExitCode.Should().Be(0);
        Modes(directory).Should().Equal("cert.pem 644", "combined.pem 640", "crl.pem 644", "key.pem 640", "roots.pem 644");
        (await File.ReadAllTextAsync(Path.Combine(folder.Path, "told"))).Should().Be("told\n");
    }

    [Fact]
    public async Task Write_leaves_alone_what_it_has_not_written()
    {
        using var folder = new TemporaryFolder();
        await using var agent = await AgentProcess.StartAsync();
        folder.Write("key.pem", "mine");
        var (exit, output, errors) = await agent.CommandAsync("leaf", "write", "web", "-dir", folder.Path, "-once");
        (exit, output).Should().Be((1, string.Empty));
        errors.Should().Be($"Error: {folder.Path}/key.pem is there already, and not of this command: choose another -dir, or move the file away\n");
        (await File.ReadAllTextAsync(Path.Combine(folder.Path, "key.pem"))).Should().Be("mine");
    }

    [Fact]
    public async Task Write_follows_renewals_and_revocations_runs_the_command_again_when_it_fails_and_ends_at_SIGTERM()
    {
        // Given
        using var folder = new TemporaryFolder();
        await using var agent = await AgentProcess.StartAsync();
        var directory = Path.Combine(folder.Path, "web");
        var (told, mayRun) = (Path.Combine(folder.Path, "told"), Path.Combine(folder.Path, "may-run"));
        await using var write = agent.Begin("leaf", "write", "web", "-dir", directory, "-exec", $"test -e {mayRun} || exit 3; readlink {directory}/..data >> {told}");

        // When, then: a command that fails is run again
        await write.SeenAsync("Error running the command: exit status 3; next attempt in 1s", Patience);
        await File.WriteAllTextAsync(mayRun, string.Empty);
        await ClientAgent.UntilAsync(() => Task.FromResult(LinesOf(told) == 1));

        // A renewal
        var serial = SerialOf((await agent.CommandAsync("leaf", "renew", "web", "-format=json")).Output);
        await write.SeenAsync($"Wrote the certificate of web: serial number {serial}, valid until ", Patience);
        await ClientAgent.UntilAsync(() => Task.FromResult(LinesOf(told) == 2));
        File.ReadLines(told).Should().OnlyHaveUniqueItems();
        X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(Path.Combine(directory, "combined.pem"))).SerialNumber.Should().BeEquivalentTo(serial.Replace(":", string.Empty));

        // A revocation
        (await agent.CommandAsync("revoke", "-serial", serial)).ExitCode.Should().Be(0);
        await ClientAgent.UntilAsync(() => Task.FromResult(LinesOf(told) == 3));
        var (_, list, _) = await RunningProcess.RunAsync("openssl", ["crl", "-noout", "-text", "-in", Path.Combine(directory, "crl.pem")]);
        list.Should().Contain("Serial Number: " + serial.Replace(":", string.Empty).ToUpperInvariant());

        // What no list can say
        (await agent.CommandAsync("revoke", "-spiffe-id", "spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/db")).ExitCode.Should().Be(0);
        await write.SeenAsync("Warning: crl.pem: Not in this list, which names serial numbers: the revocations of whole identities (1).", Patience);

        // Another one for the same directory, and the end
        (await agent.CommandAsync("leaf", "write", "web", "-dir", directory, "-once")).Errors.Should().Contain("another process keeps it");
        await write.SignalAsync("TERM");
        (await write.ExitAsync(Patience)).Should().Be(0);
        Directory.EnumerateDirectories(directory, "..version-*").Should().HaveCount(2, "the one that is linked, and the former one");
    }

    [Fact]
    public async Task Write_waits_for_an_agent_that_is_not_there_yet()
    {
        using var folder = new TemporaryFolder();
        await using var write = RunningProcess.Start(
            Repository.PublishedAgent, ["leaf", "write", "web", "-dir", Path.Combine(folder.Path, "web"), "-http-addr", $"127.0.0.1:{FreePorts.Next()}"]);
        await write.SeenAsync("Error reading /v1/agent/connect/ca/leaf/web: Get \"http://127.0.0.1:", Patience);
        await write.SignalAsync("TERM");
        (await write.ExitAsync(Patience)).Should().Be(0);
    }

    [Fact]
    public async Task A_command_that_takes_too_long_is_killed()
    {
        using var folder = new TemporaryFolder();
        await using var agent = await AgentProcess.StartAsync();
        (await agent.CommandAsync("leaf", "write", "web", "-dir", Path.Combine(folder.Path, "web"), "-once", "-exec", "sleep 1000", "-exec-timeout", "100ms"))
            .Errors.Should().Be("Error running the command: it took longer than 100ms, and was killed\n");
    }

    [Fact]
    public async Task Nginx_serves_the_renewed_certificate_after_its_reload_and_refuses_a_revoked_one()
    {
        // Given
        using var folder = new TemporaryFolder();
        await using var agent = await AgentProcess.StartAsync();
        var (directory, port) = (Path.Combine(folder.Path, "web"), FreePorts.Next());
        (await agent.CommandAsync("leaf", "write", "web", "-dir", directory, "-once")).ExitCode.Should().Be(0);
        var configuration = folder.Write("nginx.conf", $$"""
            daemon off; user root; worker_processes 1; pid {{folder.Path}}/pid; error_log {{folder.Path}}/error.log info;
            events { worker_connections 64; }
            http {
              access_log off;
              client_body_temp_path {{folder.Path}}/1; proxy_temp_path {{folder.Path}}/2; fastcgi_temp_path {{folder.Path}}/3;
              uwsgi_temp_path {{folder.Path}}/4; scgi_temp_path {{folder.Path}}/5;
              server {
                listen 127.0.0.1:{{port}} ssl;
                ssl_certificate {{directory}}/cert.pem; ssl_certificate_key {{directory}}/key.pem;
                ssl_client_certificate {{directory}}/roots.pem; ssl_crl {{directory}}/crl.pem; ssl_verify_client optional;
                location / { return 200 $ssl_client_verify; }
              }
            }
            """);
        await using var nginx = RunningProcess.Start("nginx", ["-c", configuration, "-e", Path.Combine(folder.Path, "error.log")]);
        await ClientAgent.UntilAsync(async () => await ServedAsync(port) is not null);

        // When
        await using var write = agent.Begin("leaf", "write", "web", "-dir", directory, "-exec", $"nginx -s reload -c {configuration} -e {folder.Path}/error.log");
        await write.SeenAsync("Ran the command", Patience);
        var serial = SerialOf((await agent.CommandAsync("leaf", "renew", "web", "-format=json")).Output).Replace(":", string.Empty);

        // Then
        await ClientAgent.UntilAsync(async () => string.Equals(await ServedAsync(port), serial, StringComparison.OrdinalIgnoreCase));

        // A peer that is revoked is no longer let in; another one is.
        var (revoked, other) = (await PeerAsync("api"), await PeerAsync("db"));
        (await AskAsync(revoked)).Should().Be("SUCCESS");
        (await agent.CommandAsync("revoke", "-serial", SerialOf((await agent.CommandAsync("leaf", "get", "api", "-format=json")).Output))).ExitCode.Should().Be(0);
        await ClientAgent.UntilAsync(async () => (await AskAsync(revoked)).Contains("The SSL certificate error", StringComparison.Ordinal));
        (await AskAsync(other)).Should().Be("SUCCESS");
        (await File.ReadAllTextAsync(Path.Combine(folder.Path, "error.log"))).Should().NotContain("[emerg]").And.Contain("certificate revoked");

        async Task<string> PeerAsync(string service) => folder.Write(service + ".pem", (await agent.SecretCommandAsync("leaf", "get", service, "-key")).Output);

        async Task<string> AskAsync(string peer) => (await RunningProcess.RunAsync("curl", ["-sk", "--cert", peer, $"https://127.0.0.1:{port}/"])).Output.Trim();
    }

    private static string SerialOf(string json) => (string)JsonNode.Parse(json)!["SerialNumber"]!;

    private static int LinesOf(string file) => File.Exists(file) ? File.ReadLines(file).Count() : 0;

    private static IEnumerable<string> Modes(string directory) => Directory.EnumerateFiles(directory, "*.*").Where(static file => file.EndsWith(".pem", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal).Select(static file => $"{Path.GetFileName(file)} {Convert.ToString((int)File.GetUnixFileMode(new FileInfo(file).ResolveLinkTarget(returnFinalTarget: true)!.FullName), 8)}");

    // The serial number of the certificate that is served; null while nobody listens.
    private static async Task<string?> ServedAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port);
            await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, static (_, shown, _, _) => shown is not null);
            await tls.AuthenticateAsClientAsync("web");
            return tls.RemoteCertificate!.GetSerialNumberString();
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return null;
        }
    }
}
