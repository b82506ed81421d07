using ConnectAgent.Agent.Identity;
using ConnectAgent.Caching.Files;
using ConnectAgent.Cli;
using ConnectAgent.Configuration;
using ConnectAgent.Hosting;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Tests.Http;
using FluentAssertions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ConnectAgent.Tests.Hosting;

/// <summary>Whatever lies at the path of a file that a start opens, the start goes on or ends with a word; it never waits.</summary>
public sealed class StartFilesTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("start-files-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("node-id", "data_dir \"DIR\" cannot be used: node-id: it is no regular file")]
    [InlineData("agent.lock", "data_dir DIR cannot be locked by agent.lock: it is no regular file")]
    [InlineData("state.db", "DIR/state.db cannot be opened: it is no regular file")]
    [InlineData("acl-tokens.json", "acl-tokens.json cannot be read: it is no regular file")]
    public async Task FA_12_A_pipe_in_the_data_directory_stops_the_start_and_is_named(string name, string expected)
    {
        var data = Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName;
        await PipeAsync(Path.Combine(data, name));
        var start = () => Task.Run(() => InProcessAgent.StartAsync("deny", values => values.Set(AclKeys.PersistTokens, true), folder: _folder));
        var failure = (await start.Should().ThrowAsync<Exception>().WaitAsync(Patience)).Which;
        StartFailure.IsExpected(failure).Should().BeTrue("{0}", failure);
        failure.Message.Should().Be(expected.Replace("DIR", data, StringComparison.Ordinal));
    }

    [Fact]
    public async Task FA_12_A_pipe_among_the_configuration_files_is_named()
    {
        var path = Path.Combine(_folder, "a.json");
        await PipeAsync(path);
        var read = () => Task.Run(() => ConfigFile.Read(path, new ConfigValues())).WaitAsync(Patience);
        await read.Should().ThrowAsync<ConfigurationException>().WithMessage($"config: ReadFile failed on {path}: it is no regular file");
    }

    [Fact]
    public async Task FA_12_A_pipe_in_the_place_of_a_certificate_is_named()
    {
        var path = Path.Combine(_folder, "ca.pem");
        await PipeAsync(path);
        var read = () => Task.Run(() => PemFiles.ReadAuthorities(path)).WaitAsync(Patience);
        await read.Should().ThrowAsync<ConfigurationException>().WithMessage($"ca_file {path} cannot be used: it is no regular file");
        read = () => Task.Run(() => { PemFiles.ReadIdentity(string.Empty, path, path); return (System.Security.Cryptography.X509Certificates.X509Certificate2Collection?)null; }).WaitAsync(Patience);
        await read.Should().ThrowAsync<ConfigurationException>()
            .WithMessage($"cert_file {path} with key_file {path} cannot be used: it is no regular file");
    }

    [Fact]
    public async Task FA_12_A_pipe_in_the_place_of_the_pid_file_is_named()
    {
        var path = Path.Combine(_folder, "pid");
        await PipeAsync(path);
        var write = () => Task.Run(() => PidFile.Write(path)).WaitAsync(Patience);
        await write.Should().ThrowAsync<IOException>().WithMessage("Could not open pid file: it is no regular file");
    }

    [Fact] // /dev/zero can seek, and never ends
    public void FA_12_A_device_in_the_place_of_a_certificate_is_named() =>
        ((Action)(() => PemFiles.ReadAuthorities("/dev/zero"))).Should().Throw<ConfigurationException>()
            .WithMessage("ca_file /dev/zero cannot be used: it is no regular file");

    [Fact] // root could
    public void FA_12_No_file_is_put_in_the_place_of_a_device()
    {
        var link = Path.Combine(_folder, "backup.snap");
        File.CreateSymbolicLink(link, "/dev/null");
        ((Action)(() => PrivateFile.Replace(link, stream => stream.WriteByte(1), overwrite: true))).Should().Throw<IOException>().WithMessage($"{link}: it is no regular file");
        new FileInfo(link).LinkTarget.Should().Be("/dev/null");
        Directory.EnumerateFileSystemEntries(_folder).Should().Equal(link);
    }

    [Fact] // as orchestrators mount them
    public void FA_12_Links_to_configuration_and_certificates_are_followed()
    {
        File.WriteAllText(Path.Combine(_folder, "real"), """{"node_name":"a"}""");
        File.CreateSymbolicLink(Path.Combine(_folder, "a.json"), Path.Combine(_folder, "real"));
        var values = new ConfigValues();
        ConfigFile.Read(Path.Combine(_folder, "a.json"), values);
        values.Of(NodeKeys.NodeName).Should().Be("a");
    }

    [Fact]
    public void FA_12_Kept_tokens_that_others_could_read_are_closed_to_them_with_a_warning()
    {
        var path = Path.Combine(_folder, "acl-tokens.json");
        File.WriteAllText(path, """{"default":"kept"}""");
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("666", 8));
        var identity = new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.AclsDisabled);
        var values = new ConfigValues().Set(NodeKeys.DataDirectory, _folder).Set(AclKeys.PersistTokens, true).Set(NodeKeys.Server, true).Set(AclKeys.Enabled, true);
        var log = new Warnings();
        new AgentTokens(AgentConfiguration.Build(values, devMode: false).Tokens, identity, new RecoveryToken("node1"), log).Load();
        identity.DefaultToken.Should().Be("kept");
        Convert.ToString((int)File.GetUnixFileMode(path), 8).Should().Be("600");
        log.Lines.Should().ContainSingle().Which.Should().Contain("tightened to 0600").And.Contain(path);
    }

    [Theory]
    [InlineData("777", "700", "was open to others, mode 0777, and is tightened to 0700")]
    [InlineData("755", "700", "was open to others, mode 0755, and is tightened to 0700")]
    [InlineData("700", "700", null)]
    [InlineData("1777", "1777", "is shared with others, mode 01777: use a directory of its own")]
    public void FA_12_A_data_directory_that_is_open_to_others_is_closed_with_a_warning(string before, string after, string? warning)
    {
        var data = Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName;
        File.SetUnixFileMode(data, (UnixFileMode)Convert.ToInt32(before, 8));
        var prepared = DataDirectory.Prepare(Build(data));
        Convert.ToString((int)File.GetUnixFileMode(data), 8).Should().Be(after);
        prepared.Warnings.Should().Equal(warning is null ? [] : [$"data_dir {data} {warning}"]);
    }

    [Theory] // one rule for all that the agent keeps, whether this configuration uses it or not
    [InlineData("state.db")]
    [InlineData("state.db-wal")]
    [InlineData("acl-tokens.json")]
    [InlineData("agent-cache.sealed")]
    [InlineData("agent-cache.key")]
    [InlineData("node-id")]
    [InlineData("agent.lock")]
    public void FA_12_A_file_of_the_agent_that_is_open_to_others_is_closed_with_a_warning(string name)
    {
        var data = Directory.CreateDirectory(Path.Combine(_folder, "data"), (UnixFileMode)Convert.ToInt32("700", 8)).FullName;
        var (ours, others) = (Path.Combine(data, name), Path.Combine(data, "run.sh"));
        foreach (var file in new[] { ours, others })
        {
            File.WriteAllText(file, string.Empty);
            File.SetUnixFileMode(file, (UnixFileMode)Convert.ToInt32("666", 8));
        }

        DataDirectory.Prepare(Build(data)).Warnings.Should().Equal($"{ours} was open to others, mode 0666, and is tightened to 0600");
        Convert.ToString((int)File.GetUnixFileMode(ours), 8).Should().Be("600");
        Convert.ToString((int)File.GetUnixFileMode(others), 8).Should().Be("666", "it is not the agent's");
    }

    [Fact]
    public void FA_12_Every_file_that_the_agent_keeps_is_in_the_rule()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs/operations.md"));
        var rows = page[page.IndexOf("| file | what it holds |", StringComparison.Ordinal)..page.IndexOf("## Exit codes", StringComparison.Ordinal)];
        System.Text.RegularExpressions.Regex.Matches(rows, "`(?<file>[a-z-]+\\.?[a-z-]*)`(?=[^|]*\\|[^|]*\\|\\n)").Select(match => match.Groups["file"].Value)
            .Should().BeEquivalentTo(DataDirectory.Files);
    }

    [Fact]
    public void A_node_keeps_its_id_and_the_directory_is_made_private()
    {
        var data = Path.Combine(_folder, "a", "b");
        var first = DataDirectory.Prepare(Build(data)).NodeId;
        Guid.TryParseExact(first, "D", out _).Should().BeTrue();
        DataDirectory.Prepare(Build(data)).NodeId.Should().Be(first);
        Convert.ToString((int)File.GetUnixFileMode(data), 8).Should().Be("700");
    }

    [Fact]
    public void FA_32_Reading_a_configuration_changes_nothing()
    {
        var data = Path.Combine(_folder, "data");
        Build(data).NodeId.Should().BeEmpty();
        Directory.Exists(data).Should().BeFalse();
    }

    [Theory]
    [InlineData("/proc/nowhere")]
    [InlineData("FILE/below")]
    public void FA_34_A_data_directory_that_cannot_be_made_is_named(string directory)
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, string.Empty);
        directory = directory.Replace("FILE", file, StringComparison.Ordinal);
        ((Action)(() => DataDirectory.Prepare(Build(directory)))).Should().Throw<ConfigurationException>()
            .WithMessage($"data_dir \"{directory}\" cannot be used: *");
    }

    [Fact] // a disk without room, made certain by a device that has none
    public void FA_34_A_pid_file_that_cannot_be_written_is_named() =>
        ((Action)(() => PidFile.Write("/dev/full"))).Should().Throw<IOException>().WithMessage("Could not open pid file: *");

    private static AgentConfiguration Build(string data) => AgentConfiguration.Build(new ConfigValues().Set(NodeKeys.DataDirectory, data).Set(NodeKeys.Server, true), devMode: false);

    private static async Task PipeAsync(string path) => (await RunningProcess.RunAsync("mkfifo", [path])).ExitCode.Should().Be(0);

    private sealed class Warnings : ILogger<AgentTokens>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
