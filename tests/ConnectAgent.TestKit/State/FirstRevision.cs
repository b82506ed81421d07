using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;

namespace ConnectAgent.TestKit.State;

/// <summary>What the first revision wrote (tests/fixtures/first-revision: data directory, sealed cache, tokens, snapshot), and what it answered then.</summary>
public static class FirstRevision
{
    /// <summary>The configuration's first management token.</summary>
    public const string Management = "22222222-0000-0000-0000-000000000001";

    /// <summary>May have the leaf of web, which is in the sealed cache.</summary>
    public const string Web = "22222222-0000-0000-0000-000000000002";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>A moment after all of it was written, at which nothing of it has changed yet: the first leaf may be replaced two days later.</summary>
    public static readonly DateTimeOffset Moment = new(2026, 11, 30, 10, 0, 0, TimeSpan.Zero);

    private static readonly string Fixture = Path.Combine(Repository.Root, "tests", "fixtures", "first-revision");

    public static string ConfigurationFile => Path.Combine(Fixture, "config.json");

    public static string SnapshotFile => Path.Combine(Fixture, "backup.snap");

    /// <summary>What the API answered, by the name of its file.</summary>
    public static JsonNode Expected(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(Fixture, $"expect-{name}.json")))!;

    /// <summary>Answers that time does not change, by path.</summary>
    public static IEnumerable<(string Path, JsonNode Answer)> LastingAnswers()
    {
        yield return ("/v1/connect/intentions", Expected("intentions"));
        yield return ("/v1/acl/tokens", Expected("tokens"));
        foreach (var kind in Expected("config").AsArray().GroupBy(entry => (string)entry!["Kind"]!))
        {
            yield return ("/v1/config/" + kind.Key, new JsonArray([.. kind.Select(entry => entry!.DeepClone())]));
        }
    }

    /// <summary>Copies the data directory, with the modes that it had.</summary>
    /// <returns>The copy.</returns>
    public static string CopyData(string folder)
    {
        var data = Directory.CreateDirectory(Path.Combine(folder, "data"), OwnerOnly | UnixFileMode.UserExecute).FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(Fixture, "data")))
        {
            var copy = Path.Combine(data, Path.GetFileName(file));
            File.Copy(file, copy);
            File.SetUnixFileMode(copy, OwnerOnly);
        }

        return data;
    }

    /// <summary>Holds an answer to what is expected.</summary>
    public static void Same(JsonNode found, JsonNode expected) =>
        JsonNode.DeepEquals(found, expected).Should().BeTrue("{0} should be {1}", found.ToJsonString(), expected.ToJsonString());
}
