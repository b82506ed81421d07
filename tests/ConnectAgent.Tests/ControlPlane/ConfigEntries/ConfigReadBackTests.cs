using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.State;
using ConnectAgent.Tests.ControlPlane.Intentions;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.ConfigEntries;

/// <summary>What clients read back, by value: the reference's own clients compare it deeply (clients GOREQ-30).</summary>
public sealed class ConfigReadBackTests
{
    private const string Balancer = """
        {"Kind":"service-resolver","Name":"web","LoadBalancer":{"Policy":"ring_hash","HashPolicies":[{"Field":"cookie","FieldValue":"c","CookieConfig":{"TTL":§}}]}}
        """;

    private const string Check = """
        {"Kind":"service-defaults","Name":"web","UpstreamConfig":{"Defaults":{"PassiveHealthCheck":{"Interval":§}}}}
        """;

    private const string Override = """
        {"Kind":"service-defaults","Name":"web","UpstreamConfig":{"Overrides":[{"Name":"db","PassiveHealthCheck":{"Interval":§}}]}}
        """;

    private const string ConnectTimeout = """{"Kind":"service-resolver","Name":"web","ConnectTimeout":§}""";

    private const string RequestTimeout = """{"Kind":"service-router","Name":"web","Routes":[{"Destination":{"RequestTimeout":§}}]}""";

    [Theory] // every duration of every kind, in both forms that a client may send
    [InlineData(Balancer, "\"1h\"", "3600000000000")]
    [InlineData(Balancer, "3600000000000", "3600000000000")]
    [InlineData(Balancer, "\"1.00000005s\"", "1000000050")]
    [InlineData(Balancer, "1", "1")]
    [InlineData(Balancer, "\"0s\"", null)]
    [InlineData(Check, "\"10s\"", "10000000000")]
    [InlineData(Check, "150", "150")]
    [InlineData(Check, "0", null)]
    [InlineData(Override, "\"1m30s\"", "90000000000")]
    [InlineData(Override, "null", null)]
    [InlineData(ConnectTimeout, "\"15s\"", "\"15s\"")]
    [InlineData(ConnectTimeout, "15000000000", "\"15s\"")]
    [InlineData(ConnectTimeout, "\"0s\"", null)]
    [InlineData(RequestTimeout, "\"90s\"", "\"1m30s\"")]
    [InlineData(RequestTimeout, "1500000", "\"1.5ms\"")]
    public async Task FA_20_A_duration_comes_back_as_the_reference_writes_it(string entry, string sent, string? expected)
    {
        var shown = await RoundTripAsync(entry.Replace("§", sent, StringComparison.Ordinal));
        Find(shown, "TTL", "Interval", "ConnectTimeout", "RequestTimeout").Should().Be(expected);
    }

    [Fact] // the number of durations above is that of the schemas
    public void FA_20_No_duration_of_any_kind_is_left_out()
    {
        var fields = ConfigSchemas.All().Where(field => field.Type is DurationType)
            .Select(field => field.FullPath);
        fields.Should().BeEquivalentTo(
            "service-resolver.ConnectTimeout", "service-resolver.LoadBalancer.HashPolicies.CookieConfig.TTL",
            "service-router.Routes.Destination.RequestTimeout", "service-defaults.UpstreamConfig.Defaults.PassiveHealthCheck.Interval",
            "service-defaults.UpstreamConfig.Overrides.PassiveHealthCheck.Interval");
    }

    [Fact] // an earlier revision stored every duration as text
    public void FA_20_A_stored_text_is_read_back_as_a_number()
    {
        const string Was = """
            {"Kind":"service-resolver","Name":"web","Document":"{\"ConnectTimeout\":\"15s\",\"Kind\":\"service-resolver\",\"Name\":\"web\",\"LoadBalancer\":{\"Policy\":\"maglev\",\"HashPolicies\":[{\"Field\":\"cookie\",\"FieldValue\":\"c\",\"CookieConfig\":{\"TTL\":\"1h0m0s\"}}]}}","CreateIndex":3,"ModifyIndex":7}
            """;
        var shown = Stored("service-resolver", "web", Was);
        shown.ToJsonString().Should().Be(
            "{\"ConnectTimeout\":\"15s\",\"Kind\":\"service-resolver\",\"Name\":\"web\",\"LoadBalancer\":{\"Policy\":\"maglev\",\"HashPolicies\":"
                + "[{\"Field\":\"cookie\",\"FieldValue\":\"c\",\"CookieConfig\":{\"TTL\":3600000000000}}]},\"CreateIndex\":3,\"ModifyIndex\":7}");
    }

