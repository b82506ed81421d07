using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;

namespace ConnectAgent.TestKit.Recordings;

/// <summary>A recorded run: one agent, driven step by step.</summary>
public sealed record Recording(string Name, JsonObject Config, bool TrimmedHeaders, IReadOnlyList<RecordedStep> Steps)
{
    public static Recording Load(string name)
    {
        var json = JsonNode.Parse(File.ReadAllText(Repository.Fixture($"recordings/{name}.json")))!.AsObject();
        return new Recording(
            name,
            json["config"]?.AsObject() ?? [],
            (string?)json["headers"] == "trimmed",
            [.. json["steps"]!.AsArray().Select(step => new RecordedStep(step!.AsObject()))]);
    }
}

/// <summary>One step; either a request or the wait for a background one.</summary>
public sealed class RecordedStep(JsonObject json)
{
    public string? Await => (string?)json["await"];

    public string Id => (string?)json["id"] ?? "await " + Await;

    public string Method => (string?)json["method"] ?? "GET";

    public string Path => (string)json["path"]!;

    public JsonObject Headers => json["headers"]?.AsObject() ?? [];

    public JsonNode? Body => json["body"];

    public bool HasBody => json.ContainsKey("body");

    public JsonObject Capture => json["capture"]?.AsObject() ?? [];

    public TimeSpan Sleep => TimeSpan.FromSeconds((double?)json["sleep"] ?? 0);

    public bool Background => (bool?)json["background"] ?? false;

    public JsonObject Response => json["response"]!.AsObject();

    /// <summary>The recorded answer's JSON, if it has any.</summary>
    public JsonNode? Answered => json["response"]?["json"];

    public int Status => (int)Response["status"]!;
}
