using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>The control plane's state over restarts, kills, full disks and snapshots, on the published daemon.</summary>
public sealed class DurableStateTests
{
    private const int Destinations = 12;
    private static readonly int Kills = Soak.Of(12, 300);

    [Fact] // written means durable: kills at random moments, thirty or, with SOAK=1, three hundred; nothing acknowledged is lost, nothing is half there, the index never goes back
    public async Task Kills_lose_no_acknowledged_write()
    {
        using var folder = new TemporaryFolder();
        var config = new JsonObject { ["data_dir"] = folder.Path };
        var random = new Random(7);
        var acknowledged = new int[Destinations];
        var tried = new int[Destinations];
        var (index, roots) = (0UL, string.Empty);
        for (var round = 0; round < Kills; round++)
        {
            await using var agent = await AgentProcess.StartAsync(config);

            // What was acknowledged is there; what was not may be there, whole.
            using (var list = await agent.Http.GetAsync(Relative("/v1/connect/intentions")))
            {
                var stored = Stored(JsonNode.Parse(await list.Content.ReadAsStringAsync())!);
                for (var i = 0; i < Destinations; i++)
                {
                    stored[i].Should().BeInRange(acknowledged[i], tried[i], "round {0}, destination {1}", round, i);
                    acknowledged[i] = stored[i];
                }

                var now = ulong.Parse(list.Headers.GetValues("X-Consul-Index").Single(), System.Globalization.CultureInfo.InvariantCulture);
                now.Should().BeGreaterThanOrEqualTo(index, "round {0}", round);
                index = now;
            }

            var document = (await GetAsync(agent, "/v1/connect/ca/roots")).ToJsonString();
            roots = roots.Length == 0 ? document : roots;
            document.Should().Be(roots, "the CA is the same in round {0}", round);
            ((string)(await GetAsync(agent, $"/v1/agent/connect/ca/leaf/s{round}"))["CertPEM"]!).Should().StartWith("-----BEGIN");

            // Writers to every destination, all at once, each as fast as it is answered; the kill falls among them.
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var left = random.Next(1, 40);
            var writers = Enumerable.Range(0, Destinations).Select(i => WriteAsync(agent, i, tried, acknowledged, () =>
            {
                if (Interlocked.Decrement(ref left) == 0)
                {
                    enough.SetResult();
                }
            })).ToList();
            await enough.Task.WaitAsync(TimeSpan.FromSeconds(60));
            await agent.Process.SignalAsync("KILL");
            await Task.WhenAll(writers);
        }

        acknowledged.Sum().Should().BeGreaterThan(Kills);
    }

    [Fact] // a full disk: 500 with the reason, reads go on, and it recovers
    public async Task A_disk_that_takes_no_more_gives_500_with_the_reason_and_recovers()
    {
        await using var agent = await AgentProcess.StartAsync();
        (await PutAsync(agent, "db", "first")).StatusCode.Should().Be(HttpStatusCode.OK);
        await LimitFilesAsync(agent, "1");
        using (var refused = await PutAsync(agent, "db", "second"))
        {
            refused.StatusCode.Should().Be(HttpStatusCode.InternalServerError);
            (await refused.Content.ReadAsStringAsync()).Should().StartWith("state could not be stored: ").And.Contain("state.db cannot be written: ");
        }

        ((string)(await GetAsync(agent, "/v1/connect/intentions"))[0]!["Description"]!).Should().Be("first");
        (await GetAsync(agent, "/v1/agent/connect/ca/roots"))["Roots"]!.AsArray().Should().ContainSingle();
        await LimitFilesAsync(agent, "unlimited");
        (await PutAsync(agent, "db", "third")).StatusCode.Should().Be(HttpStatusCode.OK);
        ((string)(await GetAsync(agent, "/v1/connect/intentions"))[0]!["Description"]!).Should().Be("third");
    }

    [Fact]
    public async Task A_second_agent_on_the_same_directory_does_not_start()
    {
        await using var first = await AgentProcess.StartAsync();
        var config = AgentProcess.Base(first.Folder);
        var file = Path.Combine(first.Folder, "second.json");
        await File.WriteAllTextAsync(file, config.ToJsonString());
        var (code, _, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["agent", "-config-file", file]);
        code.Should().Be(1);
        errors.Should().Contain("is in use by another");
    }