    [Theory] // an earlier revision took numbers that no client can read, and texts and lists of any length
    [InlineData("service-router", "\"Routes\":[{\"Destination\":{\"NumRetries\":-1}}]", "\"Routes\":[{\"Destination\":{}}]")]
    [InlineData("service-router", "\"Routes\":[{\"Destination\":{\"NumRetries\":5000000000}}]", "\"Routes\":[{\"Destination\":{\"NumRetries\":4294967295}}]")]
    [InlineData("proxy-defaults", "\"Config\":{\"a\":1e400}", "\"Config\":{\"a\":1.7976931348623157E+308}")]
    public void FA_24_A_stored_number_that_no_client_can_read_is_brought_into_range(string kind, string was, string expected)
    {
        var document = $"{{\"Kind\":\"{kind}\",\"Name\":\"web\",{was}}}";
        var shown = Stored(kind, "web", new JsonObject { ["Kind"] = kind, ["Name"] = "web", ["Document"] = document, ["CreateIndex"] = 3, ["ModifyIndex"] = 7 }
            .ToJsonString());
        shown.ToJsonString().Should().Contain(expected);
    }

    [Theory] // what would be refused now is opened as it is
    [InlineData("{\"Kind\":\"service-splitter\",\"Name\":\"web\",\"Splits\":\"x\"}")]
    [InlineData("{\"Kind\":\"service-splitter\",\"Name\":\"web\",\"Bogus\":1}")]
    [InlineData("{\"Kind\":\"service-splitter\",\"Name\":\"web\",\"Splits\":[{\"Weight\":100,\"Service\":\"§\"}],\"Meta\":{\"§\":\"§\"}}")]
    public void A_stored_entry_that_would_be_refused_now_stays(string document)
    {
        document = document.Replace("§", new string('a', 5000), StringComparison.Ordinal);
        var shown = Stored("service-splitter", "web", new JsonObject
        {
            ["Kind"] = "service-splitter",
            ["Name"] = "web",
            ["Document"] = document,
            ["CreateIndex"] = 3,
            ["ModifyIndex"] = 7,
        }.ToJsonString());
        shown.ToJsonString().Should().Be(document[..^1] + ",\"CreateIndex\":3,\"ModifyIndex\":7}");
    }

    [Theory] // rows from a snapshot: every kind's own form is one that can be used
    [MemberData(nameof(Full))]
    public async Task An_entry_from_a_snapshot_is_readable(string kind, string name, string json)
    {
        using var store = new IntentionFixture();
        await store.PutAsync("""{"Kind":"proxy-defaults","Config":{"protocol":"http"}}""");
        await store.PutAsync("""{"Kind":"service-resolver","Name":"admin","Subsets":{"s":{}}}""");
        await store.PutAsync("""{"Kind":"service-resolver","Name":"db","Subsets":{"s":{}}}""");
        await store.PutAsync(json);
        if ((await store.Entries.GetAsync(ConfigEntryKinds.Named(kind), name, default, CancellationToken.None)).Value is ConfigEntry stored)
        {
            var document = (DocumentKind)ConfigEntryKinds.Named(kind);
            document.IsReadable(stored).Should().BeTrue();
            document.IsReadable(stored with { Name = "other" }).Should().BeFalse();
            document.IsReadable(stored with { Kind = "service-intentions" }).Should().BeFalse();
            document.IsReadable(stored with { Document = "[" }).Should().BeFalse();
        }
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("\"0\"", "0")]
    [InlineData("false", "0")]
    [InlineData("7", "7")]
    [InlineData("-1", "-1")]
    [InlineData("null", null)]
    public async Task FA_21_Zero_is_not_unset_where_the_reference_has_a_pointer(string sent, string? expected)
    {
        foreach (var at in new[] { "\"Defaults\":{§}", "\"Overrides\":[{\"Name\":\"db\",§}]" })
        {
            var limits = $"\"Limits\":{{\"MaxConnections\":{sent},\"MaxPendingRequests\":{sent},\"max_concurrent_requests\":{sent}}}";
            var shown = await RoundTripAsync(
                "{\"Kind\":\"service-defaults\",\"Name\":\"web\",\"UpstreamConfig\":{" + at.Replace("§", limits, StringComparison.Ordinal) + "}}");
            shown.ToJsonString().Should().Contain(expected is null
                ? "\"Limits\":{}"
                : $"\"Limits\":{{\"MaxConnections\":{expected},\"MaxPendingRequests\":{expected},\"MaxConcurrentRequests\":{expected}}}");
        }
    }

