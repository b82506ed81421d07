using System.Text.Json;
using System.Text.Json.Nodes;

namespace ConnectAgent.TestKit.Processes;

/// <summary>The published daemon as a process of its own, on ports of its own, with a data directory of its own.</summary>
public sealed class AgentProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly SecretWatch _watch;

    private AgentProcess(RunningProcess process, Uri address, string folder)
    {
        Process = process;
        Address = address;
        Folder = folder;
        _watch = new SecretWatch(new SocketsHttpHandler { MaxConnectionsPerServer = 10_000 });
        Http = new HttpClient(_watch)
        {
            BaseAddress = address,

            // Longer than the longest blocking read: on a slow machine a test may well be parked for minutes.
            Timeout = TimeSpan.FromMinutes(15),
        };
    }

    public RunningProcess Process { get; }

    public Uri Address { get; }

    public HttpClient Http { get; }

    /// <summary>Holds the configuration file and the data directory; goes with the process.</summary>
    public string Folder { get; }

    /// <summary>Starts an agent with the recordings' base configuration and waits until it is ready.</summary>
    /// <param name="config">Merged over the base, key by key.</param>
    /// <param name="arguments">More flags.</param>
    public static async Task<AgentProcess> StartAsync(JsonObject? config = null, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("connect-agent-").FullName;
        var merged = Base(folder);
        Merge(merged, config ?? []);
        var file = Path.Combine(folder, "config.json");
        var text = merged.ToJsonString();
        Secrets.AddFrom(text);
        await File.WriteAllTextAsync(file, text);
        var process = RunningProcess.Start(Repository.PublishedAgent, ["agent", "-config-file", file, .. arguments]);
        var address = new Uri($"http://127.0.0.1:{(int)merged["ports"]!["http"]!}");
        var agent = new AgentProcess(process, address, folder);
        try
        {
            await agent.ReadyAsync((bool?)merged["server"] == true, needsRoots: (bool?)merged["connect"]?["enabled"] == true);
        }
        catch (Exception error)
        {
            var output = process.Output + process.Errors;
            await agent.DisposeAsync();
            throw new InvalidOperationException("the agent did not start: " + output, error);
        }

        return agent;
    }

    /// <summary>Starts an agent without a control plane of its own and waits until it listens.</summary>
    /// <param name="servers">Where its servers are; they need not be there.</param>
    /// <param name="config">Merged over the base, key by key.</param>
    public static Task<AgentProcess> StartClientAsync(IEnumerable<Uri> servers, JsonObject? config = null)
    {
        var client = new JsonObject
        {
            ["server"] = false,
            ["bootstrap"] = false,
            ["connect_agent"] = new JsonObject
            {
                ["servers"] = new JsonArray([.. servers.Select(server => JsonValue.Create(server.GetLeftPart(UriPartial.Authority)))]),
            },
        };
        Merge(client, config ?? []);
        return StartAsync(client);
    }

    /// <summary>The base configuration of the recordings.</summary>
    public static JsonObject Base(string folder) => new()
    {
        ["node_name"] = "node1",
        ["datacenter"] = "dc1",
        ["bootstrap"] = true,
        ["server"] = true,
        ["log_level"] = "warn",
        ["bind_addr"] = "127.0.0.1",
        ["data_dir"] = Path.Combine(folder, "data"),
        ["ports"] = new JsonObject
        {
            ["http"] = FreePorts.Next(),
            ["server"] = FreePorts.Next(),
            ["serf_lan"] = FreePorts.Next(),
            ["serf_wan"] = FreePorts.Next(),
            ["dns"] = -1,
            ["https"] = -1,
            ["grpc"] = -1,
        },
        ["connect"] = new JsonObject
        {
            ["enabled"] = true,
            ["ca_config"] = new JsonObject { ["cluster_id"] = "11111111-2222-3333-4444-555555555555" },
        },
    };

    /// <summary>Ends the process, and fails when it told a secret to its log, in an error, in its metrics or in a view of its cache.</summary>
    /// <exception cref="InvalidOperationException">With what stands before the secret.</exception>
    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        try
        {
            await Process.DisposeAsync();
        }
        finally
        {
            Directory.Delete(Folder, recursive: true);
        }

        if (_watch.Leaks.TryDequeue(out var leak))
        {
            throw new InvalidOperationException(leak);
        }
    }

    private static void Merge(JsonObject target, JsonObject over)
    {
        foreach (var (key, value) in over)
        {
            if (value is JsonObject inner && target[key] is JsonObject existing)
            {
                Merge(existing, inner);
            }
            else
            {
                target[key] = value?.DeepClone();
            }
        }
    }

    // Readiness is an event of another process: the only way to learn of it is to ask.
    private async Task ReadyAsync(bool isServer, bool needsRoots)
    {
        using var limit = new CancellationTokenSource(StartLimit);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        do
        {
            try
            {
                // A client of servers answers anything, a refusal too, once it listens.
                using var self = await Http.GetAsync(new Uri(isServer ? "/v1/status/leader" : "/v1/agent/self", UriKind.Relative), limit.Token);
                var answer = await self.Content.ReadAsStringAsync(limit.Token);
                if (!isServer || (self.IsSuccessStatusCode && answer.Length > 2 && (!needsRoots || await HasRootAsync(limit.Token))))
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }
        while (await pause.WaitForNextTickAsync(limit.Token));
    }

    private async Task<bool> HasRootAsync(CancellationToken cancellationToken)
    {
        using var answer = await Http.GetAsync(new Uri("/v1/connect/ca/roots", UriKind.Relative), cancellationToken);
        return answer.IsSuccessStatusCode
            && JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))!["Roots"]!.AsArray().Count > 0;
    }
}
