using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.Configuration;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Hosting;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.State;
using ConnectAgent.TestKit.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.Tests.Http;

/// <summary>The whole daemon in this process, on a real socket, so that a test can put into its state what no endpoint takes.</summary>
internal sealed class InProcessAgent : IAsyncDisposable
{
    public const string TrustDomain = "11111111-2222-3333-4444-555555555555.consul";

    private readonly WebApplication _app;
    private readonly HttpClient _http;
    private readonly string? _folder;

    private InProcessAgent(WebApplication app, int port, string? folder)
    {
        (_app, _folder) = (app, folder);
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    public IServiceProvider Services => _app.Services;

    /// <summary>Makes it an agent of another one's, which is its server.</summary>
    public static void PutInFrontOf(ConfigValues values, Uri server)
    {
        // Of two agents with one name each would remove the other's services.
        values.Set(NodeKeys.Server, false).Set(NodeKeys.Bootstrap, false).Set(NodeKeys.NodeName, "in-front");
        values.Merge(ServerSettings.ServersKey, new List<string> { server.GetLeftPart(UriPartial.Authority) });
    }

    /// <summary>Starts one in development mode.</summary>
    /// <param name="defaultPolicy"><c>allow</c> or <c>deny</c> turns ACLs on, with a management token by default; null leaves them off.</param>
    /// <param name="configure">Changes the rest.</param>
    /// <param name="forProduction">As an operator runs it: on a data directory, with compact JSON.</param>
    /// <param name="folder">The same, in a folder that the caller has made and keeps.</param>
    /// <param name="clock">The system's unless it is given.</param>
    /// <param name="add">Adds services.</param>
    public static async Task<InProcessAgent> StartAsync(
        string? defaultPolicy = null,
        Action<ConfigValues>? configure = null,
        bool forProduction = false,
        string? folder = null,
        TimeProvider? clock = null,
        Action<IServiceCollection>? add = null)
    {
        var own = forProduction ? Directory.CreateTempSubdirectory("connect-agent-").FullName : null;
        folder ??= own;
        var port = FreePorts.Next();
        var values = new ConfigValues().Set(NodeKeys.LogLevel, "ERR").Set(AclKeys.Enabled, defaultPolicy is not null).Set(AclKeys.DefaultPolicy, defaultPolicy).Set(AclKeys.ManagementToken, "root").Set(AclKeys.DefaultToken, defaultPolicy is null ? null : "root");
        values.Set(ConnectKeys.CaConfig, new Dictionary<string, System.Text.Json.JsonElement>
        {
            [CaConfigType.ClusterId] = System.Text.Json.JsonSerializer.SerializeToElement(TrustDomain[..36]),
        });
        values.Set(PortKeys.KeyOf("http"), port);
        if (folder is not null)
        {
            values.Set(NodeKeys.Server, true).Set(NodeKeys.Bootstrap, true).Set(ConnectKeys.Enabled, true);
            values.Set(NodeKeys.BindAddress, "127.0.0.1").Set(NodeKeys.DataDirectory, Path.Combine(folder, "data"));
        }

        configure?.Invoke(values);
        AgentConfiguration Build() => AgentConfiguration.Build(values, devMode: folder is null);
        var app = await AgentHost.BuildAsync(DataDirectory.Prepare(Build()), Build, clock, add);
        await app.StartAsync();
        return new InProcessAgent(app, port, own);
    }

    /// <summary>What it serves.</summary>
    public IReadOnlyList<WireRoute> Routes => _app.Services.GetRequiredService<WireRouter>().Routes;

    public Uri Address => _http.BaseAddress!;

    public static string UriOf(string service) => $"spiffe://{TrustDomain}/ns/default/dc/dc1/svc/{service}";

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>Stores intentions as they are, unchecked, one entry for each destination.</summary>
    public async Task StoreAsync(params IEnumerable<Intention> intentions)
    {
        var store = _app.Services.GetRequiredService<StateStore>();
        foreach (var group in intentions.GroupBy(intention => intention.DestinationName))
        {
            var sources = group.Select(intention => new IntentionSource(intention.SourceName)
            {
                Action = intention.Action,
                Permissions = intention.Permissions,
            }).ToImmutableArray();
            await store.WriteAsync(writer =>
            {
                writer.Put(
                    IntentionTables.Entries,
                    IntentionEntryValidation.Normalize(new IntentionEntry(group.Key, sources, null, writer.Index, writer.Index)));
                return true;
            });
        }
    }

    public Task<(int Status, string Text, IReadOnlyDictionary<string, string> Headers)> PostAsync(string path, string body) =>
        SendAsync("POST", path, body);

    /// <summary>Sends a request as it is.</summary>
    /// <param name="token">Empty for none.</param>
    public async Task<(int Status, string Text, IReadOnlyDictionary<string, string> Headers)> SendAsync(
        string method, string path, string? body = null, string token = "")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        if (token.Length > 0)
        {
            request.Headers.Add("X-Consul-Token", token);
        }

        using var answer = await _http.SendAsync(request);
        var headers = answer.Headers.ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), headers);
    }

    /// <summary>Makes a policy, and a token that is linked to it.</summary>
    /// <returns>Its secret.</returns>
    public async Task<string> TokenAsync(string rules)
    {
        var policy = Guid.NewGuid().ToString();
        await ManageAsync("/v1/acl/policy", new JsonObject { ["Name"] = policy, ["Rules"] = rules });
        var token = await ManageAsync("/v1/acl/token", new JsonObject { ["Policies"] = new JsonArray(new JsonObject { ["Name"] = policy }) });
        return (string)token["SecretID"]!;
    }

    /// <summary>Sends a request as it is.</summary>
    /// <returns>Status, headers but the date, and body.</returns>
    public async Task<string> ExchangeAsync(HttpMethod method, string path, byte[]? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Content = body is null ? null : new ByteArrayContent(body);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await _http.SendAsync(request);
        var lines = answer.Headers.Concat(answer.Content.Headers).Where(header => header.Key != "Date")
            .Select(header => $"{header.Key}: {string.Join(',', header.Value)}").Order(StringComparer.Ordinal);
        return $"{(int)answer.StatusCode}\n{string.Join('\n', lines)}\n\n{Convert.ToBase64String(await answer.Content.ReadAsByteArrayAsync())}";
    }

    public async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await _http.GetStringAsync(new Uri(path, UriKind.Relative)))!;

    /// <summary>Writes as the management token, and expects it to work.</summary>
    public async Task<JsonNode> ManageAsync(string path, JsonObject body)
    {
        var (status, text, _) = await SendAsync("PUT", path, body.ToJsonString(), "root");
        return status == 200 ? JsonNode.Parse(text)! : throw new InvalidOperationException($"{status}: {text} {body}");
    }

    /// <summary>Asks about a request, or about the connection, and expects a decision.</summary>
    public async Task<JsonNode> DecideAsync(string path, JsonObject body)
    {
        var (status, text, _) = await PostAsync(path, body.ToJsonString());
        return status == 200 ? JsonNode.Parse(text)! : throw new InvalidOperationException($"{status}: {text}");
    }
}