    [Fact] // these three are all that there are; every other number and flag of 1.10 is left out when it is zero
    public async Task FA_21_Other_zeros_are_left_out()
    {
        var shown = await RoundTripAsync("""
            {"Kind":"service-defaults","Name":"web","Protocol":"http","TransparentProxy":{"OutboundListenerPort":0,"DialedDirectly":false},
             "UpstreamConfig":{"Defaults":{"ConnectTimeoutMs":0,"PassiveHealthCheck":{"MaxFailures":0}}}}
            """);
        shown["TransparentProxy"]!.ToJsonString().Should().Be("{}");
        shown["UpstreamConfig"]!.ToJsonString().Should().Be("""{"Defaults":{"PassiveHealthCheck":{},"MeshGateway":{}}}""");
    }

    [Theory] // every field of every kind, set: what comes out is what went in, with the indexes
    [MemberData(nameof(Full))]
    public async Task Every_field_comes_back_with_its_value(string kind, string name, string json)
    {
        using var store = new IntentionFixture();
        await store.PutAsync("""{"Kind":"proxy-defaults","Config":{"protocol":"http"}}""");
        await store.PutAsync("""{"Kind":"service-resolver","Name":"admin","Subsets":{"s":{}}}""");
        await store.PutAsync("""{"Kind":"service-resolver","Name":"db","Subsets":{"s":{}}}""");
        var entry = JsonNode.Parse(json)!.AsObject();
        await store.PutAsync(json);
        var found = ConfigEntryKinds.Named(kind);
        var (stored, _) = await store.Entries.GetAsync(found, name, default, CancellationToken.None);
        var shown = found.Show(stored!);
        var index = stored!.ModifyIndex;
        shown.Remove("CreateIndex").Should().BeTrue();
        shown.Remove("ModifyIndex").Should().BeTrue();
        shown.ToJsonString().Should().Be(entry.ToJsonString());

        // Reading, changing nothing and writing is no write (CFG-7), also in the words of configuration files.
        shown["CreateIndex"] = 5;
        await store.PutAsync(shown.ToJsonString());
        (await store.Entries.GetAsync(found, name, default, CancellationToken.None)).Value!.ModifyIndex.Should().Be(index);
    }

    [Fact] // so that a new field cannot be forgotten above
    public void The_entries_above_have_every_field_of_every_kind()
    {
        var entries = Full().Select(row => (Kind: (string)row[0], Entry: JsonNode.Parse((string)row[2])!)).ToLookup(row => row.Kind, row => row.Entry);
        ConfigSchemas.All().Where(field => field.IsShown && !entries[field.Kind].Any(entry => Has(entry, field.Path.Split('.'))))
            .Select(field => field.FullPath).Should().BeEquivalentTo(
                "service-defaults.UpstreamConfig.Defaults.Name", "service-intentions.Sources.LegacyMeta.*", "service-intentions.Sources.SamenessGroup");
    }

    public static TheoryData<string, string, string> Full() => ConfigSchemas.FullEntries();

    private static bool Has(JsonNode? node, ReadOnlySpan<string> path)
    {
        if (path.IsEmpty)
        {
            return true;
        }

        switch (node)
        {
            case JsonArray list:
                foreach (var element in list)
                {
                    if (Has(element, path))
                    {
                        return true;
                    }
                }

                return false;
            case JsonObject map when path[0] == "*":
                foreach (var (_, value) in map)
                {
                    if (Has(value, path[1..]))
                    {
                        return true;
                    }
                }

                return false;
            case JsonObject map:
                return map.ContainsKey(path[0]) && Has(map[path[0]], path[1..]);
            default:
                return false;
        }
    }

    private static async Task<JsonObject> RoundTripAsync(string json)
    {
        using var store = new IntentionFixture();
        await store.PutAsync("""{"Kind":"proxy-defaults","Config":{"protocol":"http"}}""");
        await store.PutAsync(json);
        var body = JsonNode.Parse(json)!;
        return JsonNode.Parse(await store.ShowAsync(body["Kind"]!.GetValue<string>(), "web"))!.AsObject();
    }

    private static JsonObject Stored(string kind, string name, string row)
    {
        var table = DocumentKinds.RowsOf(kind).Read(newest: 9);
        table.Add(name, Encoding.UTF8.GetBytes(row));
        var read = ((IReadOnlyDictionary<string, ConfigEntry>)table.End(9).Rows)[name];
        return ConfigEntryKinds.Named(kind).Show(read);
    }

    private static string? Find(JsonNode? node, params string[] names) => node switch
    {
        JsonObject map => map.Select(pair => names.Contains(pair.Key) ? pair.Value!.ToJsonString() : Find(pair.Value, names)).FirstOrDefault(text => text is not null),
        JsonArray list => list.Select(element => Find(element, names)).FirstOrDefault(text => text is not null),
        _ => null,
    };
}
