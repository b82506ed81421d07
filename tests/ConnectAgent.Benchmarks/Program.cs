using System.Globalization;
using System.Text;
using ConnectAgent.Benchmarks;

// bare PORT BODY: serves the baseline that bench.sh measures against. decide: the evaluation alone, in this process.
if (args is ["decide"])
{
    DecisionBenchmark.Run();
    return;
}

await using var app = BareKestrel.Build(int.Parse(args[1], CultureInfo.InvariantCulture), Encoding.UTF8.GetBytes(args[2]));
await app.RunAsync();
