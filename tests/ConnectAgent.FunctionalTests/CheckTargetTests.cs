using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>The published daemon checks real targets (services CHK-3, CHK-4, CHK-8); what each kind of check does in each case is in the unit tests.</summary>
public sealed class CheckTargetTests
{
    [Fact]
    public async Task Nginx_is_checked_over_HTTP_TCP_and_by_a_script_and_is_critical_once_it_is_gone()
    {
        // Given
        using var folder = new TemporaryFolder();
        await using var agent = await AgentProcess.StartAsync(new JsonObject { ["enable_script_checks"] = true, ["check_output_max_size"] = 256 });
        var port = FreePorts.Next();
        var nginx = await StartNginxAsync(folder, port);

        // When
        await RegisterAsync(agent, new JsonObject
        {
            ["Name"] = "site",
            ["Checks"] = new JsonArray(
                Check("http", "HTTP", $"http://127.0.0.1:{port}/health"),
                Check("big", "HTTP", $"http://127.0.0.1:{port}/big"),
                Check("loop", "HTTP", $"http://127.0.0.1:{port}/loop"),
                Check("tcp", "TCP", $"127.0.0.1:{port}"),
                Check("script", "Args", new JsonArray("curl", "-fsS", $"http://127.0.0.1:{port}/health"))),
        });

        // Then
        (await OutputAsync(agent, "http", "passing")).Should().Be($"HTTP GET http://127.0.0.1:{port}/health: 200 OK Output: fine\n");
        (await OutputAsync(agent, "big", "passing")).Should().EndWith("xx ... (captured 256 of 1048576 bytes)");
        (await OutputAsync(agent, "tcp", "passing")).Should().Be($"TCP connect 127.0.0.1:{port}: Success");
        (await OutputAsync(agent, "script", "passing")).Should().Be("fine\n");
        (await OutputAsync(agent, "loop", "critical", text => text.Length > 0)).Should().Be($"Get \"http://127.0.0.1:{port}/loop\": stopped after 10 redirects");
        await nginx.DisposeAsync();

        // A request that was on its way when it ended has other words.
        (await OutputAsync(agent, "http", "critical", text => text.EndsWith("refused", StringComparison.Ordinal))).Should().Be($"Get \"http://127.0.0.1:{port}/health\": dial tcp 127.0.0.1:{port}: connect: connection refused");
        (await OutputAsync(agent, "tcp", "critical", text => text.EndsWith("refused", StringComparison.Ordinal))).Should().Be($"dial tcp 127.0.0.1:{port}: connect: connection refused");
        (await OutputAsync(agent, "script", "critical")).Should().StartWith("curl: (7)");
    }

    [Fact]
    public async Task A_port_that_accepts_and_stays_silent_and_a_script_that_forks_are_left_at_their_time_out()
    {
        // Given
        using var folder = new TemporaryFolder();
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var agent = await AgentProcess.StartAsync(new JsonObject { ["enable_local_script_checks"] = true, ["enable_script_checks"] = true });
        var file = Path.Combine(folder.Path, "pids");

        // When
        await RegisterAsync(agent, new JsonObject
        {
            ["Name"] = "slow",
            ["Checks"] = new JsonArray(
                Check("http", "HTTP", $"http://{silent.LocalEndpoint}/", "1s"),
                Check("script", "Args", new JsonArray("sh", "-c", $"sleep 1000 & (sleep 1000) & echo $$ >> {file}; wait"), "1s")),
        });

        // Then
        (await OutputAsync(agent, "http", "critical", text => text.Length > 0)).Should().Be($"HTTP GET http://{silent.LocalEndpoint}/: timed out after 1s");
        (await OutputAsync(agent, "script", "critical", text => text.Length > 0)).Should().Be("script sh: timed out after 1s");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var first = (await File.ReadAllLinesAsync(file))[0];
        while (ProcessGroups.LivingIn(int.Parse(first, CultureInfo.InvariantCulture)).Count > 0)
        {
            await Task.Delay(10, limit.Token);
        }
    }

    private static JsonObject Check(string id, string kind, JsonNode what, string timeOut = "5s") =>
        new() { ["CheckID"] = id, [kind] = what, ["Interval"] = "1s", ["Timeout"] = timeOut };

    private static async Task RegisterAsync(AgentProcess agent, JsonObject service)
    {
        using var answer = await agent.Http.PutAsJsonAsync(new Uri("/v1/agent/service/register", UriKind.Relative), service);
        answer.StatusCode.Should().Be(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
    }

    // What another process finds out is no event of ours: it is asked for.
    private static async Task<string> OutputAsync(AgentProcess agent, string id, string status, Func<string, bool>? holds = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var check = (await agent.Http.GetFromJsonAsync<JsonObject>(new Uri("/v1/agent/checks", UriKind.Relative), limit.Token))![id]!;
            var output = (string)check["Output"]!;
            if ((string)check["Status"]! == status && holds?.Invoke(output) != false)
            {
                return output;
            }

            await Task.Delay(50, limit.Token);
        }
    }

    private static async Task<RunningProcess> StartNginxAsync(TemporaryFolder folder, int port)
    {
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "big"), new string('x', 1 << 20));
        var configuration = folder.Write("nginx.conf", $$"""
            daemon off; master_process off; pid {{folder.Path}}/pid; error_log {{folder.Path}}/error.log;
            events { worker_connections 64; }
            http {
              access_log off;
              client_body_temp_path {{folder.Path}}/1; proxy_temp_path {{folder.Path}}/2; fastcgi_temp_path {{folder.Path}}/3;
              uwsgi_temp_path {{folder.Path}}/4; scgi_temp_path {{folder.Path}}/5;
              server {
                listen 127.0.0.1:{{port}};
                location = /health { return 200 "fine\n"; }
                location = /loop { return 302 /loop; }
                location = /big { root {{folder.Path}}; }
              }
            }
            """);
        var nginx = RunningProcess.Start("nginx", ["-c", configuration, "-e", Path.Combine(folder.Path, "error.log")]);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port, limit.Token);
                return nginx;
            }
            catch (SocketException)
            {
                await Task.Delay(20, limit.Token);
            }
        }
    }
}
