using Microsoft.Extensions.Logging;

namespace ConnectAgent.Tests.Client;

/// <summary>A log that tells when an event was written.</summary>
internal sealed class EventSignal(int id) : ILoggerFactory, ILogger
{
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Written => _written.Task;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == id)
        {
            _written.TrySetResult();
        }
    }

    public void Dispose()
    {
    }
}
