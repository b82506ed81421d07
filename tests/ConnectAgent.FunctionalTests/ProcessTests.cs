using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Command line, configuration files, signals and sockets of the published daemon (config-and-cli, clients section 6).</summary>
public sealed class ProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory] // LOAD-2 to LOAD-4, LOAD-7, section 2
    [InlineData("""{"bogus":1,"ports":{"x":1}}""", "failed to parse FILE: 2 errors occurred:\n\t* invalid config key bogus\n\t* invalid config key ports.x\n\n")]
    [InlineData("""{"server":"yes"}""", "failed to parse FILE: 1 error(s) decoding:\n\n* 'server' expected type 'bool', got unconvertible type 'string', value: 'yes'")]
    [InlineData("{", "failed to parse FILE: unexpected end of JSON input")]
    [InlineData("""{"server":true,"data_dir":"DIR","datacenter":"dc one"}""", "datacenter can only contain lowercase alphanumeric, - or _ characters. received: \"dc one\"")]
    [InlineData("""{"server":true}""", "data_dir cannot be empty")]
    [InlineData("""{"server":true,"data_dir":"DIR","ports":{"http":99999}}""", "1 error occurred:\n\t* ports.http: invalid port: 99999\n\n")]
    [InlineData("""{"server":true,"data_dir":"DIR","log_level":"zz"}""", "Invalid log level: zz. Valid log levels are: [TRACE DEBUG INFO WARN ERR ERROR]")]
    [InlineData("""{"server":true,"data_dir":"DIR","default_query_time":"zz"}""", "1 error occurred:\n\t* default_query_time: invalid duration: \"zz\": time: invalid duration \"zz\"\n\n")]
    [InlineData("""{"server":true,"data_dir":"DIR","connect":{"ca_provider":"zz"}}""", "zz is not a valid CA provider")]
    [InlineData("""{"server":true,"data_dir":"DIR","addresses":{"http":"x"}}""", "1 error occurred:\n\t* addresses.http: invalid ip address: x\n\n")]
    [InlineData("""{"bootstrap":true}""", "'bootstrap = true' requires 'server = true'")]
    [InlineData("""{"server":true,"data_dir":"DIR","acl":{"default_policy":"zz"}}""", "Unsupported default ACL policy: zz")]
    [InlineData("""{"data_dir":"DIR"}""", "'server = false' needs servers to talk to: set connect_agent.servers, for instance to [\"http://127.0.0.1:8500\"]")]
    [InlineData("""{"server":true,"data_dir":"DIR","connect_agent":{"servers":["http://127.0.0.1:1"]}}""", "'connect_agent.servers' requires 'server = false'")]
    [InlineData("""{"data_dir":"DIR","connect_agent":{"servers":["127.0.0.1:8500"]}}""", "connect_agent.servers: \"127.0.0.1:8500\" must be http://host:port or https://host:port")]
    [InlineData("""{"data_dir":"DIR","connect_agent":{"servers":["http://127.0.0.1:8500/v1"]}}""", "connect_agent.servers: \"http://127.0.0.1:8500/v1\" must be http://host:port or https://host:port")]
    [InlineData("""{"data_dir":"DIR","connect_agent":{"servers":["ftp://127.0.0.1"]}}""", "connect_agent.servers: \"ftp://127.0.0.1\" must be http://host:port or https://host:port")]
    [InlineData("""{"data_dir":"DIR","connect_agent":{"servers":["http://user:pass@127.0.0.1:8500"]}}""", "connect_agent.servers: an address must hold no user name and no password")]
    [InlineData("""{"data_dir":"DIR","connect_agent":{"servers":["http://127.0.0.1:1"],"server_timeout":"soon"}}""", "1 error occurred:\n\t* connect_agent.server_timeout: invalid duration: \"soon\": time: invalid duration \"soon\"\n\n")]
    public async Task A_bad_configuration_stops_the_start_and_names_what_is_wrong(string json, string expected)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("a.json", json.Replace("DIR", folder.Path + "/data", StringComparison.Ordinal));
        var (code, output, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["agent", "-config-file", file]);
        code.Should().Be(1);
        errors.TrimEnd('\n').Should().Be(("==> " + expected.Replace("FILE", file, StringComparison.Ordinal)).TrimEnd('\n'));
        output.Should().BeEmpty();
    }

    [Fact] // LOAD-2
    public async Task A_missing_file_is_named()
    {
        var (code, _, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["agent", "-config-file", "nope.json"]);
        (code, errors).Should().Be((1, "==> config: Open failed on nope.json. open nope.json: no such file or directory\n"));
    }

    [Theory] // FLAG-4, FLAG-6
    [InlineData("flag provided but not defined: -bogus", 1, "agent", "-dev", "-bogus")]
    [InlineData("flag provided but not defined: -bogus", 1, "agent", "--bogus=1")]
    [InlineData("==> Unexpected extra arguments: [extra]", 1, "agent", "-dev", "extra")]
    [InlineData("Usage: connect-agent <command>", 127)]
    [InlineData("Usage: connect-agent <command>", 127, "nope")]
    public async Task A_bad_command_line_is_named(string expected, int expectedCode, params string[] arguments)
    {
        var (code, _, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, arguments);
        errors.Should().StartWith(expected);
        code.Should().Be(expectedCode);
    }

    [Fact] // LOAD-1, LOAD-6
    public async Task Files_and_directories_are_read_in_the_order_of_the_command_line()
    {
        using var folder = new TemporaryFolder();
        var directory = Directory.CreateDirectory(Path.Combine(folder.Path, "conf.d")).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "b.json"), """{"node_name":"b","datacenter":"east"}""");
        await File.WriteAllTextAsync(Path.Combine(directory, "a.json"), """{"node_name":"a"}""");
        await File.WriteAllTextAsync(Path.Combine(directory, "c.txt"), "not read");
        var last = folder.Write("last.json", """{"datacenter":"west"}""");
        var port = FreePorts.Next();
        await using var process = RunningProcess.Start(
            Repository.PublishedAgent, ["agent", "-dev", "-config-dir", directory, "-config-file", last, $"-http-port={port}"]);
        await process.SeenAsync("Started HTTP server", Patience);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var self = JsonNode.Parse(await http.GetStringAsync(new Uri("/v1/agent/self", UriKind.Relative)))!;
        ((string)self["Config"]!["Datacenter"]!, (string)self["Config"]!["NodeName"]!).Should().Be(("west", "b"));
    }

    [Fact] // FLAG-6
    public async Task Version_prints_the_version()
    {
        var (code, output, _) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["version"]);
        code.Should().Be(0);
        output.Should().StartWith("Consul v1.10.12\n").And.Contain("ConnectAgent v");
    }

    [Fact] // FLAG-4: extra words are an error
    public async Task Help_offers_what_there_is_and_no_more()
    {
        var (code, output, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["agent", "-help"]);
        (code, errors).Should().Be((0, string.Empty));
        output.Should().Contain("-config-file").And.NotContain("additional arguments");
    }

    [Fact] // LOAD-8
    public async Task Validate_checks_without_starting()
    {
        using var folder = new TemporaryFolder();
        var good = folder.Write("good.json", $$"""{"server":true,"data_dir":"{{folder.Path}}/data"}""");
        (await RunningProcess.RunAsync(Repository.PublishedAgent, ["validate", good])).Output.Should().Be("Configuration is valid!\n");
        var bad = folder.Write("bad.json", """{"bogus":1}""");
        var (code, _, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["validate", bad]);
        code.Should().Be(1);
        errors.Should().StartWith("Config validation failed: failed to parse ");
    }

    [Fact] // acl ACL-CFG-5, ACL-CFG-6: what the reference finds at its start only, validate finds, too
    public async Task Validate_shows_old_spellings_and_bad_policies()
    {
        using var folder = new TemporaryFolder();
        var old = folder.Write("old.json", $$"""{"server":true,"data_dir":"{{folder.Path}}/data","acl_ttl":"10s"}""");
        var (_, valid, warnings) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["validate", old]);
        (valid, warnings).Should().Be(
            ("Configuration is valid!\n", "The 'acl_ttl' field is deprecated. Use the 'acl.token_ttl' field instead.\n"));
        var bad = folder.Write("bad.json", $$"""{"server":true,"data_dir":"{{folder.Path}}/data","acl":{"down_policy":"nope"} }""");
        var (code, _, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["validate", bad]);
        code.Should().Be(1);
        errors.Should().Be("Config validation failed: Unsupported down ACL policy: nope\n");
    }

    [Fact] // LAUNCH-2, LAUNCH-3: all that embedding launchers write, nulls and zero values too
    public async Task Every_key_that_launchers_write_is_accepted()
    {
        var config = JsonNode.Parse("""
            {
              "node_id": "AAAAAAAA-bbbb-cccc-dddd-eeeeeeeeeeee", "node_meta": {"somekey": "somevalue"}, "performance": {"raft_multiplier": 1},
              "segments": null, "disable_update_check": true, "log_level": "debug", "addresses": {}, "raft_protocol": 3,
              "ports": {"proxy_min_port": 21000, "proxy_max_port": 21255, "https": 18443, "dns": 18600, "grpc_tls": -1},
              "acl_master_token": "", "primary_datacenter": "dc1", "acl_default_policy": "allow",
              "acl": {"enabled": false, "enable_token_replication": false, "policy_ttl": "30s", "token_ttl": "30s", "down_policy": "extend-cache",
                "default_policy": "allow", "enable_key_list_policy": false, "disabled_ttl": "2m",
                "tokens": {"master": "", "replication": "", "agent_master": "", "default": "", "agent": ""}},
              "encrypt": "", "ca_file": "", "cert_file": "", "key_file": "", "verify_incoming": false, "verify_incoming_rpc": false,
              "verify_incoming_https": false, "verify_outgoing": false, "enable_script_checks": true, "enable_debug": true,
              "locality": null, "partition": "", "retry_join": [], "skip_leave_on_interrupt": true, "peering": {"enabled": true}, "audit": null,
              "version": ""
            }
            """)!.AsObject();
        await using var agent = await AgentProcess.StartAsync(config);
        var self = JsonNode.Parse(await agent.Http.GetStringAsync(new Uri("/v1/agent/self", UriKind.Relative)))!;
        ((string)self["Config"]!["NodeID"]!).Should().Be("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
        ((string)self["Meta"]!["somekey"]!).Should().Be("somevalue");
        self["DebugConfig"]!["GRPCPort"]!.GetValueKind().Should().Be(System.Text.Json.JsonValueKind.Number);
        self.AsObject().Where(pair => pair.Value is not JsonObject).Should().BeEmpty("the Go client decodes into a map of maps (AG-25)");
    }

    [Fact] // LAUNCH-4, CA-11, IAPI-8
    public async Task Without_a_connect_block_Connect_is_off()
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject { ["connect"] = null });
        foreach (var path in new[]
        {
            "/v1/agent/connect/ca/roots", "/v1/connect/ca/roots", "/v1/agent/connect/ca/leaf/web", "/v1/connect/intentions",
            "/v1/connect/intentions/match?by=source&name=web", "/v1/connect/intentions/exact?source=a&destination=b",
        })
        {
            using var answer = await agent.Http.GetAsync(new Uri(path, UriKind.Relative));
            ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync())
                .Should().Be((500, "Connect must be enabled in order to use this endpoint"), path);
        }
    }

    [Theory] // PROC-3, PROC-6, LAUNCH-10
    [InlineData("INT", false, 1)]
    [InlineData("TERM", false, 0)]
    [InlineData("INT", true, 0)]
    public async Task FA_38_A_signal_ends_blocked_reads_at_once_and_the_process_in_order(string signal, bool graceful, int expectedCode)
    {
        // Given
        var config = new JsonObject { ["log_level"] = "info" };
        if (graceful)
        {
            config["skip_leave_on_interrupt"] = false;
        }

        await using var agent = await AgentProcess.StartAsync(config);
        var paths = new[] { "/v1/agent/connect/ca/roots", "/v1/connect/ca/roots", "/v1/agent/connect/ca/leaf/web", "/v1/connect/intentions" };
        List<Task<HttpResponseMessage>> blocked = [];
        foreach (var path in paths)
        {
            await agent.Http.GetStringAsync(new Uri(path, UriKind.Relative));
            blocked.Add(agent.Http.GetAsync(new Uri(path + "?index=999999&wait=60s", UriKind.Relative)));
        }

        // When: an answer to a later request shows that the earlier ones have arrived.
        await agent.Http.GetStringAsync(new Uri("/v1/status/leader", UriKind.Relative));
        await agent.Process.SignalAsync(signal);

        // Then
        foreach (var answer in await Task.WhenAll(blocked).WaitAsync(Patience))
        {
            answer.StatusCode.Should().Be(HttpStatusCode.OK, "a blocked read answers with what it has (IDX-13)");
            answer.Dispose();
        }

        (await agent.Process.ExitAsync(Patience)).Should().Be(expectedCode);
        agent.Process.Output.Should().Contain($"Caught: signal={(signal == "INT" ? "interrupt" : "terminated")}")
            .And.Contain(expectedCode == 0 ? "Gracefully shutting down agent..." : "Graceful shutdown disabled. Exiting")
            .And.EndWith($"Exit code: code={expectedCode}\n");
        agent.Process.Errors.Should().BeEmpty();
    }

    [Fact] // two would overwrite each other's files
    public async Task A_data_directory_in_use_stops_the_start()
    {
        await using var agent = await AgentProcess.StartAsync();
        var data = Path.Combine(agent.Folder, "data");
        var (code, output, errors) = await RunningProcess.RunAsync(
            Repository.PublishedAgent,
            ["agent", "-config-file", Path.Combine(agent.Folder, "config.json"), $"-http-port={FreePorts.Next()}"]);
        (code, errors).Should().Be((1, $"==> data_dir {data} is in use by another agent\n"));
        output.Should().NotContain("Started HTTP server");
        await agent.Http.GetStringAsync(new Uri("/v1/agent/connect/ca/leaf/web", UriKind.Relative));
    }

    [Fact] // AG-30, PROC-5
    public async Task Leaving_is_answered_and_then_the_process_ends_with_0()
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject { ["log_level"] = "info" });
        using var monitor = await agent.Http.GetAsync(new Uri("/v1/agent/monitor", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using var answer = await agent.Http.PutAsync(new Uri("/v1/agent/leave", UriKind.Relative), null);
        (answer.StatusCode, await answer.Content.ReadAsStringAsync()).Should().Be((HttpStatusCode.OK, string.Empty));
        (await agent.Process.ExitAsync(Patience)).Should().Be(0);
        agent.Process.Output.Should().EndWith("Exit code: code=0\n");
        await monitor.Content.ReadAsStringAsync(); // what follows the log ends, too, and holds up nothing
    }

    [Fact] // LIS-2
    public async Task A_file_at_the_path_of_a_socket_is_removed_with_a_warning()
    {
        using var folder = new TemporaryFolder();
        var socket = folder.Write("agent.sock", "left over");
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["addresses"] = new JsonObject { ["http"] = $"127.0.0.1 unix://{socket}" },
        });
        await agent.Process.SeenAsync($"What was left at the socket's path is removed: path={socket}", Patience);
        using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket));
    }

    [Fact] // GO-9, LIS-2
    public async Task A_Unix_socket_serves_with_its_mode()
    {
        using var folder = new TemporaryFolder();
        var socket = Path.Combine(folder.Path, "agent.sock");
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["addresses"] = new JsonObject { ["http"] = $"127.0.0.1 unix://{socket}" },
            ["unix_sockets"] = new JsonObject { ["mode"] = "0660" },
        });
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancelled) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancelled);
                return new NetworkStream(connection, ownsSocket: true);
            },
        });
        (await http.GetStringAsync(new Uri("http://localhost/v1/status/leader"))).Should().Contain("127.0.0.1:");
        File.GetUnixFileMode(socket).Should().Be(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
    }

    [Fact] // FLAG-1, FLAG-3, FLAG-5, PROC-2, LOG-1
    public async Task Flags_take_one_dash_or_two_and_beat_the_file()
    {
        using var folder = new TemporaryFolder();
        var port = FreePorts.Next();
        var file = folder.Write("a.json", """{"datacenter":"east","node_name":"a"}""");
        await using var process = RunningProcess.Start(
            Repository.PublishedAgent, ["agent", "-dev", "--config-file=" + file, $"-http-port={port}", "--datacenter", "west", "-client", "127.0.0.1"]);
        await process.SeenAsync("Started HTTP server", Patience);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var self = JsonNode.Parse(await http.GetStringAsync(new Uri("/v1/agent/self", UriKind.Relative)))!;
        ((string)self["Config"]!["Datacenter"]!, (string)self["Config"]!["NodeName"]!).Should().Be(("west", "a"));
        process.Output.Should().StartWith("==> Starting ConnectAgent...\n")
            .And.MatchRegex(@"\n\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[INFO\]  agent\.[a-z.]+: Started HTTP server: address=127\.0\.0\.1:\d+ network=tcp\n");
        process.Errors.Should().BeEmpty();
    }

    [Fact] // FLAG-3; what goes over the network in clear is said once, at the start
    public async Task Servers_come_from_flags_and_files_and_clear_text_is_warned_of()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("a.json", """{"connect_agent":{"servers":["http://192.0.2.1:8500","https://192.0.2.2:8501"]}}""");
        await using var process = RunningProcess.Start(
            Repository.PublishedAgent,
            ["agent", "-dev", "-server=false", "-config-file", file, $"-http-port={FreePorts.Next()}", "-server-addr", "http://localhost:1", "-server-addr=http://127.0.0.1:2"]);
        await process.SeenAsync("Started HTTP server", Patience);
        process.Output.Split('\n').Where(line => line.Contains("is not encrypted")).Should().ContainSingle()
            .Which.Should().Contain("connect_agent.servers: http://192.0.2.1:8500 is not encrypted");
        process.Output.Should().Contain("Server: false").And.Contain(
            "Servers: addresses=\"http://localhost:1 http://127.0.0.1:2 http://192.0.2.1:8500 https://192.0.2.2:8501\"");
    }

    [Fact] // design decision 7: nothing but loopback
    public async Task The_agent_listens_on_loopback_only()
    {
        await using var agent = await AgentProcess.StartAsync();
        var sockets = await File.ReadAllLinesAsync($"/proc/{agent.Process.Id}/net/tcp");
        var port = agent.Address.Port.ToString("X4", System.Globalization.CultureInfo.InvariantCulture);
        sockets.Where(line => line.Contains($":{port} 00000000:0000 0A", StringComparison.Ordinal)).Should().ContainSingle()
            .Which.Should().Contain($"0100007F:{port}");
    }

    [Fact] // design decision 6, config-and-cli LOG-3
    public async Task No_token_and_no_key_reaches_the_log()
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject { ["log_level"] = "trace" });
        const string Secret = "5ec3e7ab-0000-1111-2222-333344445555";
        var key = JsonNode.Parse(await agent.Http.GetStringAsync(
            new Uri($"/v1/agent/connect/ca/leaf/web?token={Secret}", UriKind.Relative)))!["PrivateKeyPEM"]!.ToString();
        using var bad = await agent.Http.GetAsync(new Uri($"/v1/agent/connect/ca/leaf/web?dc=nope&token={Secret}", UriKind.Relative));
        using var odd = await agent.Http.GetAsync(new Uri($"/v1/connect/ca/roots?dc=nope&token={Secret}", UriKind.Relative));
        await agent.Process.SignalAsync("TERM");
        await agent.Process.ExitAsync(Patience);
        agent.Process.Output.Should().Contain("Leaf issued: service=web").And.Contain("No path to datacenter")
            .And.NotContain(Secret).And.NotContain(key.Split('\n')[1]).And.NotContain("PRIVATE KEY");
    }
}
