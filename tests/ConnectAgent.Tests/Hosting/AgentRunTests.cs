using ConnectAgent.Hosting;
using ConnectAgent.Protocol.Errors;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ConnectAgent.Tests.Hosting;

/// <summary>How a run ends (config-and-cli PROC-3, PROC-5).</summary>
public sealed class AgentRunTests
{
    private readonly RecordedLog _log = new();

    [Fact]
    public async Task FA_31_A_background_service_that_dies_ends_the_process_with_1_and_the_reason_last()
    {
        using var host = Host(new Dying());
        (await AgentRun.ToExitAsync(host, static () => null, static () => 0, _log, CancellationToken.None)).Should().Be(1);
        _log.Lines[^1].Should().Be("Exit code: code=1 reason=Dying died: the disk is gone");
        _log.Lines[^2].Should().Be("A background service died: service=Dying");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_signal_decides_when_nothing_died(int code)
    {
        using var host = Host(new Sleeping());
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        lifetime.ApplicationStarted.Register(lifetime.StopApplication);
        (await AgentRun.ToExitAsync(host, static () => null, () => code, _log, CancellationToken.None)).Should().Be(code);
        _log.Lines.Should().Equal($"Exit code: code={code}");
    }

    [Fact]
    public async Task FA_34_What_fails_at_the_start_is_one_line()
    {
        using var host = Host(new Sleeping());
        (await AgentRun.ToExitAsync(host, static () => throw new IOException("No space left on device"), static () => 0, _log, CancellationToken.None)).Should().Be(1);
        _log.Lines.Should().Equal("Error starting agent: error=No space left on device", "Exit code: code=1");
    }

    [Fact] // a write to the state that the disk refuses, at the first use of the tables
    public void FA_34_What_the_state_refuses_is_no_bug() =>
        StartFailure.IsExpected(new ServerException(FailureKind.Failed, "state could not be stored")).Should().BeTrue();

    private static IHost Host(BackgroundService service)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddHostedService(_ => service);
        return builder.Build();
    }

    private sealed class Dying : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            throw new InvalidOperationException("the disk is gone");
        }
    }

    private sealed class Sleeping : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Delay(Timeout.Infinite, stoppingToken);
    }

    private sealed class RecordedLog : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
