using System.CommandLine;
using System.Text.Json;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Configuration;

namespace ConnectAgent.Cli;

/// <summary><c>config show</c>: the configuration as an agent with these files and flags would have it, each value with its source; secrets are hidden.</summary>
internal static class ConfigShowCommand
{
    private static readonly Option<string?> Format = Flag.Format();

    public static CliCommand Create()
    {
        var flags = new AgentFlags();
        var command = CliCommand.Local(
            "show", "Shows the configuration that files and flags make, and where each value was said; nothing is started.", "config show -config-dir /etc/connect-agent",
            call => Task.FromResult(Show(flags, call)), Format);
        flags.AddTo(command);
        return command;
    }

    private static int Show(AgentFlags flags, Invocation call)
    {
        AgentConfiguration configuration;
        IReadOnlyList<EffectiveValue> values;
        try
        {
            configuration = flags.Read(call.Result, call.Words);
            values = configuration.Effective.All();
        }
        catch (ConfigurationException error)
        {
            throw new CommandFailure(error.Message);
        }

        foreach (var warning in configuration.Warnings)
        {
            call.Errors.WriteLine(warning);
        }

        return call.Given(Format) switch
        {
            null or "pretty" => call.Done(string.Join('\n', values)),
            "json" => call.Done(JsonShape.Print(JsonElement.Parse(JsonShape.Body(writer => Write(writer, values))))),
            var other => throw new CommandFailure("Invalid format: " + other),
        };
    }

    private static void Write(Utf8JsonWriter writer, IReadOnlyList<EffectiveValue> values)
    {
        writer.WriteStartArray();
        foreach (var value in values)
        {
            writer.WriteStartObject();
            writer.WriteString("Key", value.Path);
            writer.WritePropertyName("Value");
            writer.WriteRawValue(value.Shown);
            writer.WriteString("Source", value.Source.Name);
            writer.WriteNumber("Line", value.Source.Line);
            writer.WriteBoolean("HasEffect", value.Key is not null);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
