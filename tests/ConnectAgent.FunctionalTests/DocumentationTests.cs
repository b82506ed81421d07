using System.Net.Sockets;
using System.Text.RegularExpressions;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Runs the very commands of the documentation.</summary>
public sealed partial class DocumentationTests
{
    private static readonly TimeSpan BuildTime = TimeSpan.FromMinutes(5);

    // Servers that a build leaves behind would keep the output open for minutes.
    private static readonly string[] NoServers = ["MSBUILDDISABLENODEREUSE=1", "UseSharedCompilation=false"];

    [Fact]
    public async Task FA_39_The_commands_of_README_and_docs_work_and_print_what_the_page_shows()
    {
        // Given
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"));
        var docs = Path.Combine(Repository.Root, "docs");
        var api = Directory.EnumerateFiles(Path.Combine(docs, "api"), "*.md").Order(StringComparer.Ordinal).ToList();
        api.Should().NotBeEmpty();
        var pages = new[] { "operations.md", "http-api.md", "install.md", "migrating.md", "catalog-sync.md" }.Select(page => Path.Combine(docs, page)).Concat(api)
            .ToDictionary(static page => Path.GetFileName(page)!, File.ReadAllText);
        pages.Should().AllSatisfy(page => Blocks(page.Value, "run").Should().NotBeEmpty("{0} shows commands", page.Key));
        var start = Blocks(readme, "start").Should().ContainSingle("one command runs the agent").Subject.Commands;
        Blocks(readme, "tests").Select(block => block.Commands).Should().Equal(["./test.sh"], "one command passes the tests");
        (await IsPortFreeAsync()).Should().BeTrue("the five-minute start uses the default port");

        // As a newcomer types it, but with what is already built.
        await using var agent = RunningProcess.Start("env", [.. NoServers, "Configuration=Release", "bash", "-c", "exec " + start], Repository.Root);
        await agent.SeenAsync("Started HTTP server", BuildTime);

        // When, then
        foreach (var (block, printed) in Blocks(readme, "run").Concat(pages.Values.SelectMany(page => Blocks(page, "run"))))
        {
            var (code, output, errors) = await RunningProcess.RunAsync(
                "env", [.. NoServers, $"PATH={Path.GetDirectoryName(Repository.PublishedAgent)}:{Environment.GetEnvironmentVariable("PATH")}", "bash", "-euo", "pipefail", "-c", block],
                Repository.Root,
                limit: BuildTime);
            code.Should().Be(0, "{0} printed {1} {2}", block, output, errors);
            output.Should().NotBeEmpty(block);
            if (printed.Length > 0)
            {
                // The page shows what differs from run to run as an ellipsis.
                output.Should().MatchRegex($"^{Regex.Escape(printed).Replace("…", ".*", StringComparison.Ordinal)}\\n?$", block);
            }
        }
    }

    [Fact]
    public async Task FA_35_The_mtls_sample_tells_its_story()
    {
        await using var agent = await AgentProcess.StartAsync();
        var (code, output, errors) = await RunningProcess.RunAsync(
            "env",
            [$"CONNECT_AGENT_ADDR={agent.Address.GetLeftPart(UriPartial.Authority)}", $"MTLS_PORT={FreePorts.Next()}", "samples/mtls/run.sh"],
            Repository.Root);
        code.Should().Be(0, errors);
        output.Should().Be("""
            handshake: web and db trust each other
            before the intention: authorized=true: ACLs disabled, access is allowed by default
            after web => db deny: authorized=false: Matched L4 intention: default/web => default/db (Precedence: 9, Action: DENY)

            """);
    }

    private static async Task<bool> IsPortFreeAsync()
    {
        using var probe = new TcpClient();
        try
        {
            await probe.ConnectAsync("127.0.0.1", 8500);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static IEnumerable<(string Commands, string Printed)> Blocks(string page, string kind) => Block().Matches(page)
        .Where(match => match.Groups["kind"].Value == kind)
        .Select(match => (match.Groups["commands"].Value.Trim(), match.Groups["printed"].Value.TrimEnd('\n')));

    [GeneratedRegex(
        "<!-- (?<kind>start|run|tests) -->\n```bash\n(?<commands>.*?)```(\n\n<!-- prints -->\n```text\n(?<printed>.*?)```)?",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();
}
