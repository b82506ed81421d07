using System.Globalization;
using ConnectAgent.FuzzTests.Harness;
using FluentAssertions;
using Xunit;
using Xunit.Abstractions;

namespace ConnectAgent.FuzzTests;

/// <summary>Drives every target: a short run each in the suite, as long as <c>FUZZ_SECONDS</c> says else (docs/testing.md).</summary>
public sealed class FuzzTargetTests(ITestOutputHelper output)
{
    // The suite runs the same inputs each time; a long run draws fresh ones, unless it is to be repeated.
    private const int SuiteSeed = 20_261_130;

    private const int MostOutcomes = 20;

    private static readonly FuzzTarget[] Targets =
    [
        .. typeof(FuzzTarget).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(FuzzTarget)) && !type.IsAbstract)
            .Select(type => (FuzzTarget)Activator.CreateInstance(type)!).OrderBy(target => target.Name, StringComparer.Ordinal),
    ];

    public static TheoryData<string> Names => new(Targets.Select(target => target.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void No_input_breaks_it(string name)
    {
        var target = Targets.Single(target => target.Name == name);
        var seconds = Number("FUZZ_SECONDS");
        var seed = Number("FUZZ_SEED") ?? (seconds is null ? SuiteSeed : Random.Shared.Next());
        using var fuzzer = new Fuzzer(target, seed);
        fuzzer.Run(target.Inputs, seconds is { } time ? TimeSpan.FromSeconds(time) : null);
        output.WriteLine($"{name}: {fuzzer.Taken} taken, {fuzzer.Refused} refused, seed {seed}");
        foreach (var outcome in fuzzer.Outcomes.Take(MostOutcomes))
        {
            output.WriteLine("  " + outcome);
        }

        fuzzer.Taken.Should().BePositive("a fuzz that is never let in shows little");
        fuzzer.Refused.Should().BePositive("a fuzz that is always let in shows little");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_work_grows_no_faster_than_the_input(string name)
    {
        var target = Targets.Single(target => target.Name == name);
        using var fuzzer = new Fuzzer(target, SuiteSeed);
        GrowthCheck.Run(target, fuzzer);
    }

    [Fact]
    public void Each_corpus_has_a_target() =>
        Directory.EnumerateDirectories(Path.GetDirectoryName(Targets[0].CorpusFolder)!).Select(Path.GetFileName).Should().BeEquivalentTo(Targets.Select(target => target.Name));

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
