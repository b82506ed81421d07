using System.Globalization;
using System.Text.Json.Nodes;
using ConnectAgent.Benchmarks.Load;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>
/// Requests per second and latency of what the cache answers, each beside a bare Kestrel endpoint that reads the same request and answers the same
/// bytes: same run, alternating rounds, medians.
/// </summary>
internal static class RequestSections
{
    private static readonly int Rounds = Setting("ROUNDS", 3);
    public static readonly TimeSpan Round = TimeSpan.FromSeconds(Setting("SECONDS_PER_ROUND", 3));
    public static readonly TimeSpan Warm = TimeSpan.FromSeconds(Setting("SECONDS_TO_WARM", 4));

    private static readonly string[] Columns =
        ["what", "over", "connections", "requests/s", "of bare", "p50 µs", "p50 of bare", "p90 µs", "p99 µs", "p99.9 µs", "bare requests/s", "bare p50 µs"];

    private static readonly string Question = QuestionOf("db", "web");

    public static async Task<BenchTable> RunAsync(string what)
    {
        await using var agent = await AgentUnderTest.StartAsync();
        var asked = await PrepareAsync(agent, what);
        using var stop = new CancellationTokenSource();
        var watcher = what == "leaf-watched" ? WatchLeafAsync(agent, stop.Token) : Task.CompletedTask;
        await agent.SendAsync(asked.HttpMethod, asked.Path, asked.Body);
        using var request = AgentUnderTest.Request(asked.HttpMethod, asked.Path, asked.Body);
        using var bare = BareUnderTest.Start(await CapturedAnswer.OfAsync(agent.Http, request));
        var table = new BenchTable(Columns);
        foreach (var port in new[] { agent.Port, bare.Port })
        {
            await Wrk.RunAsync($"http://127.0.0.1:{port}{asked.Path}", asked.Body, new Dictionary<string, string>(), 16, Warm);
        }

        foreach (var connections in new[] { 1, 16, 64 })
        {
            Add(table, asked, "TCP", connections, await AlternateAsync(
                () => Wrk.RunAsync($"http://127.0.0.1:{agent.Port}{asked.Path}", asked.Body, new Dictionary<string, string>(), connections, Round),
                () => Wrk.RunAsync($"http://127.0.0.1:{bare.Port}{asked.Path}", asked.Body, new Dictionary<string, string>(), connections, Round)));
        }

        byte[][] bytes = [agent.Bytes(asked.HttpMethod.Method, asked.Path, asked.Body)];
        foreach (var connections in new[] { 1, 16, 64 })
        {
            using var ours = new LoadClient(() => AgentUnderTest.ConnectUnix(agent.SocketPath), bytes, connections);
            using var theirs = new LoadClient(() => AgentUnderTest.ConnectUnix(bare.SocketPath), bytes, connections);
            Add(table, asked, "Unix", connections, await AlternateAsync(
                () => Task.FromResult(ours.Run(Round)), () => Task.FromResult(theirs.Run(Round))));
        }

        await stop.CancelAsync();
        await watcher;
        return table;
    }

    /// <summary>Authorize with a token that a policy gives rights, beside authorize with ACLs off.</summary>
    public static async Task<BenchTable> AclAsync()
    {
        const string Token = "7f3a1c52-0d4e-4b6a-9a3e-5d2c8f1e6b70";
        await using var open = await AgentUnderTest.StartAsync();
        await using var guarded = await AgentUnderTest.StartAsync(new JsonObject
        {
            ["acl"] = new JsonObject
            {
                ["enabled"] = true,
                ["default_policy"] = "deny",
                ["tokens"] = new JsonObject { ["master"] = "5e1b7c64-9f0d-4f3b-8f43-0d9f5a1c2e77" },
            },
        });
        const string Root = "5e1b7c64-9f0d-4f3b-8f43-0d9f5a1c2e77";
        await guarded.SendAsync(HttpMethod.Put, "/v1/acl/policy", """{"Name":"db","Rules":"service \"db\" { policy = \"write\" }"}""", Root);
        await guarded.SendAsync(HttpMethod.Put, "/v1/acl/token", $$"""{"SecretID":"{{Token}}","Policies":[{"Name":"db"}]}""", Root);
        await guarded.SendAsync(HttpMethod.Put, "/v1/connect/intentions/exact?source=web&destination=db", """{"Action":"allow"}""", Root);
        await open.SendAsync(HttpMethod.Put, "/v1/connect/intentions/exact?source=web&destination=db", """{"Action":"allow"}""");
        foreach (var _ in Enumerable.Range(0, 2))
        {
            await open.SendAsync(HttpMethod.Post, "/v1/agent/connect/authorize", Question, Token);
            await guarded.SendAsync(HttpMethod.Post, "/v1/agent/connect/authorize", Question, Token);
        }

        var headers = new Dictionary<string, string> { ["X-Consul-Token"] = Token };
        Task<LoadResult> Ask(AgentUnderTest agent, int connections, TimeSpan time) =>
            Wrk.RunAsync($"http://127.0.0.1:{agent.Port}/v1/agent/connect/authorize", Question, headers, connections, time);
        await Ask(open, 16, Warm);
        await Ask(guarded, 16, Warm);
        var table = new BenchTable(["connections", "ACLs on, requests/s", "ACLs off, requests/s", "on of off", "on p50 µs", "off p50 µs"]);
        foreach (var connections in new[] { 1, 16 })
        {
            var (on, off) = await AlternateAsync(() => Ask(guarded, connections, Round), () => Ask(open, connections, Round));
            table.Add($"{connections}", Number(on.PerSecond), Number(off.PerSecond), Ratio(on.PerSecond / off.PerSecond), Number(on.P50), Number(off.P50));
        }

        return table;
    }

