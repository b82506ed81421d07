using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>The examples of docs/cli.md for our own commands, run as they stand there.</summary>
public sealed partial class CommandLineDocumentationTests
{
    [Fact]
    public async Task The_examples_of_our_own_commands_work()
    {
        // Given an agent, and what the examples name
        using var folder = new TemporaryFolder();
        await using var agent = await AgentProcess.StartAsync();
        (await agent.CommandAsync("leaf", "get", "web")).ExitCode.Should().Be(0);
        var entry = JsonNode.Parse((await agent.CommandAsync("cache", "list", "-kind", "connect-ca-leaf", "-format=json")).Output)![0]!;
        foreach (var name in new[] { "nginx", "connect-agent", "bash_completion.d" })
        {
            Directory.CreateDirectory(Path.Combine(folder.Path, name));
        }

        var config = AgentProcess.Base(agent.Folder);
        config["ports"] = new JsonObject { ["http"] = agent.Address.Port };
        folder.Write("connect-agent/agent.json", config.ToJsonString());
        var section = (await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "cli.md"))).Split("## Ours\n")[1].Split("\n### ")[0];
        var examples = Row().Matches(section).Select(static row => row.Groups["example"].Value).ToList();
        examples.Should().HaveCountGreaterThan(10);

        // When, then
        foreach (var example in examples)
        {
            var line = example.Replace("/etc/", folder.Path + "/", StringComparison.Ordinal).Replace("TRUST-DOMAIN", "11111111-2222-3333-4444-555555555555.consul", StringComparison.Ordinal)
                .Replace("nginx -s reload", "true", StringComparison.Ordinal).Replace("drop 12", "drop " + (string)entry["Id"]!, StringComparison.Ordinal);
            var (exit, output, errors) = await RunningProcess.RunAsync(
                "env",
                [
                    $"PATH={Path.GetDirectoryName(Repository.PublishedAgent)}:{Environment.GetEnvironmentVariable("PATH")}", "CONSUL_HTTP_ADDR=" + agent.Address.Authority, "bash", "-c",
                    example.Contains("leaf write", StringComparison.Ordinal) ? line + " -once" : line,
                ],
                folder.Path);

            // Room on this machine's disk may be a warning of doctor's.
            exit.Should().BeLessThanOrEqualTo(example.Contains("doctor", StringComparison.Ordinal) ? 1 : 0, "{0} printed {1} {2}", line, output, errors);
            errors.Should().BeEmpty(line);
        }
    }

    [GeneratedRegex(@"^\| `[^|]*\|[^|]*\| `(?<example>connect-agent [^`|]*)` \|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Row();
}
