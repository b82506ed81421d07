using System.Text.Json.Nodes;
using ConnectAgent.Logs;
using FluentAssertions;
using Serilog;
using Serilog.Formatting;
using Xunit;

namespace ConnectAgent.Tests.Logs;

/// <summary>config-and-cli LOG-1, LOG-2.</summary>
public sealed class LogFormatTests
{
    [Fact]
    public void A_text_line_has_time_level_logger_and_message() => Render(new ConsoleLogFormatter())
        .Should().MatchRegex("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z \\[WARN\\]  agent\\.leaves: Renewed: service=\"a b\" count=3\n$");

    [Fact]
    public void A_JSON_line_is_one_object()
    {
        var line = JsonNode.Parse(Render(new JsonLogFormatter()))!;
        ((string)line["@level"]!, (string)line["@module"]!, (string)line["@message"]!).Should().Be(("warn", "agent.leaves", "Renewed: service=\"a b\" count=3"));
        ((string)line["@timestamp"]!).Should().MatchRegex("\\.\\d{6}Z$");
        ((string)line["Service"]!).Should().Be("a b");
    }

    [Fact] // one event is one line, whatever a name holds
    public void A_line_end_in_a_value_makes_no_second_line() =>
        Render(new ConsoleLogFormatter(), "web\n2026 [ERROR] forged", "Issued for {Service}").TrimEnd('\n').Should().NotContain("\n");

    private static string Render(ITextFormatter formatter, string service = "a b", string template = "Renewed: service={Service} count={Count}")
    {
        var output = new StringWriter();
        using (var logger = new LoggerConfiguration().WriteTo.Sink(new TextSink(formatter, output)).CreateLogger())
        {
            logger.ForContext("SourceContext", "ConnectAgent.Agent.Leaves.LeafKind")
                .Warning(template, service, 3);
        }

        return output.ToString();
    }

    private sealed class TextSink(ITextFormatter formatter, TextWriter output) : Serilog.Core.ILogEventSink
    {
        public void Emit(Serilog.Events.LogEvent logEvent) => formatter.Format(logEvent, output);
    }
}
