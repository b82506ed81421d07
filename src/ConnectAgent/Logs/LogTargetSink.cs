using Serilog.Core;
using Serilog.Events;

namespace ConnectAgent.Logs;

/// <summary>
/// Writes events to a target, and lives through its failures: a full disk or a syslog that restarts loses lines, which are counted, and stops nothing. It is
/// told once on standard output, and in the target itself when it works again.
/// </summary>
internal sealed class LogTargetSink(ILogTarget target, TimeProvider clock) : ILogEventSink, IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private long _failedAt;
    private long _lost;

    /// <summary>Hears that lines are being lost; set once there is a log to tell it to.</summary>
    public Action<string, string>? Failed { get; set; }

    public void Emit(LogEvent logEvent)
    {
        lock (_gate)
        {
            // Not at each line: a failing disk or socket takes its time.
            if (_lost > 0 && clock.GetElapsedTime(_failedAt) < Pause)
            {
                _lost++;
                return;
            }

            try
            {
                if (_lost > 0)
                {
                    target.Write($"{_lost} lines were lost");
                    _lost = 0;
                }

                target.Write(logEvent);
            }
            catch (IOException error)
            {
                (_failedAt, _lost) = (clock.GetTimestamp(), _lost + 1);
                if (_lost == 1)
                {
                    Failed?.Invoke(target.Name, error.Message);
                }
            }
        }
    }

    /// <summary>A reload: files may have been moved away.</summary>
    public void Reopen()
    {
        lock (_gate)
        {
            try
            {
                target.Reopen();
            }
            catch (IOException error)
            {
                Failed?.Invoke(target.Name, error.Message);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            target.Dispose();
        }
    }
}
