using Serilog.Extensions.Logging;

namespace ConnectAgent.Logs;

/// <summary>
/// Serilog without scopes, which no line of ours shows. The web server opens one for each connection where it can, and then carries it through every
/// step of every request.
/// </summary>
internal sealed class PlainLogs(Serilog.ILogger logger) : ILoggerProvider
{
    private readonly SerilogLoggerProvider _inner = new(logger, dispose: true);

    public ILogger CreateLogger(string categoryName) => new PlainLog(_inner.CreateLogger(categoryName));

    public void Dispose() => _inner.Dispose();

    private sealed class PlainLog(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            inner.Log(logLevel, eventId, state, exception, formatter);
    }
}
