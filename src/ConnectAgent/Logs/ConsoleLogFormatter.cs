using System.Globalization;
using ConnectAgent.Configuration;
using Serilog.Events;
using Serilog.Formatting;

namespace ConnectAgent.Logs;

/// <summary>The text log: time, level in eight columns, logger, message (config-and-cli LOG-1).</summary>
internal sealed class ConsoleLogFormatter : ITextFormatter
{
    private const int LevelColumns = 8;

    public void Format(LogEvent logEvent, TextWriter output)
    {
        output.Write(logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z' ", CultureInfo.InvariantCulture));
        output.Write($"[{LogLevels.NameOf(logEvent.Level)}]".PadRight(LevelColumns));
        output.Write(LogText.LoggerOf(logEvent));
        output.Write(": ");
        output.Write(LogText.MessageOf(logEvent));
        if (logEvent.Exception is { } error)
        {
            output.Write(": error=");
            output.Write(LogText.Quote(error.ToString().ReplaceLineEndings(" | ")));
        }

        output.Write('\n');
    }
}
