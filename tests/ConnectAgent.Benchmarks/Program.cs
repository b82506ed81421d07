using System.Globalization;
using ConnectAgent.Benchmarks;
using ConnectAgent.Benchmarks.Micro;
using ConnectAgent.Benchmarks.Suite;

// bare PORT SOCKET FILE: serves the baseline. library PORT AGENT|FILE: HTTPS with the library, or with a plain certificate. host CONFIG: the daemon in this process, with its heap to be asked for. decide: the evaluation alone.
// decide once: about each of a thousand peers, for who looks at the code.
// micro [FILTER]: BenchmarkDotNet on the inner pieces. bench [SECTION ...]: all that bench.sh measures.
switch (args)
{
    case ["bare", var port, var socket, var file]:
        await using (var app = BareKestrel.Build(int.Parse(port, CultureInfo.InvariantCulture), socket, CapturedAnswer.Load(file)))
        {
            await app.RunAsync();
        }

        return 0;
    case ["library", var port, var from]:
        await using (var app = LibraryServer.Build(int.Parse(port, CultureInfo.InvariantCulture), from))
        {
            await app.RunAsync();
        }

        return 0;
    case ["host", var configuration]:
        return await HostedAgent.RunAsync(configuration);
    case ["decide"]:
        DecisionBenchmark.Run();
        return 0;
    case ["decide", "once"]:
        return DecisionLoop.Run();
    case ["micro", .. var filter]:
        return MicroRun.Run(filter is [var one] ? one : "*");
    case ["bench", .. var sections]:
        return await BenchSuite.RunAsync(sections);
    default:
        Console.Error.WriteLine("usage: bare PORT SOCKET FILE | library PORT AGENT|FILE | host CONFIG | decide [once] | micro [FILTER] | bench [SECTION ...]");
        return 2;
}
