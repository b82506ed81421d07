using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Tests.Agent;

/// <summary>Keeps what is logged, from information on.</summary>
internal sealed class RecordedLogs : ILoggerProvider
{
    private readonly ConcurrentQueue<(int Id, LogLevel Level, string Text)> _events = new();

    public IReadOnlyCollection<(int Id, LogLevel Level, string Text)> Events => _events;

    public ILogger CreateLogger(string categoryName) => new Log(_events);

    public void Dispose()
    {
    }

    private sealed class Log(ConcurrentQueue<(int Id, LogLevel Level, string Text)> events) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                events.Enqueue((eventId.Id, logLevel, formatter(state, exception)));
            }
        }
    }
}
