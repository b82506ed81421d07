using System.Net;
using System.Text.Json.Nodes;
using ConnectAgent.Configuration;
using ConnectAgent.State;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.State;
using ConnectAgent.Tests.Limits;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Snapshots;

/// <summary>What a snapshot's content must be like before it replaces the state (FA-6, FA-7): a checksum is no proof of content.</summary>
public sealed class SnapshotEndpointsTests : IAsyncLifetime
{
    private static readonly Uri Path = new("/v1/snapshot", UriKind.Relative);

    private InProcessAgent _agent = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _agent = await InProcessAgent.StartAsync("deny");
        _http = new HttpClient { BaseAddress = _agent.Address };
        _http.DefaultRequestHeaders.Add("X-Consul-Token", "root");
        await _agent.ManageAsync("/v1/acl/policy", new JsonObject { ["Name"] = "web-read", ["Rules"] = "service \"web\" { policy = \"read\" }" });
        await _agent.ManageAsync("/v1/acl/role", new JsonObject { ["Name"] = "web", ["Policies"] = new JsonArray(new JsonObject { ["Name"] = "web-read" }) });
        await _agent.ManageAsync("/v1/config", new JsonObject { ["Kind"] = "service-defaults", ["Name"] = "db", ["Protocol"] = "http" });
        await _agent.ManageAsync("/v1/connect/intentions/exact?source=web&destination=db", new JsonObject { ["Action"] = "allow" });
        await _agent.ManageAsync("/v1/connect/ca/revoke", new JsonObject { ["SerialNumber"] = "0a:0b" });
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _agent.DisposeAsync();
    }

    public static TheoryData<string> Malformed() => [.. Malformations.Keys];

    public static TheoryData<string> Lies() => [.. Contents.Keys];

    [Theory] // FA-6: every malformed archive is 400 with a reason, and nothing is half restored
    [MemberData(nameof(Malformed))]
    public Task FA_6_What_is_malformed_is_400_with_a_reason(string what) => RefusedAsync(Malformations[what]);

    [Theory] // FA-7: an archive whose checksums are right, but whose state would break the agent
    [MemberData(nameof(Lies))]
    public Task FA_7_What_would_break_the_agent_is_400_and_changes_nothing(string what) => RefusedAsync(Contents[what]);

    [Fact] // connect_agent.snapshot_max_bytes: what could not be restored is not saved
    public async Task A_state_beyond_the_bound_is_not_saved_and_the_text_names_the_key()
    {
        await using var agent = await InProcessAgent.StartAsync(null, values => values.Set(NodeKeys.SnapshotMaxBytes, 100));
        var (status, text, _) = await agent.SendAsync("GET", "/v1/snapshot");
        status.Should().Be(500);
        text.Should().MatchRegex("^the state has [0-9]+ bytes, and a snapshot of more than 100 cannot be restored \\(connect_agent\\.snapshot_max_bytes\\)$");
    }

    [Fact] // FA-7: the checks do not refuse what is right
    public async Task FA_7_What_was_saved_can_be_restored()
    {
        var archive = await _http.GetByteArrayAsync(Path);
        (await PutAsync(archive)).Should().Be((HttpStatusCode.OK, string.Empty));
        (await PutAsync(SnapshotFile.Read(archive).Pack())).Should().Be((HttpStatusCode.OK, string.Empty));
    }

    [Fact] // FA-7: rows of the first revision that followed from others are passed over, whatever they say
    public async Task FA_7_Rows_that_follow_from_others_are_worked_out_again()
    {
        var file = SnapshotFile.Read(await _http.GetByteArrayAsync(Path));
        file.Description["Tables"]!.AsArray().Add(new JsonObject { ["Name"] = "acl-secrets", ["Index"] = 1, ["Rows"] = 1 });
        file.Rows.Add(new JsonObject { ["Table"] = "acl-secrets", ["Key"] = "another's", ["Row"] = new JsonObject { ["AccessorId"] = "nobody" } });
        (await PutAsync(file.Pack())).Should().Be((HttpStatusCode.OK, string.Empty));
        (await _http.GetAsync(new Uri("/v1/acl/token/self", UriKind.Relative))).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact] // FA-7: counters have a ceiling, up to which they work, and the agent's own snapshots are taken beyond it
    public async Task FA_7_A_counter_at_its_ceiling_goes_on()
    {
        var file = SnapshotFile.Read(await _http.GetByteArrayAsync(Path));
        file.Description["Index"] = StateCounter.HighestLifted + 1;
        (await PutAsync(file.Pack())).Should().Be(
            (HttpStatusCode.BadRequest, $"Bad request: the snapshot cannot be restored: a counter in it is higher than {StateCounter.HighestLifted}"));
        RefusalCounts.Of(_agent.Services, StateCounter.LiftLimit).Should().Be(1);

        file.Description["Index"] = StateCounter.HighestLifted;
        file.Description["Serial"] = StateCounter.HighestLifted;
        (await PutAsync(file.Pack())).Status.Should().Be(HttpStatusCode.OK);
        var store = _agent.Services.GetRequiredService<StateStore>();
        store.TakeIndex().Should().BeGreaterThan(StateCounter.HighestLifted);
        store.TakeSerial().Should().Be(StateCounter.HighestLifted + 1);
        (await PutAsync(await _http.GetByteArrayAsync(Path))).Should().Be((HttpStatusCode.OK, string.Empty));
    }

    [Fact] // FA-7: whatever numbers a snapshot may hold, the agent that took it starts again
    public async Task FA_7_After_the_highest_counter_that_is_taken_the_agent_starts_again()
    {
        var file = SnapshotFile.Read(await _http.GetByteArrayAsync(Path));
        file.Description["Index"] = StateCounter.HighestLifted;
        file.Description["Serial"] = StateCounter.HighestLifted;
        using var folder = new TemporaryFolder();
        await using (var first = await InProcessAgent.StartAsync("deny", folder: folder.Path))
        {
            (await first.ExchangeAsync(HttpMethod.Put, "/v1/snapshot", file.Pack(), ("X-Consul-Token", "root"))).Should().StartWith("200");
            await first.ManageAsync("/v1/config", new JsonObject { ["Kind"] = "mesh" });
        }

        await using var second = await InProcessAgent.StartAsync("deny", folder: folder.Path);
        second.Services.GetRequiredService<StateStore>().LastIndex.Should().BeGreaterThan(StateCounter.HighestLifted);
    }

    [Fact] // FA-7: what follows from the rest of a row is worked out again
    public async Task FA_7_The_protocol_of_a_config_entry_is_what_its_document_says()
    {
        var file = SnapshotFile.Read(await _http.GetByteArrayAsync(Path));
        file.Of("config-service-defaults").Single()["Protocol"] = "tcp";
        (await PutAsync(file.Pack())).Should().Be((HttpStatusCode.OK, string.Empty));

        // Only for what speaks HTTP (intentions CE-12).
        await _agent.ManageAsync("/v1/config", new JsonObject
        {
            ["Kind"] = "service-intentions",
            ["Name"] = "db",
            ["Sources"] = new JsonArray(new JsonObject
            {
                ["Name"] = "web",
                ["Permissions"] = new JsonArray(new JsonObject { ["Action"] = "deny", ["HTTP"] = new JsonObject { ["PathExact"] = "/x" } }),
            }),
        });
    }

    [Fact]
    public async Task FA_6_One_restore_at_a_time_is_taken()
    {
        var body = new HeldBody();
        var first = _http.PutAsync(Path, body);
        await body.Begun.Task;
        (HttpStatusCode Status, string Text) second;
        do
        {
            // The first is counted a moment after its headers have arrived.
            second = await PutAsync([]);
        }
        while (second.Status == HttpStatusCode.BadRequest);
        second.Should().Be((HttpStatusCode.TooManyRequests, "another snapshot is being restored, try again later"));
        RefusalCounts.Of(_agent.Services, "snapshot.restores").Should().Be(1);
        body.End.SetResult();
        (await first).StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await PutAsync([])).Status.Should().Be(HttpStatusCode.BadRequest);
    }

    private static Dictionary<string, Func<SnapshotFile, byte[]>> Malformations { get; } = new(StringComparer.Ordinal)
    {
        ["tables that are null"] = Change(file => file.Description["Tables"] = null),
        ["tables with null in them"] = Change(file => file.Description["Tables"]!.AsArray().Add(null)),
        ["no tables"] = Change(file => file.Description.Remove("Tables")),
        ["tables that are a number"] = Change(file => file.Description["Tables"] = 1),
        ["a table without a name"] = Change(file => file.Description["Tables"]![0]!.AsObject().Remove("Name")),
        ["a table twice"] = Change(file => file.Description["Tables"]!.AsArray().Add(file.Description["Tables"]![0]!.DeepClone())),
        ["an unknown table"] = Change(file => file.Description["Tables"]!.AsArray().Add(new JsonObject { ["Name"] = "more", ["Index"] = 0, ["Rows"] = 0 })),
        ["a table that is not named"] = Change(file => file.Description["Tables"]!.AsArray().RemoveAt(0)),
        ["meta that is an array"] = file => SnapshotFile.Pack("[]"u8.ToArray(), file.StateName, file.StateBytes()),
        ["meta that is null"] = file => SnapshotFile.Pack("null"u8.ToArray(), file.StateName, file.StateBytes()),
        ["meta that is no JSON"] = file => SnapshotFile.Pack("{"u8.ToArray(), file.StateName, file.StateBytes()),
        ["another format"] = Change(file => file.Description["Format"] = "connect-agent-state/9"),
        ["a size that is not true"] = file =>
        {
            file.Description["Size"] = 1;
            return SnapshotFile.Pack(System.Text.Encoding.UTF8.GetBytes(file.Description.ToJsonString()), file.StateName, file.StateBytes());
        },
        ["a row {}"] = Change(file => file.Rows.Add([])),
        ["a row that is an array"] = file => SnapshotFile.Pack(Meta(file), file.StateName, "[]\n"u8.ToArray()),
        ["a null key"] = Change(file => file.Rows[0]["Key"] = null),
        ["a key with half a character"] = file => SnapshotFile.Pack(
            Meta(file), file.StateName, "{\"Table\":\"intentions\",\"Key\":\"\\ud800\",\"Row\":{}}\n"u8.ToArray()),
        ["a null table"] = Change(file => file.Rows[0]["Table"] = null),
        ["a null row"] = Change(file => file.Rows[0]["Row"] = null),
        ["a row of another type"] = Change(file => file.Rows[0]["Row"] = "text"),
        ["an empty token"] = Change(file => file.Rows.First(row => (string?)row["Table"] == "acl-tokens")["Row"] = new JsonObject()),
        ["a token with a null among its policies"] = Change(file => file.Of("acl-tokens").First()["Policies"] = new JsonArray((JsonNode?)null)),
        ["a null member"] = Change(file => file.Of("acl-policies").First()["Rules"] = null),
        ["a member twice"] = file => SnapshotFile.Pack(Meta(file), file.StateName, System.Text.Encoding.UTF8.GetBytes(
            System.Text.Encoding.UTF8.GetString(file.StateBytes()).Replace("{\"AccessorId\":", "{\"AccessorId\":\"x\",\"AccessorId\":", StringComparison.Ordinal))),
        ["too few rows"] = file =>
        {
            file.Description.Remove("Size");
            var state = file.StateBytes();
            file.Rows.RemoveAt(0);
            return SnapshotFile.Pack(Meta(file), file.StateName, file.StateBytes());
        },
    };

    private static Dictionary<string, Func<SnapshotFile, byte[]>> Contents { get; } = new(StringComparer.Ordinal)
    {
        ["a serial at the end of 64 bits"] = Change(file => file.Description["Serial"] = ulong.MaxValue),
        ["an index at the end of 64 bits"] = Change(file => file.Description["Index"] = ulong.MaxValue),
        ["a counter beyond the ceiling"] = Change(file => file.Description["Serial"] = StateCounter.HighestLifted + 1),
        ["a table with a later index than the state"] = Change(file => file.Description["Tables"]![0]!["Index"] = StateCounter.Highest),
        ["a row with a later index than the state"] = Change(file => file.Of("intentions").First()["ModifyIndex"] = ulong.MaxValue),
        ["a token with a later index"] = Change(file => file.Of("acl-tokens").First()["CreateIndex"] = ulong.MaxValue),
        ["tokens under other keys"] = Change(file => Rekey(file, "acl-tokens")),
        ["policies under other keys"] = Change(file => Rekey(file, "acl-policies")),
        ["intentions under other keys"] = Change(file => Rekey(file, "intentions")),
        ["config entries under other keys"] = Change(file => Rekey(file, "config-service-defaults")),
        ["roots under another key"] = Change(file => Rekey(file, "roots")),
        ["two rows of one key"] = Change(file => file.Rows.Add(file.Rows.First(row => (string?)row["Table"] == "acl-tokens").DeepClone().AsObject())),
        ["two tokens with one secret"] = Change(file => file.Of("acl-tokens").Last()["SecretId"] = (string)file.Of("acl-tokens").First()["SecretId"]!),
        ["a token with a reserved secret"] = Change(file => file.Of("acl-tokens").First()["SecretId"] = "manage"),
        ["no CA"] = Change(file => file.Rows.RemoveAll(row => (string?)row["Table"] is "roots" or "ca-configuration" or "ca-provider")),
        ["a CA without its key"] = Change(file => file.Rows.RemoveAll(row => (string?)row["Table"] == "ca-provider")),
        ["a CA with a key that is none"] = Change(file => file.Of("ca-provider").Single()["PrivateKey"] = "AAAA"),
        ["a CA with a configuration that is none"] = Change(file => file.Of("ca-configuration").Single()["Config"] = "rubbish"),
        ["a CA with half a character in its configuration"] = Change(file => file.Of("ca-configuration").Single()["Config"] = """{"LeafCertTTL":"\ud800"}"""),
        ["a CA with a name that is no ID"] = Change(file => file.Of("roots").Single()["ClusterId"] = "-01:00:00"),
        ["a CA of an unknown kind"] = Change(file => file.Of("ca-configuration").Single()["Provider"] = "unknown"),
        ["roots without an active one"] = Change(file => file.Of("roots").Single()["Entries"]![0]!["Root"]!["Active"] = false),
        ["no root"] = Change(file => file.Of("roots").Single()["Entries"] = new JsonArray()),
        ["a root that is no certificate"] = Change(file => file.Of("roots").Single()["Entries"]![0]!["Root"]!["RootCert"] = "rubbish"),
        ["no tokens"] = Change(file => file.Rows.RemoveAll(row => (string?)row["Table"] == "acl-tokens")),
        ["no management token"] = Change(file => file.Rows.RemoveAll(row => (bool?)row["Row"]!["IsManagement"] == true)),
        ["no builtin policy"] = Change(file => file.Rows.RemoveAll(row => (string?)row["Row"]!["Name"] == "global-management")),
        ["a management token whose time is over"] = Change(file => file.Of("acl-tokens").ToList().ForEach(row => row["ExpirationTime"] = "2001-01-01T00:00:00Z")),
        ["rules that are none"] = Change(file => file.Of("acl-policies").Last()["Rules"] = "service {{{"),
        ["an auth method whose configuration is no JSON"] = Method("rubbish"),
        ["an auth method whose configuration is a list"] = Method("[]"),
        ["an auth method whose configuration is null"] = Method("null"),
        ["an auth method whose configuration is cut off"] = Method("{"),
        ["an auth method with half a character in its configuration"] = Method("""{"BoundIssuer":"\ud800"}"""),
        ["an auth method with half a character in a name"] = Method("""{"\ud800":1}"""),
        ["an auth method whose configuration is too deep"] = Method(string.Concat(Enumerable.Repeat("{\"a\":", 200)) + "1" + new string('}', 200)),
        ["an intention that neither allows nor denies"] = Change(file => file.Of("intentions").Single()["Sources"]![0]!["Action"] = "perhaps"),
        ["a config entry of another kind"] = Change(file => file.Of("config-service-defaults").Single()["Kind"] = "mesh"),
        ["a config entry that is no document"] = Change(file => file.Of("config-service-defaults").Single()["Document"] = "[]"),
        ["a revocation of nothing"] = Change(file =>
        {
            file.Of("revocations").Single().Remove("SerialNumber");
            file.Rows.Single(row => (string?)row["Table"] == "revocations")["Key"] = "identity/";
        }),
    };

    private static Func<SnapshotFile, byte[]> Change(Action<SnapshotFile> change) => file =>
    {
        change(file);
        return file.Pack();
    };

    // FA-6: a row's text may hold a document of its own.
    private static Func<SnapshotFile, byte[]> Method(string config) => Change(file =>
    {
        file.Description["Tables"]!.AsArray().Single(table => (string?)table!["Name"] == "acl-auth-methods")!["Index"] = 1;
        file.Rows.Add(new JsonObject
        {
            ["Table"] = "acl-auth-methods",
            ["Key"] = "m",
            ["Row"] = new JsonObject
            {
                ["Name"] = "m",
                ["Type"] = "jwt",
                ["DisplayName"] = "",
                ["Description"] = "",
                ["MaxTokenTtl"] = "01:00:00",
                ["TokenLocality"] = "",
                ["Config"] = config,
                ["CreateIndex"] = 1,
                ["ModifyIndex"] = 1,
            },
        });
    });

    private static byte[] Meta(SnapshotFile file)
    {
        file.Description.Remove("Size");
        return System.Text.Encoding.UTF8.GetBytes(file.Description.ToJsonString());
    }

    private static void Rekey(SnapshotFile file, string table) =>
        file.Rows.Where(row => (string?)row["Table"] == table).ToList().ForEach(row => row["Key"] = "not " + (string?)row["Key"]);

    private async Task RefusedAsync(Func<SnapshotFile, byte[]> change)
    {
        var store = _agent.Services.GetRequiredService<StateStore>();
        var good = await _http.GetByteArrayAsync(Path);
        var before = (store.Current, store.TakeSerial());
        var (status, text) = await PutAsync(change(SnapshotFile.Read(good)));
        text.Should().StartWith("Bad request: the snapshot cannot be restored: ").And.NotContain("Exception");
        text.Length.Should().BeInRange(50, 400);
        status.Should().Be(HttpStatusCode.BadRequest);
        store.Current.Should().BeSameAs(before.Current);
        store.TakeSerial().Should().Be(before.Item2 + 1);
        (await PutAsync(good)).Should().Be((HttpStatusCode.OK, string.Empty));
    }

    private async Task<(HttpStatusCode Status, string Text)> PutAsync(byte[] archive)
    {
        using var answer = await _http.PutAsync(Path, new ByteArrayContent(archive));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A body that begins, and ends when it is told to.</summary>
    private sealed class HeldBody : HttpContent
    {
        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[] { 0x1f });
            await stream.FlushAsync();
            Begun.SetResult();
            await End.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
