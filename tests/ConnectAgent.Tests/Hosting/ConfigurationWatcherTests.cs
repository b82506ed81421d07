using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Configuration;
using ConnectAgent.Hosting;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Testing;
using ConnectAgent.Tests.Configuration;
using ConnectAgent.Tests.Hosting.Systemd;
using FluentAssertions;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ConnectAgent.Tests.Hosting;

/// <summary><c>auto_reload_config</c>: what is in the files is looked at each second, and taken when it is the same twice (issue 15).</summary>
public sealed class ConfigurationWatcherTests : IAsyncDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _clock = new();
    private ConfigurationWatcher? _watcher;
    private ConfigurationReload? _reload;
    private readonly FakeServiceManager _manager = new();
    private int _reads;

    private string LastRead { get; set; } = string.Empty;

    public async ValueTask DisposeAsync()
    {
        if (_watcher is not null)
        {
            await _watcher.StopAsync(CancellationToken.None);
            _watcher.Dispose();
            _reload!.Dispose();
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task A_change_is_taken_over_once_it_has_settled()
    {
        await StartAsync("a.json", "1");
        await LookAsync();
        _reads.Should().Be(0, "nothing has changed");
        _folder.Write("a.json", "2");
        await LookAsync();
        _folder.Write("a.json", "3");
        await LookAsync();
        _reads.Should().Be(0, "it is still being written");
        await LookAsync();
        (_reads, LastRead).Should().Be((1, "3"));
        await LookAsync();
        await LookAsync();
        _reads.Should().Be(1, "once");
    }

    [Fact]
    public async Task A_file_that_comes_or_goes_is_a_change()
    {
        await StartAsync("a.json", "1");
        _folder.Write("b.json", "x");
        await LookAsync();
        await LookAsync();
        _reads.Should().Be(1);
        File.Delete(Path.Combine(_folder.Path, "b.json"));
        await LookAsync();
        await LookAsync();
        _reads.Should().Be(2);
    }

    [Fact] // as orchestrators swap whole folders
    public async Task A_link_that_leads_elsewhere_is_a_change()
    {
        var (one, two) = (Directory.CreateDirectory(Path.Combine(_folder.Path, "1")), Directory.CreateDirectory(Path.Combine(_folder.Path, "2")));
        await File.WriteAllTextAsync(Path.Combine(one.FullName, "a.json"), "1");
        await File.WriteAllTextAsync(Path.Combine(two.FullName, "a.json"), "2");
        var link = Path.Combine(_folder.Path, "now");
        Directory.CreateSymbolicLink(link, one.FullName);
        await StartAsync("now/a.json", content: null);
        Directory.Delete(link);
        Directory.CreateSymbolicLink(link, two.FullName);
        await LookAsync();
        await LookAsync();
        (_reads, LastRead).Should().Be((1, "2"));
    }

    [Fact] // docs/operations.md: a certificate that is named by its directory, too
    public void The_files_of_ca_path_are_among_those_that_are_looked_at()
    {
        var directory = Directory.CreateDirectory(Path.Combine(_folder.Path, "cas")).FullName;
        _folder.Write("cas/a.pem", "x");
        var read = ConfigTexts.Read($$"""{"ca_path":"{{directory}}"}""");
        read.CertificateFiles.Should().Contain(Path.Combine(directory, "a.pem"));
        _folder.Write("cas/b.pem", "x");
        read.CertificateFiles.Should().Contain(Path.Combine(directory, "b.pem"), "one that comes is a change");
        Directory.Delete(directory, recursive: true);
        read.CertificateFiles.Should().Contain(directory);
    }

    [Fact] // it is logged, and the old one goes on
    public async Task A_change_that_is_refused_is_not_tried_again_until_the_next()
    {
        await StartAsync("a.json", "1");
        _folder.Write("a.json", "bad");
        await LookAsync();
        await LookAsync();
        await LookAsync();
        _reads.Should().Be(1);
        _folder.Write("a.json", "2");
        await LookAsync();
        await LookAsync();
        (_reads, LastRead, _watcher!.ExecuteTask!.IsCompleted).Should().Be((2, "2", false));
    }

    private async Task StartAsync(string name, string? content)
    {
        if (content is not null)
        {
            _folder.Write(name, content);
        }

        var values = new ConfigValues().Set(NodeKeys.NodeName, "node1");
        var started = AgentConfiguration.Build(values, devMode: true) with { Paths = [content is null ? Path.Combine(_folder.Path, name) : _folder.Path] };
        var current = new CurrentConfiguration(started, () =>
        {
            _reads++;
            LastRead = File.ReadAllText(Path.Combine(_folder.Path, name));
            return LastRead == "bad" ? throw new ConfigurationException("bad") : started;
        });
        var local = new ConnectAgent.Tests.Agent.LocalServices.LocalAgent();
        _reload = new ConfigurationReload(
            current, new FileServices(local.Registry, new CheckOptions()), new ReloadParts(), _manager.Socket, NullLogger<ConfigurationReload>.Instance);
        _watcher = new ConfigurationWatcher(current, _reload, _clock, NullLogger<ConfigurationWatcher>.Instance);
        await _watcher.StartAsync(CancellationToken.None);
        await _clock.ArmedAsync(delay => delay == Second);
    }

    private async Task LookAsync()
    {
        _clock.Advance(Second);
        await _clock.ArmedAsync(delay => delay == Second);
    }
}
