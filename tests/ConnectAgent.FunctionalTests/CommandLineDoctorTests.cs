using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary><c>doctor</c>: a line for each thing, with what to do; exit code 0, 1 with warnings, 2 with failures.</summary>
public sealed class CommandLineDoctorTests
{
    private const string Unknown = "5ec3e7ab-9999-1111-2222-333344445555";

    [Fact]
    public async Task Of_a_running_agent_every_part_is_looked_at()
    {
        await using var agent = await AgentProcess.StartAsync();
        (await agent.CommandAsync("leaf", "get", "web")).ExitCode.Should().Be(0);
        var config = AgentProcess.Base(agent.Folder);
        config["ports"] = new JsonObject { ["http"] = agent.Address.Port };
        var file = Path.Combine(agent.Folder, "own.json");
        await File.WriteAllTextAsync(file, config.ToJsonString());

        var (exit, output, errors) = await agent.CommandAsync("doctor", "-config-file", file);
        errors.Should().BeEmpty();
        output.Should().MatchRegex($"""
            ^ok    configuration: valid, {file}
            warn  configuration: bootstrap = true: do not enable unless necessary - change the key, or leave it out \(docs/configuration.md\)
            ok    data directory {agent.Folder}/data: mode 0700
            ok    data directory {agent.Folder}/data: belongs to user [0-9]+
            [a-z]+ +data directory {agent.Folder}/data: [0-9]+ MiB free.*
            ok    data directory {agent.Folder}/data: opens
            ok    http listener 127.0.0.1:{agent.Address.Port}: held by an agent
            ok    agent at 127.0.0.1:{agent.Address.Port}: answers
            ok    clock: [0-9] s from that of agent at 127.0.0.1:{agent.Address.Port}
            ok    CA: the root is good until 20[0-9TZ:-]+
            ok    token of this command: not needed, ACLs are off
            ok    server embedded, as the agent sees it: healthy
            ok    leaves: 1, all good until 20[0-9TZ:-]+
            $
            """);
        exit.Should().Be(1);
        (await agent.CommandAsync("doctor")).ExitCode.Should().Be(0, "without the configuration there is no warning");
    }

    [Fact]
    public async Task Without_an_agent_it_says_what_a_start_would_meet()
    {
        // Given a directory that others may read, with what is no database in it, and a port that another program has.
        using var folder = new TemporaryFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var closing = CloseAllAsync(other);
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var data = Directory.CreateDirectory(Path.Combine(folder.Path, "data"), (UnixFileMode)Convert.ToInt32("755", 8)).FullName;
        await File.WriteAllTextAsync(Path.Combine(data, "state.db"), "not a database");
        var config = AgentProcess.Base(folder.Path);
        config["ports"] = new JsonObject { ["http"] = port };
        config["retry_interval"] = "1s";
        var file = folder.Write("config.json", config.ToJsonString());

        // When
        var (exit, output, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["doctor", "-config-file", file, "-http-addr", $"127.0.0.1:{FreePorts.Next()}"]);

        // Then
        (exit, errors).Should().Be((2, string.Empty));
        Lines(output).Should().Contain($"warn  data directory {data}: mode 0755, open to others - chmod 700 {data}; the next start does so, too")
            .And.Contain($"fail  data directory {data}: {data}/state.db is no database - move it away, and restore a snapshot (docs/operations.md)")
            .And.Contain($"fail  http listener 127.0.0.1:{port}: held by another program - end that program, or choose another port (ports.http)")
            .And.Contain(static line => line.StartsWith("warn  agent at 127.0.0.1:", StringComparison.Ordinal) && line.Contains("connection refused - start it", StringComparison.Ordinal))
            .And.Contain(static line => line.StartsWith("warn  configuration: ", StringComparison.Ordinal) && line.Contains("retry_interval", StringComparison.Ordinal));
        other.Stop();
        await closing;
    }

