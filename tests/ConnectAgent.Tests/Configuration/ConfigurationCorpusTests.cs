using ConnectAgent.Cli;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Configuration;

/// <summary>
/// Whole configurations, as people write them (tests/fixtures/configuration): what holds of each, with the file and the line, and what is warned of; or why it is refused.
/// </summary>
public sealed class ConfigurationCorpusTests
{
    private const string Expected = ".expected";

    private static string Folder => Repository.Fixture("configuration");

    public static TheoryData<string> Names => [.. All()];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_configuration_means_what_it_says(string name) =>
        (await ShowAsync(name)).Should().Be(await File.ReadAllTextAsync(Path.Combine(Folder, name + Expected)));

    [Fact] // an expectation without a configuration would be judged by nobody
    public void Each_has_its_expectation_and_there_are_enough() =>
        Directory.EnumerateFiles(Folder, "*" + Expected).Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)
            .Should().Equal(All()).And.HaveCountGreaterThanOrEqualTo(30);

    private static IEnumerable<string> All() => Directory.EnumerateDirectories(Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    // Without what is the same everywhere; what is set to a default is shown.
    private static async Task<string> ShowAsync(string name)
    {
        using StringWriter output = new(), errors = new();
        var exit = await CommandRunner.RunAsync(["config", "show", Path.Combine(Folder, name)], output, errors);
        var values = output.ToString().Split('\n').Where(line => line.Length > 0 && !line.EndsWith("  # default", StringComparison.Ordinal)).Select(line => line + "\n");
        return (string.Concat(values) + $"--- exit code {exit}\n" + errors).Replace(Path.Combine(Folder, name) + "/", string.Empty, StringComparison.Ordinal);
    }
}
