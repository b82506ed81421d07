namespace ConnectAgent.Benchmarks.Suite;

/// <summary>
/// What one more of a thing costs: the live heap after full collections, in a process that can be asked for it, and the growth of the published
/// daemon's resident memory.
/// </summary>
internal static class MemorySections
{
    private const int Count = 5_000;

    public static async Task<BenchTable> RunAsync()
    {
        var table = new BenchTable(["one more", "heap bytes", "resident bytes"]);
        await AddAsync(table, "cached leaf, never read again", (agent, i) => agent.SendAsync(HttpMethod.Get, $"/v1/agent/connect/ca/leaf/service-{i}"));
        await AddAsync(
            table,
            "cached leaf, read again",
            async (agent, i) =>
            {
                (await agent.SendAsync(HttpMethod.Get, $"/v1/agent/connect/ca/leaf/service-{i}")).Dispose();
                return await agent.SendAsync(HttpMethod.Get, $"/v1/agent/connect/ca/leaf/service-{i}");
            });
        await AddAsync(table, "cached match without intentions", AuthorizeAsync);
        await AddAsync(
            table,
            "cached match of one intention, the intention itself not counted",
            AuthorizeAsync,
            (agent, i) => agent.SendAsync(HttpMethod.Put, $"/v1/connect/intentions/exact?source=web&destination=service-{i}", """{"Action":"allow"}"""));
        await AddAsync(
            table,
            "token partition of the roots",
            (agent, i) => agent.SendAsync(HttpMethod.Get, "/v1/agent/connect/ca/roots", token: TokenOf(i)));
        await AddAsync(
            table,
            "token partition of a match of ten intentions",
            (agent, i) => agent.SendAsync(HttpMethod.Post, "/v1/agent/connect/authorize", RequestSections.QuestionOf("db", "source-3"), TokenOf(i)),
            (agent, i) => i >= 10
                ? Task.FromResult(new HttpResponseMessage())
                : agent.SendAsync(HttpMethod.Put, $"/v1/connect/intentions/exact?source=source-{i}&destination=db", """{"Action":"allow"}"""));
        await AddAsync(
            table,
            "catalogued instance with a check",
            (agent, i) => agent.SendAsync(HttpMethod.Put, "/v1/catalog/register", HealthSections.Instance($"n{i}", $"service-{i % 500}")));
        return table;
    }

    private static string TokenOf(int i) => $"7f3a1c52-0d4e-4b6a-9a3e-{i:d12}";

    private static Task<HttpResponseMessage> AuthorizeAsync(AgentUnderTest agent, int i) =>
        agent.SendAsync(HttpMethod.Post, "/v1/agent/connect/authorize", RequestSections.QuestionOf($"service-{i}", "web"));

    private static async Task AddAsync(
        BenchTable table,
        string what,
        Func<AgentUnderTest, int, Task<HttpResponseMessage>> one,
        Func<AgentUnderTest, int, Task<HttpResponseMessage>>? before = null)
    {
        var heap = await HeapAsync(one, before);
        var resident = await ResidentAsync(one, before);
        table.Add(what, $"{heap}", $"{resident}");
    }

    private static async Task<long> HeapAsync(
        Func<AgentUnderTest, int, Task<HttpResponseMessage>> one, Func<AgentUnderTest, int, Task<HttpResponseMessage>>? before)
    {
        await using var agent = await AgentUnderTest.StartAsync(hosted: true);
        await EachAsync(agent, 0, Count + 100, before);
        await EachAsync(agent, 0, 100, one);
        var start = (await agent.HeapAsync()).Live;
        await EachAsync(agent, 100, Count + 100, one);
        return ((await agent.HeapAsync()).Live - start) / Count;
    }

    private static async Task<long> ResidentAsync(
        Func<AgentUnderTest, int, Task<HttpResponseMessage>> one, Func<AgentUnderTest, int, Task<HttpResponseMessage>>? before)
    {
        await using var agent = await AgentUnderTest.StartAsync();
        await EachAsync(agent, 0, Count + 100, before);
        await EachAsync(agent, 0, 100, one);
        var start = agent.Resident();
        await EachAsync(agent, 100, Count + 100, one);
        return (agent.Resident() - start) / Count;
    }

    private static async Task EachAsync(AgentUnderTest agent, int first, int last, Func<AgentUnderTest, int, Task<HttpResponseMessage>>? one)
    {
        if (one is not null)
        {
            await Parallel.ForAsync(first, last, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, _) => (await one(agent, i)).Dispose());

            // The control plane's own view of what was stored is not the cache's.
            (await agent.SendAsync(HttpMethod.Get, "/v1/connect/intentions")).Dispose();
        }
    }
}
