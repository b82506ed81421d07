using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.ControlPlane.ConfigEntries.Schema;

/// <summary>How long texts may be that have no bound of their own.</summary>
internal static class TextBounds
{
    private const string Refused = "refused: 400";

    /// <summary>A name is a key, part of log lines and of error texts. 3,000 bytes are accepted by rule (intentions CE-11).</summary>
    [Limit("config_entries.name", "bytes", Refused, Refuses = true)]
    public static readonly LengthBound Name = new("config_entries.name", 4096);

    /// <summary>Any other text: a pattern, a filter, an escape hatch of Envoy.</summary>
    [Limit("config_entries.text", "bytes", Refused, Refuses = true)]
    public static readonly LengthBound Text = new("config_entries.text", 65_536);
}
