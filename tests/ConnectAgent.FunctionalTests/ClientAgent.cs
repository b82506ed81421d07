using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;

namespace ConnectAgent.FunctionalTests;

/// <summary>What the fault tests ask of an agent whose servers misbehave.</summary>
internal static class ClientAgent
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<ClientAnswer> GetAsync(this AgentProcess agent, string path, CancellationToken cancellationToken = default)
    {
        using var answer = await agent.Http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
        return await ClientAnswer.OfAsync(answer);
    }

    public static Task<ClientAnswer> RootsAsync(this AgentProcess agent, string query = "") => agent.GetAsync("/v1/agent/connect/ca/roots" + query);

    public static Task<ClientAnswer> LeafAsync(this AgentProcess agent, string service) => agent.GetAsync("/v1/agent/connect/ca/leaf/" + service);

    public static async Task<ClientAnswer> AuthorizeAsync(this AgentProcess agent, string target, string peer = "web")
    {
        using var answer = await agent.Http.PostAsJsonAsync(
            new Uri("/v1/agent/connect/authorize", UriKind.Relative),
            new JsonObject
            {
                ["Target"] = target,
                ["ClientCertURI"] = "spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/" + peer,
                ["ClientCertSerial"] = "01",
            });
        return await ClientAnswer.OfAsync(answer);
    }

    /// <summary>Fills roots, the leaf of web, and the intentions of db.</summary>
    public static async Task<WarmCache> WarmAsync(this AgentProcess agent)
    {
        var roots = await agent.RootsAsync();
        var leaf = await agent.LeafAsync("web");
        var decision = await agent.AuthorizeAsync("db");
        new[] { roots.Status, leaf.Status, decision.Status }.Should().Equal([200, 200, 200], "{0} {1} {2}", roots.Body, leaf.Body, decision.Body);
        return new WarmCache((string)roots.Json["ActiveRootID"]!, roots.Index, (string)leaf.Json["CertPEM"]!);
    }

    /// <summary>CACHE-29, LEAF-80: what is cached goes on being answered.</summary>
    public static async Task StillServesAsync(this AgentProcess agent, WarmCache warm, bool? knownLeader)
    {
        var roots = await agent.RootsAsync();
        roots.Status.Should().Be(200, roots.Body);
        ((string)roots.Json["ActiveRootID"]!).Should().Be(warm.ActiveRootId);
        roots.Header("X-Cache").Should().Be("HIT");
        roots.Header("Age").Should().NotBeEmpty();
        if (knownLeader is { } known)
        {
            roots.Header("X-Consul-Knownleader").Should().Be(known ? "true" : "false");
        }

        var leaf = await agent.LeafAsync("web");
        leaf.Status.Should().Be(200, leaf.Body);
        ((string)leaf.Json["CertPEM"]!).Should().Be(warm.CertPem);
        var decision = await agent.AuthorizeAsync("db");
        decision.Status.Should().Be(200, decision.Body);
        decision.Header("X-Cache").Should().Be("HIT");
    }

    /// <summary>CACHE-9, CACHE-29: what is not cached fails, and so does who blocks on what is current.</summary>
    /// <param name="unused">A name that was never asked for.</param>
    /// <param name="text">What the error must hold.</param>
    public static async Task FailsNewKeysAsync(this AgentProcess agent, string unused, string text)
    {
        var decision = await agent.AuthorizeAsync(unused);
        (decision.Status, decision.Header("X-Cache")).Should().Be((500, string.Empty));
        decision.Body.Should().Contain(text);
        var leaf = await agent.LeafAsync(unused);
        leaf.Status.Should().Be(500);
        leaf.Body.Should().Contain(text);
    }

    /// <summary>Waits until somebody blocks on an entry.</summary>
    public static Task WaitedOnAsync(this AgentProcess agent, string kind) => UntilAsync(async () =>
        (await agent.GetAsync("/v1/agent/connect/cache?kind=" + kind)).List.Any(entry => (int)entry!["Waiters"]! > 0 && (string)entry["State"]! != "refreshing"));

    /// <summary>Waits until the roots come from servers in contact; each look that blocks has the agent try at once (CACHE-23).</summary>
    public static Task RecoveredAsync(this AgentProcess agent) => UntilAsync(async () =>
    {
        var roots = await agent.RootsAsync("?index=" + ulong.MaxValue + "&wait=20ms");
        return roots.Status == 200 && roots.Header("X-Consul-Knownleader") == "true";
    });

    /// <summary>What an agent without a control plane says when it does not start.</summary>
    public static async Task<string> StartErrorAsync(Uri server, JsonObject settings)
    {
        using var folder = new TemporaryFolder();
        var config = AgentProcess.Base(folder.Path);
        settings["servers"] = new JsonArray(server.GetLeftPart(UriPartial.Authority));
        (config["server"], config["bootstrap"], config["connect_agent"]) = (false, false, settings);
        var file = folder.Write("config.json", config.ToJsonString());
        var (code, output, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["agent", "-config-file", file]);
        code.Should().Be(1, output);
        return output + errors;
    }

    // An event in another process: the only way to learn of it is to ask.
    public static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan? patience = null)
    {
        using var limit = new CancellationTokenSource(patience ?? Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
        {
            await pause.WaitForNextTickAsync(limit.Token);
        }
    }
}

/// <summary>What a filled cache holds.</summary>
internal sealed record WarmCache(string ActiveRootId, ulong RootsIndex, string CertPem);

/// <summary>An answer, read whole.</summary>
internal sealed record ClientAnswer(int Status, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public JsonObject Json => JsonNode.Parse(Body)!.AsObject();

    public JsonArray List => JsonNode.Parse(Body)!.AsArray();

    public ulong Index => ulong.Parse(Header("X-Consul-Index"), CultureInfo.InvariantCulture);

    public static async Task<ClientAnswer> OfAsync(HttpResponseMessage answer) => new(
        (int)answer.StatusCode,
        answer.Headers.ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase),
        await answer.Content.ReadAsStringAsync());

    public string Header(string name) => Headers.GetValueOrDefault(name, string.Empty);
}