    /// <summary>Authorize against targets with few and with many intentions; sources in turn.</summary>
    public static async Task<BenchTable> ScaleAsync()
    {
        int[] counts = [10, 1_000, 100_000];
        await using var agent = await AgentUnderTest.StartAsync(hosted: true);
        foreach (var count in counts)
        {
            await agent.StoreAsync($"target-{count}", count);
        }

        var clients = counts.Select(count => new LoadClient(
            agent.ConnectTcp,
            [.. Enumerable.Range(0, 64).Select(i => agent.Bytes("POST", "/v1/agent/connect/authorize", QuestionOf($"target-{count}", $"service-{(long)i * count / 64:d6}")))],
            16)).ToArray();
        try
        {
            Array.ForEach(clients, client => client.Run(Warm));
            var rounds = clients.Select(_ => new List<LoadResult>()).ToArray();
            for (var round = 0; round < Rounds; round++)
            {
                for (var i = 0; i < clients.Length; i++)
                {
                    rounds[i].Add(clients[i].Run(Round));
                }
            }

            var table = new BenchTable(["intentions of the target", "requests/s at 16 connections", "of 10 intentions", "p50 µs", "p99 µs"]);
            var few = LoadResult.MedianOf(rounds[0]).PerSecond;
            for (var i = 0; i < counts.Length; i++)
            {
                var result = LoadResult.MedianOf(rounds[i]);
                Require(result);
                table.Add($"{counts[i]}", Number(result.PerSecond), Ratio(result.PerSecond / few), Number(result.P50), Number(result.P99));
            }

            return table;
        }
        finally
        {
            Array.ForEach(clients, client => client.Dispose());
        }
    }

    public static string QuestionOf(string target, string source) =>
        $$"""{"Target":"{{target}}","ClientCertURI":"{{AgentUnderTest.UriOf(source)}}","ClientCertSerial":"04:00:00:00:00:01:15:4b:5a:c3:94"}""";

    public static string Number(double value) => value.ToString(value < 100 ? "f1" : "f0", CultureInfo.InvariantCulture);

    public static string Ratio(double value) => value.ToString("f3", CultureInfo.InvariantCulture);

    private static async Task<Asked> PrepareAsync(AgentUnderTest agent, string what)
    {
        await agent.SendAsync(HttpMethod.Put, "/v1/connect/intentions/exact?source=web&destination=db", """{"Action":"allow"}""");
        return what switch
        {
            "authorize" => new("authorize, hit", HttpMethod.Post, "/v1/agent/connect/authorize", Question),
            "roots" => new("roots, hit", HttpMethod.Get, "/v1/agent/connect/ca/roots", null),
            "leaf" => new("leaf", HttpMethod.Get, "/v1/agent/connect/ca/leaf/web", null),
            "leaf-watched" => new("leaf, hit while a reader blocks", HttpMethod.Get, "/v1/agent/connect/ca/leaf/web", null),
            "health" => await HealthSections.PrepareAsync(agent) is var path ? new("health, 3 instances", HttpMethod.Get, path, null) : null!,
            _ => new("intention match, cached", HttpMethod.Get, "/v1/connect/intentions/match?by=destination&name=db&cached", null),
        };
    }

    private static async Task WatchLeafAsync(AgentUnderTest agent, CancellationToken cancellationToken)
    {
        try
        {
            using var first = await agent.SendAsync(HttpMethod.Get, "/v1/agent/connect/ca/leaf/web");
            var index = first.Headers.GetValues("X-Consul-Index").Single();
            while (true)
            {
                using var request = AgentUnderTest.Request(HttpMethod.Get, $"/v1/agent/connect/ca/leaf/web?index={index}&wait=10m");
                using var answer = await agent.Http.SendAsync(request, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The section is over.
        }
    }

    /// <summary>Runs one and the other in turn.</summary>
    public static async Task<(LoadResult One, LoadResult Other)> AlternateAsync(Func<Task<LoadResult>> one, Func<Task<LoadResult>> other)
    {
        List<LoadResult> ones = [], others = [];
        for (var round = 0; round < Rounds; round++)
        {
            ones.Add(await one());
            others.Add(await other());
        }

        var (first, second) = (LoadResult.MedianOf(ones), LoadResult.MedianOf(others));
        Require(first);
        Require(second);
        return (first, second);
    }

    private static void Require(LoadResult result)
    {
        if (result.Errors > 0)
        {
            throw new InvalidOperationException($"{result.Errors} requests failed");
        }
    }

    private static void Add(BenchTable table, Asked asked, string over, int connections, (LoadResult Agent, LoadResult Bare) figures) => table.Add(
        asked.Name,
        over,
        $"{connections}",
        Number(figures.Agent.PerSecond),
        Ratio(figures.Agent.PerSecond / figures.Bare.PerSecond),
        Number(figures.Agent.P50),
        Ratio(figures.Agent.P50 / figures.Bare.P50),
        Number(figures.Agent.P90),
        Number(figures.Agent.P99),
        Number(figures.Agent.P999),
        Number(figures.Bare.PerSecond),
        Number(figures.Bare.P50));

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    private sealed record Asked(string Name, HttpMethod HttpMethod, string Path, string? Body);
}
