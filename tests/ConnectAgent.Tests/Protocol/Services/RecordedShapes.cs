using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Json;
using ConnectAgent.TestKit.Processes;

namespace ConnectAgent.Tests.Protocol.Services;

/// <summary>What the reference showed, and what our writers show, both as compact text: the order of keys counts.</summary>
internal static class RecordedShapes
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = GoJsonEncoder.Instance };

    /// <summary>The value at a path of the answer of a recorded step.</summary>
    public static JsonNode Answer(string recording, string step, params ReadOnlySpan<object> path)
    {
        var node = JsonNode.Parse(File.ReadAllText(Repository.Fixture($"recordings/{recording}.json")))!["steps"]!.AsArray()
            .Single(candidate => (string?)candidate!["id"] == step)!["response"]!["json"]!;
        foreach (var part in path)
        {
            node = part is int index ? node[index]! : node[(string)part]!;
        }

        return node;
    }

    public static string Text(JsonNode node) => Written(node, static (writer, value) => value.WriteTo(writer));

    public static string Written<T>(T value, Action<Utf8JsonWriter, T> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Compact))
        {
            write(writer, value);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
