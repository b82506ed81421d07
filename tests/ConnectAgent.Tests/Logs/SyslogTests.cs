using System.Net.Sockets;
using System.Text;
using ConnectAgent.Logs;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Testing;
using FluentAssertions;
using Serilog;
using Xunit;

namespace ConnectAgent.Tests.Logs;

/// <summary>The log to syslog, over a real socket (config-and-cli section 2, <c>enable_syslog</c>, <c>syslog_facility</c>).</summary>
public sealed class SyslogTests : IDisposable
{
    private const int Local0 = 16;

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _clock = new();

    private string SocketPath => Path.Combine(_folder.Path, "log");

    public void Dispose() => _folder.Dispose();

    [Fact] // 8 times the facility, and the severity
    public void Each_line_is_a_datagram_with_facility_and_severity()
    {
        using var syslog = Listen();
        using var log = Create(out _);
        log.ForContext("SourceContext", "ConnectAgent.Agent.Leaves.LeafKind").Warning("Renewed: service={Service}", "a b");
        Receive(syslog).Should().MatchRegex($"^<132>[A-Z][a-z]{{2}} [ 0-9][0-9] \\d\\d:\\d\\d:\\d\\d connect-agent\\[{Environment.ProcessId}\\]: \\[WARN\\] agent\\.leaves: Renewed: service=\"a b\"$");
        log.Debug("D");
        log.Information("I");
        log.Error("E");
        new[] { Receive(syslog), Receive(syslog), Receive(syslog) }.Select(line => line.Split('>')[0]).Should().Equal("<135", "<134", "<131");
    }

    [Fact]
    public void A_long_line_is_cut()
    {
        using var syslog = Listen();
        using var log = Create(out _);
        log.Information(new string('x', 20_000));
        Receive(syslog).Should().HaveLength(8192);
    }

    [Fact] // it starts anew: lines are lost, and said to be
    public void A_syslog_that_comes_back_gets_the_log_again()
    {
        List<string> told = [];
        using var log = Create(out var sink, () => Listen());
        sink.Failed = (name, _) => told.Add(name);
        File.Delete(SocketPath);
        log.Information("nobody listens");
        told.Should().Equal("enable_syslog " + SocketPath);
        using var syslog = Listen();
        _clock.Advance(TimeSpan.FromSeconds(1));
        log.Information("again");
        Receive(syslog).Should().EndWith("1 lines were lost");
        Receive(syslog).Should().EndWith("again");
    }

    [Fact]
    public void Without_a_syslog_the_start_fails_and_says_what_to_do()
    {
        using var target = new Syslog(Local0, _clock, SocketPath);
        target.Invoking(one => one.Open()).Should().Throw<IOException>().WithMessage($"enable_syslog: there is no syslog at {SocketPath} (*); start one, or set enable_syslog to false");
    }

    private Socket Listen()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
        socket.Bind(new UnixDomainSocketEndPoint(SocketPath));
        return socket;
    }

    private static string Receive(Socket syslog)
    {
        var buffer = new byte[65536];
        return Encoding.UTF8.GetString(buffer, 0, syslog.Receive(buffer));
    }

    private Serilog.Core.Logger Create(out LogTargetSink sink, Func<Socket>? first = null)
    {
        using var gone = first?.Invoke();
        var target = new Syslog(Local0, _clock, SocketPath);
        target.Open();
        sink = new LogTargetSink(target, _clock);
        return new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Sink(sink).CreateLogger();
    }
}
