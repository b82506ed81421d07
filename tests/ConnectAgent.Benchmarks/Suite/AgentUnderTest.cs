using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>A daemon as a process of its own: the published one, or one whose heap can be asked for.</summary>
internal sealed class AgentUnderTest : IAsyncDisposable
{
    public const string TrustDomain = "11111111-2222-3333-4444-555555555555.consul";
    private readonly Process _process;
    private readonly string _folder;

    private AgentUnderTest(Process process, string folder, int port)
    {
        (_process, _folder, Port) = (process, folder, port);
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port}"),
            Timeout = TimeSpan.FromMinutes(2),
        };
    }

    public int Port { get; }

    public HttpClient Http { get; }

    /// <summary>Where it keeps what it keeps.</summary>
    public string Folder => _folder;

    public string SocketPath => Path.Combine(_folder, "http.sock");

    /// <summary>Starts one and waits until it answers roots.</summary>
    /// <param name="config">Put over the base, key by key at the top.</param>
    /// <param name="hosted">Whether its heap can be asked for.</param>
    /// <param name="environment">More of it.</param>
    public static async Task<AgentUnderTest> StartAsync(
        JsonObject? config = null, bool hosted = false, params (string Name, string Value)[] environment)
    {
        var folder = Directory.CreateTempSubdirectory("agent-bench-").FullName;
        var port = FreePorts.Next();
        var merged = Base(folder, port);
        foreach (var (key, value) in config ?? [])
        {
            merged[key] = value?.DeepClone();
        }

        var file = Path.Combine(folder, "config.json");
        await File.WriteAllTextAsync(file, merged.ToJsonString());
        var start = hosted
            ? new ProcessStartInfo(Environment.ProcessPath!, ["host", file])
            : new ProcessStartInfo(Repository.PublishedAgent, ["agent", "-config-file", file]);
        start.UseShellExecute = false;
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        if (!hosted)
        {
            _ = process.StandardOutput.ReadToEndAsync();
        }

        var agent = new AgentUnderTest(process, folder, port);
        await agent.ReadyAsync();
        return agent;
    }

    public static string UriOf(string service) => $"spiffe://{TrustDomain}/ns/default/dc/dc1/svc/{service}";

    /// <summary>Resident memory, in bytes.</summary>
    public long Resident() => long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").Single(line => line.StartsWith("VmRSS", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) * 1024;

    /// <summary>Processor time used so far.</summary>
    public TimeSpan Processor()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    /// <summary>After full collections; only of a hosted agent.</summary>
    public async Task<HeapFigures> HeapAsync()
    {
        await _process.StandardInput.WriteLineAsync();
        await _process.StandardInput.FlushAsync();
        var figures = (await _process.StandardOutput.ReadLineAsync())!.Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        return new HeapFigures((long)figures[0], Of(figures.AsSpan(1, 5)), Of(figures.AsSpan(6, 5)));

        static CollectorFigures Of(ReadOnlySpan<double> of) =>
            new((long)of[0], TimeSpan.FromMilliseconds(of[1]), (int)of[2], (int)of[3], (int)of[4]);
    }

    /// <summary>Stores intentions that allow service-000000 and so on; only of a hosted agent.</summary>
    public async Task StoreAsync(string target, int count)
    {
        await _process.StandardInput.WriteLineAsync($"{target} {count}");
        await _process.StandardInput.FlushAsync();
        await _process.StandardOutput.ReadLineAsync();
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null, string? token = null)
    {
        var request = Request(method, path, body, token);
        var answer = await Http.SendAsync(request);
        return answer.IsSuccessStatusCode ? answer : throw new InvalidOperationException($"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    public static HttpRequestMessage Request(HttpMethod method, string path, string? body = null, string? token = null)
    {
        var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        if (token is not null)
        {
            request.Headers.Add("X-Consul-Token", token);
        }

        return request;
    }

    /// <summary>The bytes of a request as the load client sends them.</summary>
    public byte[] Bytes(string method, string path, string? body = null, string? token = null) => Encoding.ASCII.GetBytes(
        $"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{Port}\r\n"
        + (token is null ? string.Empty : $"X-Consul-Token: {token}\r\n")
        + (body is null ? "\r\n" : $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));

    public Socket ConnectTcp() => ConnectTcp(Port);

    public static Socket ConnectTcp(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    public static Socket ConnectUnix(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static JsonObject Base(string folder, int port) => new()
    {
        ["node_name"] = "node1",
        ["datacenter"] = "dc1",
        ["bootstrap"] = true,
        ["server"] = true,
        ["log_level"] = "warn",
        ["bind_addr"] = "127.0.0.1",
        ["data_dir"] = Path.Combine(folder, "data"),
        ["addresses"] = new JsonObject { ["http"] = $"127.0.0.1 unix://{folder}/http.sock" },
        ["ports"] = new JsonObject { ["http"] = port },
        ["limits"] = new JsonObject { ["http_max_conns_per_client"] = 20_000 },
        ["connect"] = new JsonObject
        {
            ["enabled"] = true,
            ["ca_config"] = new JsonObject { ["cluster_id"] = TrustDomain[..36], ["csr_max_per_second"] = 0 },
        },
        ["connect_agent"] = new JsonObject { ["cache_max_entries"] = 200_000, ["cache_max_entries_per_token"] = 200_000 },
    };

    // Readiness is an event of another process: the only way to learn of it is to ask.
    private async Task ReadyAsync()
    {
        while (true)
        {
            try
            {
                using var answer = await Http.GetAsync(new Uri("/v1/agent/connect/ca/roots", UriKind.Relative));
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (!_process.HasExited)
            {
                // Not listening yet. Whoever asks without a pause takes the processor from the start that is measured.
                await Task.Delay(TimeSpan.FromMilliseconds(2));
            }
        }
    }
}

/// <summary>The live heap, with what the collector counted before and after the collections that measuring it takes.</summary>
internal readonly record struct HeapFigures(long Live, CollectorFigures Before, CollectorFigures After);

/// <summary>What the collector counted so far.</summary>
internal readonly record struct CollectorFigures(long Allocated, TimeSpan Paused, int Gen0, int Gen1, int Gen2);
