using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;

namespace ConnectAgent.FunctionalTests;

/// <summary>The published daemon with ACLs on and a default policy of deny, and what a test does with its tokens.</summary>
public sealed class AclAgent : IAsyncDisposable
{
    public const string Management = "7a1c9ed0-0000-4000-8000-00000000abcd";

    private AclAgent(AgentProcess process) => Process = process;

    public AgentProcess Process { get; }

    public HttpClient Http => Process.Http;

    public static async Task<AclAgent> StartAsync(JsonObject? config = null)
    {
        var merged = new JsonObject
        {
            ["acl"] = new JsonObject
            {
                ["enabled"] = true,
                ["default_policy"] = "deny",
                ["tokens"] = new JsonObject { ["initial_management"] = Management },
            },
        };
        foreach (var (key, value) in config ?? [])
        {
            merged[key] = value?.DeepClone();
        }

        return new AclAgent(await AgentProcess.StartAsync(merged));
    }

    /// <summary>Makes a token whose one policy has these rules.</summary>
    public async Task<AclToken> TokenAsync(string rules)
    {
        var policy = await SendAsync(HttpMethod.Put, "/v1/acl/policy", new JsonObject { ["Name"] = "p-" + Guid.NewGuid().ToString("N"), ["Rules"] = rules });
        var token = await SendAsync(
            HttpMethod.Put, "/v1/acl/token", new JsonObject { ["Policies"] = new JsonArray(new JsonObject { ["ID"] = (string)policy["ID"]! }) });
        return new AclToken((string)token["AccessorID"]!, (string)token["SecretID"]!, (string)policy["ID"]!, (string)policy["Name"]!);
    }

    public Task DeleteAsync(AclToken token) => SendAsync(HttpMethod.Delete, "/v1/acl/token/" + token.AccessorId, null);

    /// <summary>Gives the token's policy other rules.</summary>
    public Task ChangeRulesAsync(AclToken token, string rules) => SendAsync(
        HttpMethod.Put, "/v1/acl/policy/" + token.PolicyId, new JsonObject { ["Name"] = token.PolicyName, ["Rules"] = rules });

    /// <summary>Reads under a token: the status and the body.</summary>
    public async Task<AclAnswer> GetAsync(string path, string token, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-Consul-Token", token);
        using var answer = await Http.SendAsync(request, cancellationToken);
        return new AclAnswer(
            (int)answer.StatusCode,
            await answer.Content.ReadAsStringAsync(cancellationToken),
            answer.Headers.TryGetValues("X-Consul-Index", out var index) ? index.Single() : string.Empty);
    }

    /// <summary>Asks under the management token, and must succeed.</summary>
    public async Task<JsonNode> SendAsync(HttpMethod method, string path, JsonNode? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("X-Consul-Token", Management);
        using var answer = await Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode
            ? JsonNode.Parse(text.Length == 0 ? "{}" : text)!
            : throw new InvalidOperationException($"{method} {path}: {(int)answer.StatusCode} {text}");
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}

/// <summary>A token of a test, with the one policy that it has.</summary>
public sealed record AclToken(string AccessorId, string SecretId, string PolicyId, string PolicyName);

/// <summary>What a read was answered with.</summary>
public sealed record AclAnswer(int Status, string Body, string Index);
