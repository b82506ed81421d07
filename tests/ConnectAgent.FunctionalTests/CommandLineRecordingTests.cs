using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Recordings;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>recordings/cli.json: our executable, called <c>consul</c>, against our agent: exit codes and outputs of the reference's command line (clients section 5).</summary>
public sealed partial class CommandLineRecordingTests
{
    private const string Help = "HELP";
    private const string AnonymousOnly = "33333333-0000-0000-0000-00000000000f";

    private static readonly JsonNode Recording = JsonNode.Parse(File.ReadAllText(Repository.Fixture("recordings/cli.json")))!;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_command_line_answers_as_recorded(bool hasAcl)
    {
        using var folder = new TemporaryFolder();
        foreach (var (name, text) in Recording["files"]!.AsObject())
        {
            folder.Write(name, (string)text!);
        }

        var consul = Path.Combine(folder.Path, "consul");
        File.CreateSymbolicLink(consul, Repository.PublishedAgent);
        var config = new JsonObject { ["node_id"] = "33333333-0000-0000-0000-000000000001" };
        if (hasAcl)
        {
            config["acl"] = new JsonObject { ["enabled"] = true, ["default_policy"] = "deny" };
        }

        await using var agent = await AgentProcess.StartAsync(config);
        Dictionary<string, string> captured = new(StringComparer.Ordinal);
        List<string> differences = [];
        foreach (var (number, run) in Recording["runs"]!.AsArray().Select(static run => run!).Index().Where(run => (bool)run.Item["acl"]! == hasAcl))
        {
            if (run["exit"]!.GetValueKind() != System.Text.Json.JsonValueKind.Number)
            {
                continue; // it runs until it is stopped
            }

            var arguments = run["args"]!.AsArray().Select(argument => Substituted((string)argument!, captured)).ToList();
            var (exit, output, errors) = await RunAsync(consul, arguments, folder.Path, (string?)run["stdin"], EnvironmentOf(number, agent, captured));
            Capture(number, output, captured);
            var difference = Difference(run, exit, output, errors);
            if (difference is null == CommandLineDeviations.All.ContainsKey(number))
            {
                differences.Add($"{number} {string.Join(' ', arguments)}: {difference ?? "is as recorded, and no deviation"}");
            }
        }

        string.Join("\n\n", differences).Should().BeEmpty();
    }

    // Whose token and whose address a run was made with is not said; it follows from what was answered.
    private static Dictionary<string, string> EnvironmentOf(int number, AgentProcess agent, Dictionary<string, string> captured)
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal)
        {
            ["CONSUL_HTTP_ADDR"] = number is >= 113 and <= 117 ? "127.0.0.1:1" : agent.Address.Authority,
        };
        var token = number switch
        {
            >= 120 and <= 165 => captured.GetValueOrDefault("T"),
            >= 166 and <= 176 => captured.GetValueOrDefault("TS"),
            >= 177 => AnonymousOnly,
            _ => null,
        };
        if (token is not null)
        {
            environment["CONSUL_HTTP_TOKEN"] = token;
        }

        return environment;
    }

    private static void Capture(int number, string output, Dictionary<string, string> captured)
    {
        switch (number)
        {
            case 119:
                captured["T"] = SecretPattern().Match(output).Groups["value"].Value;
                break;
            case 121:
                captured["P"] = IdPattern().Match(output).Groups["value"].Value;
                break;
            case 140:
                captured["TA"] = AccessorPattern().Match(output).Groups["value"].Value;
                captured["TS"] = SecretPattern().Match(output).Groups["value"].Value;
                break;
        }
    }

    private static string Substituted(string argument, Dictionary<string, string> captured) =>
        captured.Aggregate(argument, static (text, pair) => text.Replace($"${{{pair.Key}}}", pair.Value, StringComparison.Ordinal));

    private static string? Difference(JsonNode run, int exit, string output, string errors)
    {
        if (exit != (int)run["exit"]!)
        {
            return $"exits with {exit} instead of {run["exit"]}: {output}{errors}";
        }

        // Lists of ACL objects follow their random IDs.
        var isUnordered = run["args"]!.AsArray() is [var first, _, var third, ..] && (string?)first == "acl" && (string?)third == "list";
        return Difference((string)run["stdout"]!, output, isUnordered) ?? Difference((string)run["stderr"]!, errors);
    }

    private static string? Difference(string recorded, string text, bool isUnordered = false)
    {
        if (recorded.EndsWith(Help, StringComparison.Ordinal))
        {
            return text.StartsWith(recorded[..^Help.Length] + "Usage: ", StringComparison.Ordinal) ? null : $"says {text} instead of help";
        }

        var (expected, said) = (Normalize(recorded), Normalize(text));
        if (isUnordered)
        {
            (expected, said) = (Sorted(expected), Sorted(said));
        }

        return expected == said ? null : $"says\n{said}\ninstead of\n{expected}";
    }

    private static string Sorted(string text) => string.Join('\n', text.Split('\n').Select(static line => line.TrimEnd(',')).Order(StringComparer.Ordinal));

    private static string Normalize(string text)
    {
        text = NumberPattern().Replace(AnswerComparison.Normalize(PortPattern().Replace(text, "127.0.0.1:1")), "${name}<number>");
        text = HashPattern().Replace(TimePattern().Replace(text, "<time>"), "<hash>");
        return BlankPattern().Replace(text, " ");
    }

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(
        string file, List<string> arguments, string folder, string? input, Dictionary<string, string> environment)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(file, arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
                WorkingDirectory = folder,
            },
        };
        foreach (var (name, value) in environment)
        {
            process.StartInfo.Environment[name] = value;
        }

        process.Start();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await errors);
    }

    [GeneratedRegex("SecretID: +(?<value>[^ \n]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SecretPattern();

    [GeneratedRegex("AccessorID: +(?<value>[^ \n]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AccessorPattern();

    [GeneratedRegex("^ID: +(?<value>[^ \n]+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex IdPattern();

    [GeneratedRegex("127\\.0\\.0\\.1:(\\$\\{[A-Z_]+\\}|[0-9]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PortPattern();

    [GeneratedRegex("(?<name>Index\": |index |index: |_port=|,port=)(\\$\\{[A-Z_]+\\}|[0-9]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NumberPattern();

    [GeneratedRegex("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+ \\+0000 UTC|[A-Z][a-z]+day, [0-9]{2}-[A-Z][a-z]{2}-[0-9]{2} [0-9:]{8} UTC", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TimePattern();

    [GeneratedRegex("[A-Za-z0-9+/]{43}=", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HashPattern();

    [GeneratedRegex(" +", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BlankPattern();
}
