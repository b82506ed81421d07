using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;

namespace ConnectAgent.FunctionalTests.Rolling;

/// <summary>A server whose process ends and comes back, on the same ports with the same data directory.</summary>
internal sealed class RollingServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder _data = new();
    private readonly int _http = FreePorts.Next();
    private readonly int _server = FreePorts.Next();
    private int _rotations;

    private RollingServer()
    {
    }

    public AgentProcess Process { get; private set; } = null!;

    public int Restarts { get; private set; }

    public static async Task<RollingServer> CreateAsync()
    {
        var server = new RollingServer();
        await server.StartAsync();
        return server;
    }

    public async Task StartAsync() => Process = await AgentProcess.StartAsync(new JsonObject
    {
        ["data_dir"] = _data.Path,
        ["ports"] = new JsonObject { ["http"] = _http, ["server"] = _server },
        ["limits"] = new JsonObject { ["http_max_conns_per_client"] = 5000 },
        ["connect"] = new JsonObject { ["ca_config"] = new JsonObject { ["csr_max_per_second"] = 0 } },
    });

    /// <summary>Ends the process with a signal; it has ended when this completes.</summary>
    public async Task StopAsync(string signal)
    {
        await Process.Process.SignalAsync(signal);
        await Process.Process.ExitAsync(Patience);
        await Process.DisposeAsync();
        Restarts++;
    }

    /// <summary>Changes the CA's key, and so its root.</summary>
    /// <returns>The new root's key, as leaves name it.</returns>
    public async Task<string> RotateAsync()
    {
        using var answer = await Process.Http.PutAsJsonAsync(
            new Uri("/v1/connect/ca/configuration", UriKind.Relative),
            new JsonObject
            {
                ["Provider"] = "consul",
                ["Config"] = new JsonObject { ["PrivateKeyType"] = "ec", ["PrivateKeyBits"] = ++_rotations % 2 == 1 ? 384 : 256, ["CSRMaxPerSecond"] = 0 },
            });
        answer.EnsureSuccessStatusCode();
        return await ActiveKeyAsync();
    }

    public async Task<string> ActiveKeyAsync() => KeyOf((await Process.GetAsync("/v1/connect/ca/roots")).Json);

    /// <summary>The key of the active root.</summary>
    public static string KeyOf(JsonObject roots) =>
        (string)roots["Roots"]!.AsArray().Single(root => (bool)root!["Active"]!)!["SigningKeyID"]!;

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _data.Dispose();
    }
}
