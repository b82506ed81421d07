using System.Globalization;
using Serilog.Events;
using Serilog.Parsing;

namespace ConnectAgent.Logs;

/// <summary>What both log formats share.</summary>
internal static class LogText
{
    /// <summary><c>ConnectAgent.Agent.Leaves.LeafKind</c> logs as <c>agent.leaves</c>.</summary>
    public static string LoggerOf(LogEvent logEvent)
    {
        if (logEvent.Properties.GetValueOrDefault("SourceContext") is not ScalarValue { Value: string category })
        {
            return "agent";
        }

        var names = category.Split('.');
        if (names is ["ConnectAgent", "Proxy", ..])
        {
            return "proxy"; // as in the reference's own log
        }

        if (names[0] != "ConnectAgent" || names.Length < 3)
        {
            return "agent.host";
        }

        var inner = names[1] == "Agent" ? names[2..^1] : names[1..^1];
        return string.Join('.', inner.Select(name => name.ToLowerInvariant()).Prepend("agent"));
    }

    /// <summary>Renders the message; values with spaces or quotes are quoted where they follow an equals sign.</summary>
    public static string MessageOf(LogEvent logEvent)
    {
        var text = new System.Text.StringBuilder();
        foreach (var token in logEvent.MessageTemplate.Tokens)
        {
            if (token is PropertyToken property && logEvent.Properties.TryGetValue(property.PropertyName, out var value))
            {
                // One event is one line, whatever a caller managed to put into a name.
                var line = PlainOf(value).ReplaceLineEndings("\\n");
                text.Append(text.Length > 0 && text[^1] == '=' ? Quote(line) : line);
            }
            else
            {
                text.Append(token);
            }
        }

        return text.ToString();
    }

    public static string PlainOf(LogEventPropertyValue value) => value is ScalarValue { Value: var scalar }
        ? (scalar as IFormattable)?.ToString(scalar is DateTimeOffset ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : null, CultureInfo.InvariantCulture)
            ?? scalar?.ToString() ?? "null"
        : value.ToString();

    public static string Quote(string text) =>
        text.AsSpan().ContainsAny(' ', '"') ? '"' + text.Replace("\"", "\\\"", StringComparison.Ordinal) + '"' : text;
}
