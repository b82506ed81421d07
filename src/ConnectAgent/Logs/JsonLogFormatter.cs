using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Json;
using Serilog.Events;
using Serilog.Formatting;

namespace ConnectAgent.Logs;

/// <summary>The JSON log: one object a line (config-and-cli LOG-2).</summary>
internal sealed class JsonLogFormatter : ITextFormatter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = GoJsonEncoder.Instance };

    public void Format(LogEvent logEvent, TextWriter output)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line, Options))
        {
            json.WriteStartObject();
            json.WriteString("@level", LogLevels.NameOf(logEvent.Level).ToLowerInvariant());
            json.WriteString("@message", LogText.MessageOf(logEvent));
            json.WriteString("@module", LogText.LoggerOf(logEvent));
            json.WriteString(
                "@timestamp", logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
            foreach (var (name, value) in logEvent.Properties)
            {
                if (name is not ("SourceContext" or "EventId"))
                {
                    json.WriteString(name, LogText.PlainOf(value));
                }
            }

            if (logEvent.Exception is { } error)
            {
                json.WriteString("error", error.ToString());
            }

            json.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(line.WrittenSpan));
        output.Write('\n');
    }
}
