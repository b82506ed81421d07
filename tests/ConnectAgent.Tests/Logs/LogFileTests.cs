using ConnectAgent.Configuration;
using ConnectAgent.Logs;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Testing;
using ConnectAgent.Tests.Configuration;
using FluentAssertions;
using Serilog;
using Serilog.Core;
using Xunit;

namespace ConnectAgent.Tests.Logs;

/// <summary>The log in files (config-and-cli section 2, <c>log_file</c> and <c>log_rotate_…</c>).</summary>
public sealed class LogFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _clock = new();

    public void Dispose() => _folder.Dispose();

    [Theory] // the time of its making, in nanoseconds
    [InlineData("agent.log", "agent-1767225600000000000.log")]
    [InlineData("agent", "agent-1767225600000000000.log")]
    [InlineData("agent.txt", "agent-1767225600000000000.txt")]
    [InlineData("sub/", "sub/connect-agent-1767225600000000000.log")]
    public void A_file_is_named_by_the_key_and_the_time(string path, string expected)
    {
        using (var log = Create(new LogFileOptions(Path.Combine(_folder.Path, path), 0, TimeSpan.FromDays(1), 0)))
        {
            log.Information("Started: port={Port}", 1);
        }

        File.ReadAllText(Path.Combine(_folder.Path, expected)).Should().EndWith(" [INFO]  agent: Started: port=1\n");
        (File.GetUnixFileMode(Path.Combine(_folder.Path, expected)) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite)).Should().Be(UnixFileMode.None);
    }

    [Fact]
    public void A_file_ends_before_it_is_larger_than_configured_and_no_line_is_torn()
    {
        using (var log = Create(Options(bytes: 100)))
        {
            for (var line = 1; line <= 5; line++)
            {
                log.Information("A line of a certain length: number={Number}", line);
            }
        }

        var files = Files();
        files.Should().HaveCount(5).And.OnlyContain(file => file.Length <= 100 && file.EndsWith('\n'));
        string.Concat(files).Split('\n').Where(line => line.Length > 0).Select(line => line[^1]).Should().Equal('1', '2', '3', '4', '5');
    }

    [Fact]
    public void A_file_ends_when_it_is_old()
    {
        using var log = Create(Options(age: TimeSpan.FromHours(1)));
        log.Information("One");
        _clock.Advance(TimeSpan.FromMinutes(59));
        log.Information("Two");
        Files().Should().ContainSingle();
        _clock.Advance(TimeSpan.FromMinutes(1));
        log.Information("Three");
        Files().Should().HaveCount(2).And.Subject.Last().Should().EndWith("Three\n");
    }

    [Theory]
    [InlineData(0, 6)]
    [InlineData(2, 3)]
    [InlineData(-1, 1)]
    public void So_many_older_files_stay_and_nobody_elses_go(int archives, int expected)
    {
        _folder.Write("agent-notes.log", "not ours");
        using var log = Create(Options(age: TimeSpan.FromHours(1), archives: archives));
        for (var hour = 0; hour < 5; hour++)
        {
            _clock.Advance(TimeSpan.FromHours(1));
            log.Information("Hour {Hour}", hour);
        }

        var files = Files();
        files.Should().HaveCount(expected + 1);
        files.Should().Contain("not ours").And.Contain(file => file.EndsWith("Hour 4\n", StringComparison.Ordinal), "the newest stay");
    }

    [Fact] // a crash leaves whole files: the next start begins another one
    public void A_start_goes_on_in_a_file_of_its_own()
    {
        for (var start = 0; start < 3; start++)
        {
            using var log = Create(Options());
            log.Information("Start {Start}", start);
        }

        Files().Should().HaveCount(3);
    }

    [Fact] // logrotate, and a reload behind it
    public void A_file_that_was_moved_away_is_left_at_a_reload()
    {
        using var file = new LogFile(Options(), new ConsoleLogFormatter(), _clock);
        var sink = new LogTargetSink(file, _clock);
        file.Open();
        sink.Reopen();
        Files().Should().ContainSingle("it was not moved");
        var moved = Path.Combine(_folder.Path, "agent.old");
        File.Move(Directory.EnumerateFiles(_folder.Path).Single(), moved);
        sink.Reopen();
        using var log = new LoggerConfiguration().WriteTo.Sink(sink).CreateLogger();
        log.Information("After");
        File.ReadAllText(moved).Should().BeEmpty();
        Directory.EnumerateFiles(_folder.Path, "agent-*.log").Should().ContainSingle().Which.Should().Match(path => File.ReadAllText(path).EndsWith("After\n"));
    }

    [Fact] // a full disk stops nothing, and is heard once
    public void Lines_that_cannot_be_written_are_counted_and_the_log_goes_on()
    {
        var target = new FailingTarget();
        var sink = new LogTargetSink(target, _clock);
        List<string> told = [];
        sink.Failed = (name, error) => told.Add($"{name}: {error}");
        using var log = new LoggerConfiguration().WriteTo.Sink(sink).CreateLogger();
        log.Information("1");
        target.Fails = true;
        log.Information("2");
        log.Information("3");
        target.Fails = false;
        log.Information("4");
        target.Lines.Should().Equal(["1"], "a target that fails is left alone for a while");
        _clock.Advance(TimeSpan.FromSeconds(1));
        log.Information("5");
        target.Lines.Should().Equal("1", "3 lines were lost", "5");
        told.Should().Equal("test: no space left");
    }

    [Fact]
    public void A_folder_that_cannot_be_written_stops_the_start_and_is_named()
    {
        var blocked = _folder.Write("blocked", string.Empty);
        using var file = new LogFile(new LogFileOptions(blocked + "/x/a.log", 0, TimeSpan.FromDays(1), 0), new ConsoleLogFormatter(), _clock);
        file.Invoking(one => one.Open()).Should().Throw<IOException>().WithMessage($"log_file {blocked}/x/a.log cannot be written: *");
    }

    [Theory]
    [InlineData("""{"log_rotate_bytes":-1}""", "log_rotate_bytes cannot be -1. Must be greater than or equal to zero")]
    [InlineData("""{"log_rotate_max_files":-2}""", "log_rotate_max_files cannot be -2. Must be -1 (keep none), 0 (keep all) or a number of files")]
    [InlineData("""{"syslog_facility":"LOCAL9"}""", "syslog_facility: \"LOCAL9\" is none of KERN, USER, *LOCAL7")]
    public void A_bad_value_is_named(string json, string expected) =>
        json.Invoking(text => ConfigTexts.Read(text)).Should().Throw<ConfigurationException>().WithMessage(expected);

    [Fact]
    public void What_belongs_to_a_key_that_is_not_set_is_named() =>
        ConfigTexts.Read("""{"log_rotate_bytes":5,"log_rotate_duration":"1h","log_rotate_max_files":1,"syslog_facility":"local1"}""").Warnings.Should().Equal(
            "log_rotate_bytes has no effect: log_file is not set", "log_rotate_duration has no effect: log_file is not set",
            "log_rotate_max_files has no effect: log_file is not set", "syslog_facility has no effect: enable_syslog is not set");

    private LogFileOptions Options(long bytes = 0, TimeSpan? age = null, int archives = 0) =>
        new(Path.Combine(_folder.Path, "agent.log"), bytes, age ?? TimeSpan.FromDays(1), archives);

    private Logger Create(LogFileOptions options)
    {
        var file = new LogFile(options, new ConsoleLogFormatter(), _clock);
        file.Open();
        return new LoggerConfiguration().WriteTo.Sink(new LogTargetSink(file, _clock)).CreateLogger();
    }

    private List<string> Files() => [.. Directory.EnumerateFiles(_folder.Path, "agent-*.log").Order(StringComparer.Ordinal).Select(File.ReadAllText)];

    private sealed class FailingTarget : ILogTarget
    {
        public List<string> Lines { get; } = [];

        public bool Fails { get; set; }

        public string Name => "test";

        public void Open()
        {
        }

        public void Write(Serilog.Events.LogEvent logEvent) => Write(logEvent.MessageTemplate.Text);

        public void Write(string remark)
        {
            if (Fails)
            {
                throw new IOException("no space left");
            }

            Lines.Add(remark);
        }

        public void Reopen()
        {
        }

        public void Dispose()
        {
        }
    }
}
