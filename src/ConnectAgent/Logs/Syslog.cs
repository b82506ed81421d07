using System.Globalization;
using System.Net.Sockets;
using System.Text;
using ConnectAgent.Protocol.Limits;
using Serilog.Events;

namespace ConnectAgent.Logs;

/// <summary>The log to the syslog of this host (<c>enable_syslog</c>): a datagram for each line, in the form of RFC 3164 that a local syslog takes.</summary>
/// <param name="facility">By its number.</param>
/// <param name="clock">For the remarks.</param>
/// <param name="path">The syslog's socket.</param>
internal sealed class Syslog(int facility, TimeProvider clock, string path = Syslog.DefaultPath) : ILogTarget
{
    /// <summary>Where each host has it.</summary>
    public const string DefaultPath = "/dev/log";

    [Limit("log.syslog_line", "bytes", "cut")]
    private const int LongestLine = 8192;

    private const int Facilities = 8;

    private Socket? _socket;

    public string Name => "enable_syslog " + path;

    public void Open()
    {
        try
        {
            Connect();
        }
        catch (SocketException error)
        {
            throw new IOException($"enable_syslog: there is no syslog at {path} ({error.Message}); start one, or set enable_syslog to false", error);
        }
    }

    public void Write(LogEvent logEvent)
    {
        var text = $"[{Configuration.LogLevels.NameOf(logEvent.Level)}] {LogText.LoggerOf(logEvent)}: {LogText.MessageOf(logEvent)}";
        Send(SeverityOf(logEvent.Level), logEvent.Timestamp, logEvent.Exception is { } error ? $"{text}: error={LogText.Quote(error.ToString().ReplaceLineEndings(" | "))}" : text);
    }

    public void Write(string remark) => Send(SeverityOf(LogEventLevel.Warning), clock.GetUtcNow(), "[WARN] agent.logs: " + remark);

    // A socket knows no file: when the syslog starts anew, the next line fails and finds it.
    public void Reopen()
    {
    }

    public void Dispose() => _socket?.Dispose();

    private void Send(int severity, DateTimeOffset at, string text)
    {
        var line = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"<{(facility * Facilities) + severity}>{at.ToLocalTime():MMM} {at.ToLocalTime().Day,2} {at.ToLocalTime():HH:mm:ss} connect-agent[{Environment.ProcessId}]: {text}"));
        try
        {
            (_socket ?? Connect()).Send(line.AsSpan(0, Math.Min(line.Length, LongestLine)));
        }
        catch (SocketException error)
        {
            _socket?.Dispose();
            _socket = null;
            throw new IOException($"{Name} takes no line: {error.Message}", error);
        }
    }

    private Socket Connect()
    {
        // It must not wait: a syslog that hangs would hang whoever logs.
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return _socket = socket;
    }

    private static int SeverityOf(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose or LogEventLevel.Debug => 7,
        LogEventLevel.Information => 6,
        LogEventLevel.Warning => 4,
        _ => 3,
    };
}
