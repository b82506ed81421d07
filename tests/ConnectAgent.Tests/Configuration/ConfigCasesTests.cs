using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ConnectAgent.Cli;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Configuration;

/// <summary>recordings/config-cases.json: how the reference judged 125 files (config-and-cli sections 1 and 2).</summary>
public sealed partial class ConfigCasesTests
{
    private const string StartRefuses = "the start of the reference refuses what its validate passes; ours says it in both places";

    // Each with its reason, and what our answer holds instead; null where the file is valid here.
    private static readonly Dictionary<string, (string Reason, string? Refusal)> Deviations = new(StringComparer.Ordinal)
    {
        ["acl-bad-policy"] = ("acl ACL-CFG-6", "Unsupported default ACL policy: maybe"),
        ["acl-bad-down"] = ("acl ACL-CFG-6", "Unsupported down ACL policy: nope"),
        ["bind-name"] = ("config-and-cli section 2: ours says what is wrong with it", "bind_addr must be an ip address"),
        ["bootstrap-expect-2"] = ("the embedded control plane waits for nobody, and says so", null),
        ["ca-config-bad-ttl"] = (StartRefuses, "leaf cert TTL must be greater or equal than 1h0m0s"),
        ["ca-config-vault"] = ("this product has the built-in CA only", "vault is not a valid CA provider"),
        ["log-level"] = (StartRefuses, "Invalid log level: LOUD. Valid log levels are: [TRACE DEBUG INFO WARN ERR ERROR]"),
        ["missing-value"] = ("a key without a value is a file that was cut off", "At 3:2: Unknown token: 3:2 EOF"),
        ["node-id-bad"] = (StartRefuses, "specified NodeID is invalid"),
        ["watch-no-type"] = (StartRefuses, "watches[0]: Watch type must be specified"),
        ["watch-bad-type"] = (StartRefuses, "watches[0]: Unsupported watch type: nope"),
        ["watch-both"] = (StartRefuses, "watches[0]: handler and args cannot both be set"),
        ["watch-no-handler"] = (StartRefuses, "watches[0]: there is no handler"),
        ["tls-stanza"] = ("a key of 1.12 that is known here", null),
    };

    private static readonly JsonArray Cases = JsonNode.Parse(File.ReadAllText(Repository.Fixture("recordings/config-cases.json")))!["cases"]!.AsArray();

    public static TheoryData<string> Names => [.. Cases.Select(one => (string)one!["name"]!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_is_judged_as_recorded(string name)
    {
        var recorded = Cases.Single(one => (string)one!["name"]! == name)!;
        var (exit, output, errors) = Judge((string)recorded["format"]!, (string)recorded["text"]!);
        var difference = Difference(recorded, exit, output, errors);
        if (!Deviations.TryGetValue(name, out var deviation))
        {
            difference.Should().BeNull();
            return;
        }

        difference.Should().NotBeNull("what is as recorded is no deviation: {0}", deviation.Reason);
        exit.Should().Be(deviation.Refusal is null ? 0 : 1, errors);
        if (deviation.Refusal is { } refusal)
        {
            errors.Should().Contain(refusal);
        }
    }

    private static string? Difference(JsonNode recorded, int exit, string output, string errors)
    {
        var (expected, said) = (Lines((string)recorded["stderr"]!), Lines(errors));
        if (exit != (int)recorded["exit"]! || output != (string)recorded["stdout"]!)
        {
            return $"exits with {exit}: {errors}";
        }

        // A valid file is told more here: which keys have no effect. The reference lists mistakes in any order.
        var isSame = exit == 0 ? expected.All(said.Contains) : expected.SequenceEqual(said, StringComparer.Ordinal);
        return isSame ? null : $"says {errors} instead of {(string)recorded["stderr"]!}";

        static string[] Lines(string text) => [.. text.Split('\n').Order(StringComparer.Ordinal)];
    }

    private static (int Exit, string Output, string Errors) Judge(string format, string text)
    {
        var folder = Directory.CreateTempSubdirectory("connect-agent-");
        try
        {
            var file = Path.Combine(folder.FullName, "c." + format);
            File.WriteAllText(file, text);
            List<string> paths = [file];
            if (!ServerPattern().IsMatch(text))
            {
                // The reference looks for its servers by gossip. Ours is told them, and refuses to start without.
                paths.Add(Path.Combine(folder.FullName, "servers.json"));
                File.WriteAllText(paths[^1], """{"connect_agent":{"servers":["https://127.0.0.1:8501"]}}""");
            }

            using StringWriter output = new(), errors = new();
            var exit = ValidateCommand.Validate(paths, format: null, errors, output);
            return (exit, output.ToString(), errors.ToString().Replace(folder.FullName + "/", string.Empty, StringComparison.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex("server\"? *[=:] *true", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ServerPattern();
}
