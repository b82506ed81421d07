using System.Globalization;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>What a newcomer sees of a start that goes wrong, or is not what he thinks (config-and-cli sections 1 and 5).</summary>
public sealed class StartTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task FA_33_A_busy_port_is_one_line_that_names_the_flag_and_the_key()
    {
        await using var agent = await AgentProcess.StartAsync();
        var port = agent.Address.Port.ToString(CultureInfo.InvariantCulture);
        var (code, output, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["agent", "-dev", "-http-port", port, "-log-level", "warn"]);
        (code, errors).Should().Be((1, string.Empty));
        AfterBanner(output).Should().ContainSingle().Which.Should().EndWith(
            $"Error starting agent: error=\"cannot listen on 127.0.0.1:{port}: address already in use; "
            + "choose another port with -http-port or ports.http, another address with client_addr or addresses.http\"");
        output.Should().NotContain("Exception").And.NotContain("   at ");
    }

    [Fact]
    public async Task FA_38_An_agent_that_nothing_would_listen_for_does_not_start()
    {
        var (code, _, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["agent", "-dev", "-http-port", "-1"]);
        (code, errors).Should().Be((
            1, "==> nothing would listen: set ports.http (or -http-port), addresses.http to unix://PATH, or ports.https with cert_file and key_file\n"));
    }

    [Fact]
    public async Task FA_38_The_banner_shows_what_listens()
    {
        var port = FreePorts.Next();
        await using var process = RunningProcess.Start(
            Repository.PublishedAgent, ["agent", "-dev", $"-http-port={port}", $"-https-port={FreePorts.Next()}", "-grpc-port=8502", "-dns-port=8600"]);
        await process.SeenAsync("Started HTTP server", Patience);
        process.Output.Should().Contain($"Client Addr: [127.0.0.1:{port}] (HTTP: {port}, HTTPS: -1, gRPC: -1, DNS: -1)\n")
            .And.Contain("Cluster Addr: 127.0.0.1 (LAN: -1, WAN: -1)\n");
    }

    [Fact]
    public async Task FA_38_What_is_off_or_not_served_is_said_at_the_start()
    {
        await using var agent = await AgentProcess.StartAsync(
            new JsonObject { ["connect"] = null, ["domain"] = "/nowhere/agent.log" }, "-protocol", "3");
        await agent.Process.SeenAsync("Connect is off", Patience);
        var lines = agent.Process.Output.Split('\n').Where(line => line.Contains("[WARN]", StringComparison.Ordinal)).ToList();
        lines.Should().ContainSingle(line => line.EndsWith("domain is accepted and has no effect", StringComparison.Ordinal));
        lines.Should().ContainSingle(line => line.EndsWith("-protocol is accepted and has no effect", StringComparison.Ordinal));
        lines.Should().ContainSingle(line => line.Contains("set connect.enabled to true", StringComparison.Ordinal));
    }

    [Fact]
    public async Task FA_8_A_reload_names_what_has_no_effect_too()
    {
        await using var agent = await AgentProcess.StartAsync();
        var file = Path.Combine(agent.Folder, "config.json");
        var config = JsonNode.Parse(await File.ReadAllTextAsync(file))!.AsObject();
        config["encrypt"] = "x";
        await File.WriteAllTextAsync(file, config.ToJsonString());
        using var answer = await agent.Http.PutAsync(new Uri("/v1/agent/reload", UriKind.Relative), null);
        ((int)answer.StatusCode).Should().Be(200);
        await agent.Process.SeenAsync("encrypt is accepted and has no effect", Patience);
    }

    [Fact]
    public async Task FA_32_Validate_changes_nothing_and_reads_directories()
    {
        using var folder = new TemporaryFolder();
        var directory = Directory.CreateDirectory(Path.Combine(folder.Path, "conf.d")).FullName;
        var data = Path.Combine(folder.Path, "data");
        await File.WriteAllTextAsync(Path.Combine(directory, "a.json"), new JsonObject { ["server"] = true, ["data_dir"] = data, ["domain"] = "/x" }.ToJsonString());
        await File.WriteAllTextAsync(Path.Combine(directory, "notes.txt"), "not read");
        var (code, output, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["validate", directory]);
        (code, output).Should().Be((0, "Configuration is valid!\n"));
        errors.Should().Be(
            $"skipping file {directory}/notes.txt, extension must be .hcl or .json, or config format must be set\ndomain is accepted and has no effect\n");
        Directory.Exists(data).Should().BeFalse();
        Directory.GetFileSystemEntries(folder.Path).Should().Equal(directory);
    }

    [Theory] // files that may not grow stand for a disk without room: any user meets both alike
    [InlineData(1)]
    [InlineData(16)]
    public async Task FA_34_A_full_disk_at_the_start_is_one_line(int kibibytes)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("a.json", new JsonObject
        {
            ["server"] = true,
            ["data_dir"] = Path.Combine(folder.Path, "data"),
            ["connect"] = new JsonObject { ["enabled"] = true },
            ["acl"] = new JsonObject { ["enabled"] = true },
            ["ports"] = new JsonObject { ["http"] = FreePorts.Next() },
        }.ToJsonString());

        // The runtime itself keeps code in a file unless it is told not to.
        var (code, _, errors) = await RunningProcess.RunAsync(
            "bash",
            ["-c", $"ulimit -f {kibibytes}; exec env DOTNET_EnableWriteXorExecute=0 \"$0\" agent -config-file \"$1\"", Repository.PublishedAgent, file]);
        code.Should().Be(1);
        errors.TrimEnd('\n').Split('\n').Should().ContainSingle().Which.Should().StartWith("==> ");
    }

    [Fact]
    public async Task FA_34_An_output_without_room_is_one_line()
    {
        var (code, _, errors) = await RunningProcess.RunAsync(
            "bash", ["-c", "exec \"$0\" agent -dev -http-port \"$1\" >/dev/full", Repository.PublishedAgent, FreePorts.Next().ToString(CultureInfo.InvariantCulture)]);
        code.Should().Be(1);
        errors.TrimEnd('\n').Split('\n').Should().ContainSingle().Which.Should().StartWith("==> ");
    }

    [Fact]
    public async Task FA_34_A_pid_file_without_room_is_one_line_and_ends_the_start()
    {
        var (code, output, errors) = await RunningProcess.RunAsync(
            Repository.PublishedAgent, ["agent", "-dev", "-http-port", FreePorts.Next().ToString(CultureInfo.InvariantCulture), "-log-level", "error", "-pid-file", "/dev/full"]);
        (code, errors).Should().Be((1, string.Empty));
        AfterBanner(output).Should().ContainSingle().Which.Should().Contain("Error starting agent: error=\"Could not open pid file: ");
    }

    private static string[] AfterBanner(string output) =>
        output.Split("==> Log data will now stream in as it occurs:")[1].Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