    [Fact] // saves, restores, inspects; the index goes on, parked readers are answered (IDX-13), the CA comes back
    public async Task A_snapshot_restores_the_state_into_another_agent()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "backup.snap");
        string roots;
        await using (var agent = await AgentProcess.StartAsync())
        {
            await PutAsync(agent, "db", "saved");
            roots = (string)(await GetAsync(agent, "/v1/connect/ca/roots"))["ActiveRootID"]!;
            (await SnapshotAsync("save", file, agent)).Should().Be((0, "Saved and verified snapshot to index " + await IndexAsync(agent) + "\n", string.Empty));
        }

        File.GetUnixFileMode(file).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var (code, shown, _) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["snapshot", "inspect", file]);
        code.Should().Be(0);
        shown.Should().MatchRegex("intentions +1 ").And.NotContain("PRIVATE").And.Contain("connect-agent-state/2");

        await using var other = await AgentProcess.StartAsync();
        await PutAsync(other, "gone", "goes with the restore");
        for (var i = 0; i < 20; i++)
        {
            await PutAsync(other, "db", "to be replaced");
        }

        var before = ulong.Parse(await IndexAsync(other), System.Globalization.CultureInfo.InvariantCulture);
        var parked = other.Http.GetAsync(Relative($"/v1/connect/ca/roots?index={before + 1000}&wait=100s"));
        (await SnapshotAsync("restore", file, other)).Should().Be((0, "Restored snapshot\n", string.Empty));
        (await parked.WaitAsync(TimeSpan.FromSeconds(60))).StatusCode.Should().Be(HttpStatusCode.OK);
        var list = (await GetAsync(other, "/v1/connect/intentions")).AsArray();
        list.Should().ContainSingle();
        ((string)list[0]!["Description"]!).Should().Be("saved");
        ulong.Parse(await IndexAsync(other), System.Globalization.CultureInfo.InvariantCulture).Should().BeGreaterThan(before);
        ((string)(await GetAsync(other, "/v1/connect/ca/roots"))["ActiveRootID"]!).Should().Be(roots);
        (await PutAsync(other, "db", "and on")).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("flipped")]
    [InlineData("rubbish")]
    public async Task A_damaged_snapshot_is_refused_and_changes_nothing(string damage)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "backup.snap");
        await using var agent = await AgentProcess.StartAsync();
        await PutAsync(agent, "db", "kept");
        await SnapshotAsync("save", file, agent);
        var bytes = await File.ReadAllBytesAsync(file);
        if (damage == "flipped")
        {
            bytes[bytes.Length / 2] ^= 0x10;
        }

        await File.WriteAllBytesAsync(file, damage == "cut" ? bytes[..(bytes.Length / 2)] : damage == "rubbish" ? [1, 2, 3] : bytes);
        var (code, _, errors) = await SnapshotAsync("restore", file, agent);
        code.Should().Be(1);
        errors.Should().StartWith("Error restoring snapshot: ");
        using var direct = await agent.Http.PutAsync(Relative("/v1/snapshot"), new ByteArrayContent(await File.ReadAllBytesAsync(file)));
        direct.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await direct.Content.ReadAsStringAsync()).Should().StartWith("Bad request: the snapshot cannot be restored: ");
        ((string)(await GetAsync(agent, "/v1/connect/intentions"))[0]!["Description"]!).Should().Be("kept");
    }

    [Fact] // acl ACL-DFLT-1: the state holds the CA's key, so a default policy of allow is not enough
    public async Task A_snapshot_needs_a_management_token()
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["acl"] = new JsonObject { ["enabled"] = true, ["tokens"] = new JsonObject { ["master"] = "root" } },
        });
        using var anonymous = await agent.Http.GetAsync(Relative("/v1/snapshot"));
        anonymous.StatusCode.Should().Be(HttpStatusCode.Forbidden);
        (await anonymous.Content.ReadAsStringAsync()).Should().Be("Permission denied");
        using var managed = await agent.Http.GetAsync(Relative("/v1/snapshot?token=root"));
        managed.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    private static Uri Relative(string path) => new(path, UriKind.Relative);

    private static async Task<JsonNode> GetAsync(AgentProcess agent, string path) => JsonNode.Parse(await agent.Http.GetStringAsync(Relative(path)))!;

    private static async Task<string> IndexAsync(AgentProcess agent)
    {
        using var list = await agent.Http.GetAsync(Relative("/v1/snapshot"));
        return list.Headers.GetValues("X-Consul-Index").Single();
    }

    private static async Task<HttpResponseMessage> PutAsync(AgentProcess agent, string destination, string description) =>
        await agent.Http.PutAsJsonAsync(
            Relative($"/v1/connect/intentions/exact?source=web&destination={destination}"), new { Action = "allow", Description = description });

    private static async Task WriteAsync(AgentProcess agent, int destination, int[] tried, int[] acknowledged, Action done)
    {
        try
        {
            while (true)
            {
                tried[destination]++;
                using var answer = await PutAsync(agent, $"d{destination}", $"{tried[destination]}");
                answer.EnsureSuccessStatusCode();
                acknowledged[destination] = tried[destination];
                done();
            }
        }
        catch (HttpRequestException)
        {
            // The kill.
        }
    }

    private static int[] Stored(JsonNode list)
    {
        var stored = new int[Destinations];
        foreach (var intention in list.AsArray())
        {
            var destination = int.Parse(((string)intention!["DestinationName"]!)[1..], System.Globalization.CultureInfo.InvariantCulture);
            stored[destination] = int.Parse((string)intention["Description"]!, System.Globalization.CultureInfo.InvariantCulture);
        }

        return stored;
    }

    private static Task<(int ExitCode, string Output, string Errors)> SnapshotAsync(string what, string file, AgentProcess agent) =>
        RunningProcess.RunAsync(Repository.PublishedAgent, ["snapshot", what, "-http-addr", agent.Address.ToString(), file]);

    // A limit on file sizes makes the system refuse to extend a file, as a full disk does.
    private static async Task LimitFilesAsync(AgentProcess agent, string bytes)
    {
        var (code, _, errors) = await RunningProcess.RunAsync("prlimit", ["--pid", $"{agent.Process.Id}", $"--fsize={bytes}:unlimited"]);
        code.Should().Be(0, errors);
    }
}
