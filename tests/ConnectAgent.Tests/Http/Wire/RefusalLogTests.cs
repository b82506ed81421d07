using ConnectAgent.Http.Wire;
using ConnectAgent.Testing;
using FluentAssertions;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ConnectAgent.Tests.Http.Wire;

/// <summary>FA-38, FA-41: the log names the setting that refuses, and cannot be flooded by who is refused.</summary>
public sealed class RefusalLogTests : ILogger<RefusalLog>
{
    private readonly ManualTimeProvider _clock = new();
    private readonly List<string> _lines = [];

    [Fact]
    public void FA_38_The_first_refusal_is_told_at_once_and_those_of_a_minute_together()
    {
        var log = new RefusalLog(_clock, this);
        log.Note("http_config.block_endpoints", "blocked");
        log.Note("http_config.block_endpoints", "blocked");
        log.Note("connect.enabled", "off");
        _lines.Should().Equal(
            "Requests refused: count=1 setting=http_config.block_endpoints error=blocked",
            "Requests refused: count=1 setting=connect.enabled error=off");
        _clock.Advance(RefusalLog.Quiet - TimeSpan.FromTicks(1));
        log.Note("http_config.block_endpoints", "blocked");
        _lines.Should().HaveCount(2);
        _clock.Advance(TimeSpan.FromTicks(1));
        log.Note("http_config.block_endpoints", "blocked");
        _lines.Should().HaveCount(3).And.EndWith("Requests refused: count=3 setting=http_config.block_endpoints error=blocked");
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        logLevel.Should().Be(LogLevel.Information, "it is seen by default");
        _lines.Add(formatter(state, exception));
    }
}
