using ConnectAgent.Hosting;
using ConnectAgent.Logs;
using FluentAssertions;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Events;
using Xunit;

namespace ConnectAgent.Tests.Http.LocalAgent;

/// <summary>Who follows the log sees what the level asks for, whatever the agent itself writes (services AG-24).</summary>
public sealed class MonitorTests
{
    [Theory]
    [InlineData("", "[DEBUG] agent.")]
    [InlineData("&logjson=true", "{\"@level\":\"debug\",")]
    public async Task Given_an_agent_that_logs_errors_only_When_its_log_is_followed_at_debug_Then_a_registration_is_in_it(string format, string begin)
    {
        await using var agent = await InProcessAgent.StartAsync();
        using var http = new HttpClient { BaseAddress = agent.Address };
        using var answer = await http.GetAsync(new Uri("/v1/agent/monitor?loglevel=debug" + format, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        (await agent.SendAsync("PUT", "/v1/agent/service/register", """{"Name":"web"}""")).Status.Should().Be(200);
        string? line;
        do
        {
            line = await lines.ReadLineAsync();
        }
        while (line?.Contains(begin, StringComparison.Ordinal) == false);
        line.Should().NotBeNull("a line of the registration comes before the end of the log");
    }

    [Theory]
    [InlineData("")]
    [InlineData("?loglevel=")]
    [InlineData("?loglevel=Trace")]
    [InlineData("?loglevel=DEBUG")]
    [InlineData("?loglevel=info")]
    [InlineData("?loglevel=wArn")]
    [InlineData("?loglevel=err")]
    [InlineData("?loglevel=ERROR")]
    public async Task Every_level_in_any_case_has_the_head_of_its_answer_before_any_line(string query)
    {
        await using var agent = await InProcessAgent.StartAsync();
        using var http = new HttpClient { BaseAddress = agent.Address };
        using var answer = await http.GetAsync(new Uri("/v1/agent/monitor" + query, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        ((int)answer.StatusCode, answer.Content.Headers.ContentType!.ToString()).Should().Be((200, "text/plain; charset=utf-8"));
    }

    [Fact]
    public async Task A_level_that_is_none_is_named()
    {
        await using var agent = await InProcessAgent.StartAsync();
        var (status, text, _) = await agent.SendAsync("GET", "/v1/agent/monitor?loglevel=bogus");
        (status, text).Should().Be((400, "Bad request: Unknown log level: bogus"));
    }

    [Fact]
    public void Nothing_is_made_for_nobody_and_the_end_of_the_agent_ends_it()
    {
        var monitor = new LogMonitor();
        using var log = new LoggerConfiguration().MinimumLevel.ControlledBy(monitor.Level).WriteTo.Sink(monitor).CreateLogger();
        log.IsEnabled(LogEventLevel.Fatal).Should().BeFalse();
        var feed = monitor.Follow(LogLevel.Warning, isJson: false);
        (log.IsEnabled(LogEventLevel.Warning), log.IsEnabled(LogEventLevel.Information)).Should().Be((true, false));
        log.Warning("one");
        feed.Lines.TryRead(out var line).Should().BeTrue();
        line.Should().EndWith("one\n");
        monitor.Release();
        feed.Lines.Completion.IsCompleted.Should().BeTrue();
        feed.Dispose();
        log.IsEnabled(LogEventLevel.Fatal).Should().BeFalse();
    }
}
