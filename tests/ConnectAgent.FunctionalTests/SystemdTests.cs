using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>The published daemon under a service manager (sd_notify(3), systemd.exec(5)).</summary>
public sealed class SystemdTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder _folder = new();
    private readonly int _port = FreePorts.Next();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_is_told_of_start_reload_life_and_end(bool isAbstract)
    {
        // Given
        using var manager = new NotifyListener(isAbstract ? "@connect-agent-" + Guid.NewGuid() : Path.Combine(_folder.Path, "notify"));
        var file = _folder.Write("a.json", "{}");
        await using var agent = Start([$"NOTIFY_SOCKET={manager.Address}", "WATCHDOG_USEC=1000000"], "-config-file", file);

        // When it serves
        (await manager.NextAsync("READY=1\n")).Should().Be($"READY=1\nSTATUS=Serving on 127.0.0.1:{_port}");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}") };
        (await http.GetStringAsync(new Uri("/v1/status/leader", UriKind.Relative))).Should().NotBeEmpty("it said that it is ready");
        (await manager.NextAsync()).Should().Be("WATCHDOG=1");

        // When it reloads
        var before = MonotonicMicroseconds();
        await agent.SignalAsync("HUP");
        var begin = (await manager.NextAsync("RELOADING=1\n")).Split('\n')[1].Split('=');
        begin[0].Should().Be("MONOTONIC_USEC");
        long.Parse(begin[1], CultureInfo.InvariantCulture).Should().BeInRange(before, MonotonicMicroseconds());
        (await manager.NextAsync("READY=1\n")).Should().Be($"READY=1\nSTATUS=Serving on 127.0.0.1:{_port}");

        // When a reload fails
        await File.WriteAllTextAsync(file, """{"bogus":1}""");
        await agent.SignalAsync("HUP");
        await manager.NextAsync("RELOADING=1\n");
        (await manager.NextAsync("READY=1\n")).Should().EndWith("; the last reload failed, see the log");

        // When it ends
        await agent.SignalAsync("TERM");
        await manager.NextAsync("STOPPING=1\n");
        (await agent.ExitAsync(Patience)).Should().Be(0);
    }

    [Fact]
    public async Task A_manager_that_has_gone_away_and_programs_of_checks_change_nothing()
    {
        var file = _folder.Write("a.json", """{"enable_local_script_checks":true,"check":{"name":"env","interval":"1s","args":["/usr/bin/env"]}}""");
        await using var agent = Start([$"NOTIFY_SOCKET={_folder.Path}/nobody", "WATCHDOG_USEC=1000000000", "SEEN=yes"], "-config-file", file);
        await agent.SeenAsync("The service manager cannot be notified: error=", Patience);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}") };
        var seen = string.Empty;
        using var limit = new CancellationTokenSource(Patience);
        while (!seen.Contains("SEEN=yes", StringComparison.Ordinal))
        {
            // A check that has run is an event of another process.
            seen = (string?)(await http.GetFromJsonAsync<JsonNode>(new Uri("/v1/agent/checks", UriKind.Relative), limit.Token))?["env"]?["Output"] ?? string.Empty;
        }

        seen.Should().NotContain("NOTIFY_SOCKET").And.NotContain("WATCHDOG_USEC");
    }

    [Fact] // acl 5.9, design decision 6
    public async Task Tokens_come_from_credentials_and_a_reload_reads_them_again()
    {
        const string Root = "5ec3e7ab-1111-2222-3333-444455556666";
        Secrets.Add(Root);
        var credentials = Directory.CreateDirectory(Path.Combine(_folder.Path, "credentials")).FullName;
        await File.WriteAllTextAsync(Path.Combine(credentials, "acl.tokens.initial_management"), Root + "\n");
        var file = _folder.Write("a.json", """{"acl":{"enabled":true,"default_policy":"deny"}}""");
        await using var agent = Start([$"CREDENTIALS_DIRECTORY={credentials}"], "-config-file", file, "-log-level", "trace");
        await agent.SeenAsync("Started HTTP server", Patience);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}") };
        using var refused = await http.GetAsync(new Uri("/v1/agent/self", UriKind.Relative));
        refused.StatusCode.Should().Be(HttpStatusCode.Forbidden);

        // When
        await File.WriteAllTextAsync(Path.Combine(credentials, "acl.tokens.default"), Root);
        await agent.SignalAsync("HUP");
        await agent.SeenAsync("Configuration reloaded", Patience);

        // Then
        using var served = await http.GetAsync(new Uri("/v1/agent/self", UriKind.Relative));
        served.StatusCode.Should().Be(HttpStatusCode.OK);
        agent.RequireNoSecrets();
    }

    // What systemd's clock says.
    private static long MonotonicMicroseconds() => (long)Stopwatch.GetElapsedTime(0).TotalMicroseconds;

    private RunningProcess Start(string[] environment, params string[] arguments) => RunningProcess.Start(
        "env", ["-i", "PATH=/usr/bin:/bin", .. environment, Repository.PublishedAgent, "agent", "-dev", $"-http-port={_port}", .. arguments]);
}
