using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.ConfigEntries.Schema;

/// <summary>
/// A duration: a text with units, or a number of nanoseconds, of which it keeps each one. An empty text is no duration. How it is shown depends
/// on the field: the reference writes some with a form of their own, the rest as what they are, a count of nanoseconds.
/// </summary>
internal sealed class DurationType(bool isText) : ConfigType
{
    /// <summary>Shown as text: <c>ConnectTimeout</c> and <c>RequestTimeout</c> (services CFG-11).</summary>
    public static DurationType Text { get; } = new(isText: true);

    /// <summary>Shown as a number: every other one.</summary>
    public static DurationType Nanoseconds { get; } = new(isText: false);

    public override JsonNode? Empty => isText ? JsonValue.Create("0s") : JsonNode.Parse("0");

    protected override JsonNode? Decode(JsonElement value, SchemaDecoding decoding) =>
        !SchemaTypes.TryDuration(value, decoding, out var nanoseconds) || nanoseconds == 0 ? null
        : isText ? JsonValue.Create(GoDuration.FormatNanoseconds(nanoseconds))
        : JsonNode.Parse(nanoseconds.ToString(CultureInfo.InvariantCulture));
}
