using System.Text.Json.Nodes;

namespace ConnectAgent.TestKit.Servers;

/// <summary>Instances as a server writes them (services HLT-1), with fields that nobody here knows.</summary>
public static class HealthInstances
{
    public static string Of(string node, string service, string status = "passing", params string[] tags) => new JsonObject
    {
        ["Node"] = new JsonObject { ["Node"] = node, ["Address"] = "10.0.0.1", ["Meta"] = new JsonObject { ["a<b"] = "é" } },
        ["Service"] = new JsonObject
        {
            ["Service"] = service,
            ["ID"] = service + "-1",
            ["Tags"] = new JsonArray([.. tags.Select(tag => JsonValue.Create(tag))]),
            ["Port"] = 21000,
            ["Weights"] = new JsonObject { ["Passing"] = 1.50 },
        },
        ["Checks"] = new JsonArray(
            new JsonObject { ["CheckID"] = "serfHealth", ["Status"] = "passing" },
            new JsonObject { ["CheckID"] = service, ["Status"] = status }),
        ["Locality"] = new JsonObject { ["Zone"] = 18446744073709551615UL, ["Unknown"] = null },
    }.ToJsonString();
}
