using Serilog.Events;
using Serilog.Formatting;

namespace ConnectAgent.Logs;

/// <summary>The text log of a command that runs on, as the reference prints it behind its first lines.</summary>
internal sealed class IndentedLogFormatter : ITextFormatter
{
    private readonly ConsoleLogFormatter _inner = new();

    public void Format(LogEvent logEvent, TextWriter output)
    {
        output.Write("    ");
        _inner.Format(logEvent, output);
    }
}
