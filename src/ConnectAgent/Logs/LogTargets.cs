using ConnectAgent.Configuration;
using Serilog;
using Serilog.Configuration;
using Serilog.Formatting;

namespace ConnectAgent.Logs;

/// <summary>Where the log goes besides standard output, as configured.</summary>
internal sealed class LogTargets
{
    private readonly List<LogTargetSink> _sinks = [];

    /// <summary>Opens all.</summary>
    /// <exception cref="IOException">One cannot be written to: the start fails, because nobody would look for the log elsewhere.</exception>
    public static LogTargets Open(AgentConfiguration configuration, ITextFormatter formatter, TimeProvider clock)
    {
        var opened = new LogTargets();
        IEnumerable<ILogTarget?> all =
        [
            configuration.LogFile is { } files ? new LogFile(files, formatter, clock) : null,
            configuration.SyslogFacility is { } facility ? new Syslog(facility, clock) : null,
        ];
        foreach (var target in all.OfType<ILogTarget>())
        {
            opened._sinks.Add(new LogTargetSink(target, clock));
            target.Open();
        }

        return opened;
    }

    /// <summary>Whoever closes the log closes them.</summary>
    public void AddTo(LoggerSinkConfiguration writeTo) => _sinks.ForEach(sink => writeTo.Sink(sink));

    /// <summary>Says whom to tell of lines that are lost.</summary>
    public void Heard(Action<string, string> failed) => _sinks.ForEach(sink => sink.Failed = failed);

    /// <summary>A reload: files may have been moved away.</summary>
    public void Reopen() => _sinks.ForEach(static sink => sink.Reopen());
}