    [Fact]
    public async Task A_configuration_that_no_agent_starts_with_is_a_failure()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("config.json", """{"datacentre":"dc1"}""");
        var (exit, output, _) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["doctor", "-config-file", file, "-format=json", "-http-addr", $"127.0.0.1:{FreePorts.Next()}"]);
        exit.Should().Be(2);
        var first = JsonNode.Parse(output)![0]!;
        ((string)first["State"]!, (string)first["ToDo"]!).Should().Be(("fail", "correct it: an agent would not start"));
        ((string)first["What"]!).Should().StartWith("configuration: ").And.Contain("datacentre");
    }

    [Fact]
    public async Task Servers_their_clock_and_the_tokens_of_the_agent_are_looked_at()
    {
        // Given a server that is an hour behind and knows one of two tokens, and one that is not there.
        using var folder = new TemporaryFolder();
        await using var server = ScriptedConsulServer.Start();
        server.Script(request => request.Path switch
        {
            "/v1/status/leader" => ScriptedAnswer.Of(200, "\"127.0.0.1:8300\"", "Date: " + TimeProvider.System.GetUtcNow().AddHours(-1).ToString("r", CultureInfo.InvariantCulture)),
            "/v1/acl/token/self" => request.Token == Unknown ? ScriptedAnswer.Text(403, "ACL not found") : ScriptedAnswer.Of(200, """{"AccessorID":"an accessor"}"""),
            _ => null,
        });
        var config = AgentProcess.Base(folder.Path);
        (config["server"], config["bootstrap"], config["ports"]) = (false, false, new JsonObject { ["http"] = FreePorts.Next() });
        var gone = $"http://127.0.0.1:{FreePorts.Next()}";
        config["connect_agent"] = new JsonObject { ["servers"] = new JsonArray(server.Address.GetLeftPart(UriPartial.Authority), gone) };
        config["acl"] = new JsonObject
        {
            ["enabled"] = true,
            ["tokens"] = new JsonObject { ["default"] = Unknown, ["agent"] = "5ec3e7ab-1111-1111-2222-333344445555" },
        };
        Secrets.Add(Unknown);

        // When
        var (exit, output, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["doctor", "-config-file", folder.Write("config.json", config.ToJsonString())]);

        // Then
        (exit, errors).Should().Be((2, string.Empty));
        var name = "server " + server.Address.GetLeftPart(UriPartial.Authority);
        Lines(output).Should().Contain($"ok    {name}: answers")
            .And.Contain(line => line.StartsWith("fail  clock: 36", StringComparison.Ordinal) && line.EndsWith($" s from that of {name} - set the clock of this host or of the other (chrony, systemd-timesyncd)", StringComparison.Ordinal))
            .And.Contain($"fail  acl.tokens.default at {name}: is not known - set acl.tokens.default to a token that the servers have")
            .And.Contain($"ok    acl.tokens.agent at {name}: known, accessor an accessor")
            .And.Contain(line => line.StartsWith($"fail  server {gone}: Get ", StringComparison.Ordinal) && line.Contains("connection refused - look at connect_agent.servers", StringComparison.Ordinal))
            .And.Contain(static line => line.StartsWith("ok    CA: the root is good until ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_without_rights_is_told_what_it_does_not_see()
    {
        await using var agent = await AclAgent.StartAsync();
        var (exit, output, _) = await agent.Process.CommandAsync("doctor", "-token", Unknown);
        exit.Should().Be(2);
        Lines(output).Should().Contain("fail  token of this command: is not known - give one with -token-file or CONSUL_HTTP_TOKEN_FILE")
            .And.Contain("warn  leaves: are not shown: the token has no right to see them - use a token with agent:read");
        (await agent.Process.CommandAsync("doctor", "-token", AclAgent.Management)).ExitCode.Should().Be(0);
    }

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    // A program that is no agent.
    private static async Task CloseAllAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                (await listener.AcceptTcpClientAsync()).Dispose();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }
}
