using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace ConnectAgent.Benchmarks.Micro;

/// <summary>Runs <see cref="InnerPieces"/> in this process, which is built as the daemon is.</summary>
internal static class MicroRun
{
    public static int Run(string filter)
    {
        var configuration = ManualConfig.Create(DefaultConfig.Instance)
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .WithArtifactsPath(Path.Combine(TestKit.Processes.Repository.Root, "artifacts", "micro"));
        var summaries = BenchmarkSwitcher.FromTypes([typeof(InnerPieces)]).Run(["--filter", filter], configuration);
        return summaries.Any(summary => summary.HasCriticalValidationErrors) ? 1 : 0;
    }
}
