using System.Diagnostics;
using System.Text.RegularExpressions;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;
using Xunit.Abstractions;

namespace ConnectAgent.FunctionalTests;

/// <summary>
/// What a decision costs, in instructions: a guard that needs no quiet machine. The compiler of the runtime lists the optimized code of what a
/// decision runs through; nothing in it goes round but the hash of the peer's name.
/// </summary>
public sealed partial class DecisionInstructionTests(ITestOutputHelper output)
{
    // Measured on x64: 270, all branches counted. Twice that is another algorithm.
    private const int Bound = 540;

    [Fact]
    public async Task A_decision_among_a_thousand_intentions_takes_few_instructions()
    {
        using var folder = new TemporaryFolder();
        var listing = Path.Combine(folder.Path, "listing");
        var start = new ProcessStartInfo(Benchmarks, ["decide", "once"])
        {
            UseShellExecute = false,
            Environment =
            {
                ["DOTNET_TieredCompilation"] = "0",
                ["DOTNET_ReadyToRun"] = "0",
                ["DOTNET_JitStdOutFile"] = listing,
                ["DOTNET_JitDisasm"] = "*IntentionMatch:Decide *IntentionMatch:RankOf *IntentionMatch:ConnectionOf *AlternateLookup*:FindValue",
            },
        };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await process.WaitForExitAsync(limit.Token);

        process.ExitCode.Should().Be(0, "each peer is decided by its own intention");
        var text = await File.ReadAllTextAsync(listing, limit.Token);
        text.Should().Contain("IntentionMatch:RankOf(").And.Contain("AlternateLookup`1[System.__Canon,int,System.ReadOnlySpan`1[char]]:FindValue(");
        var instructions = Instruction().Count(text);
        output.WriteLine($"{instructions} instructions");
        instructions.Should().BeInRange(50, Bound);
    }

    private static string Benchmarks => AppContext.BaseDirectory.Replace(
        "ConnectAgent.FunctionalTests", "ConnectAgent.Benchmarks", StringComparison.Ordinal) + "ConnectAgent.Benchmarks";

    [GeneratedRegex("^ {7}[a-z]", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Instruction();
}
