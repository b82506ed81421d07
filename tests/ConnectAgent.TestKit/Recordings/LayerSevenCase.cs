using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;

namespace ConnectAgent.TestKit.Recordings;

/// <summary>One row of the worked layer 7 table (intentions section 8).</summary>
/// <param name="Row">From 1.</param>
/// <param name="Set">The name of the permission set.</param>
/// <param name="Headers">Name and value, in the order sent.</param>
/// <param name="Decides">The position of the permission that decides; null when none does.</param>
public sealed record LayerSevenCase(
    int Row,
    string Set,
    string Method,
    string Path,
    IReadOnlyList<KeyValuePair<string, string>> Headers,
    int? Decides,
    bool AllowedUnderDeny,
    bool AllowedUnderAllow)
{
    private static readonly JsonNode Table = JsonNode.Parse(File.ReadAllText(Repository.Fixture("recordings/l7-permission-cases.json")))!;

    public static IReadOnlyList<LayerSevenCase> All { get; } =
        [.. Table["cases"]!.AsArray().Select((row, index) => Read(index + 1, row!))];

    public static IReadOnlyList<string> Sets { get; } = [.. Table["permission_sets"]!.AsObject().Select(set => set.Key)];

    /// <summary>The permissions of a set, as the API takes them.</summary>
    public static JsonArray Permissions(string set) => Table["permission_sets"]![set]!.DeepClone().AsArray();

    private static LayerSevenCase Read(int row, JsonNode json) => new(
        row,
        (string)json["permissions"]!,
        (string)json["method"]!,
        (string)json["path"]!,
        [.. json["headers"]!.AsArray().Select(header => new KeyValuePair<string, string>((string)header![0]!, (string)header[1]!))],
        (int?)json["matched_permission"],
        (string)json["default_deny"]! == "allow",
        (string)json["default_allow"]! == "allow");
}
