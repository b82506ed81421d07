using System.Diagnostics;
using System.Globalization;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.Benchmarks;

/// <summary>What a match costs to build, to keep and to ask, by its size; and what expressions cost at their bounds. Prints Markdown.</summary>
internal static class DecisionBenchmark
{
    private const int Asked = 1_000_000;

    public static void Run()
    {
        Match(10); // the first pays for compilation
        Print("| intentions | sort ms | build ms | table bytes each | with intentions, bytes each | ns a decision | bytes a decision |");
        Print("|---|---|---|---|---|---|---|");
        foreach (var count in new[] { 10, 1_000, 100_000 })
        {
            Print(Match(count));
        }

        Print(string.Empty);
        Print("| permissions of the intention | ns a request | bytes a request |");
        Print("|---|---|---|");
        Requests(3);
        Requests(100);
        Print(string.Empty);
        Print("| expression at its bound | compile ms | first text ms | next ms | kept KiB |");
        Print("|---|---|---|---|---|");
        foreach (var (name, pattern) in new[]
        {
            ("literal", "/" + new string('a', 1000)),
            ("alternation", string.Join('|', Enumerable.Range(0, 100).Select(i => $"/item{i}/"))),
            ("(?:a?){500}a{500}b", "/(?:a?){500}a{500}b"),
            (".*[ab].{1000}c", "/.*[ab].{1000}c"),
            ("(?i)(?:\\\\w{1,10}.*){80}!", "/(?i)(?:\\w{1,10}.*){80}!"),
        })
        {
            Expression(name, pattern);
        }
    }

    private static string Match(int count)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        List<Intention> intentions = [.. Enumerable.Range(0, count).Select(i => new Intention
        {
            SourceName = string.Create(CultureInfo.InvariantCulture, $"service-{i:d6}"),
            DestinationName = "db",
            Action = i % 2 == 0 ? Intention.Allow : Intention.Deny,
        })];
        var listed = GC.GetTotalMemory(forceFullCollection: true);
        var start = Stopwatch.GetTimestamp();
        intentions.Sort(IntentionPrecedence.Order);
        var sorted = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        var match = IntentionMatch.ForDestination(intentions);
        var built = Stopwatch.GetElapsedTime(start);
        var kept = GC.GetTotalMemory(forceFullCollection: true);
        string[] peers = [.. Enumerable.Range(0, 64).Select(i => intentions[(int)((long)i * count / 64)].SourceName)];
        Ask(match, peers, Asked); // warm, and every verdict asked for is there
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        start = Stopwatch.GetTimestamp();
        Ask(match, peers, Asked);
        var time = Stopwatch.GetElapsedTime(start);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        GC.KeepAlive(match);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {count} | {sorted.TotalMilliseconds:f2} | {built.TotalMilliseconds:f2} | {(kept - listed) / count} | {(kept - before) / count} | {time.TotalNanoseconds / Asked:f0} | {allocated / Asked} |");
    }

    private static void Ask(IntentionMatch match, string[] peers, int times)
    {
        for (var i = 0; i < times; i++)
        {
            _ = match.Decide(peers[i % peers.Length], DefaultDecision.Deny);
        }
    }

    private static void Requests(int permissions)
    {
        var intention = new Intention
        {
            SourceName = "web",
            DestinationName = "api",
            Permissions = [.. Enumerable.Range(0, permissions).Select(i => new IntentionPermission
            {
                Action = Intention.Allow,
                Http = (i % 3) switch
                {
                    0 => new HttpCondition { PathPrefix = $"/area-{i}/" },
                    1 => new HttpCondition { PathRegex = $"/items-{i}/[0-9]+" },
                    _ => new HttpCondition { Headers = [new HeaderCondition { Name = "x-key", Exact = $"{i}" }] },
                },
            })],
        };
        var match = IntentionMatch.ForDestination([intention]);
        var fields = new KeyValuePair<string, string>[] { new("x-other", "1"), new("x-key", "no"), new("accept", "*/*") };
        const int Times = 100_000;
        void Once() => match.Decide("web", new HttpAttributes("GET", "/none/42?q=1", new RequestHeaders(fields), new HttpEvaluation()), DefaultDecision.Deny);
        for (var i = 0; i < Times; i++)
        {
            Once();
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Times; i++)
        {
            Once();
        }

        var time = Stopwatch.GetElapsedTime(start);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Print(string.Create(CultureInfo.InvariantCulture, $"| {permissions}, none holds | {time.TotalNanoseconds / Times:f0} | {allocated / Times} |"));
    }

    private static void Expression(string name, string pattern)
    {
        var permission = new IntentionPermission { Action = Intention.Allow, Http = new HttpCondition { PathRegex = pattern } };
        var match = IntentionMatch.ForDestination([new Intention { SourceName = "web", DestinationName = "api", Permissions = [permission] }]);
        var path = "/" + string.Concat(Enumerable.Repeat("aaab", (RequestPath.Longest - 8) / 4));
        var request = new HttpAttributes("GET", path, RequestHeaders.None, new HttpEvaluation());
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var start = Stopwatch.GetTimestamp();
        var usable = !match.Unusable(1).Any();
        var compiled = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        match.Decide("web", request, DefaultDecision.Deny);
        var first = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        match.Decide("web", request, DefaultDecision.Deny);
        var next = Stopwatch.GetElapsedTime(start);
        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        Print(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name.Replace("|", "\\|", StringComparison.Ordinal)}{(usable ? string.Empty : " (refused)")} | {compiled.TotalMilliseconds:f2} | {first.TotalMilliseconds:f2} | {next.TotalMilliseconds:f2} | {kept / 1024} |"));
        GC.KeepAlive(match);
    }

    private static void Print(string line) => Console.WriteLine(line);
}
