using System.Reflection;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Tests.ControlPlane.Intentions;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.ConfigEntries;

/// <summary>docs/limits.md, config entries: at the bound it is taken, one more is refused with 400 and the bound's name.</summary>
public sealed class ConfigBoundsTests
{
    private const string Resolver = "\"Kind\":\"service-resolver\",\"Name\":\"web\"";

    [Fact]
    public void Every_bound_has_the_name_of_its_limit()
    {
        foreach (var field in typeof(ConfigBounds).GetFields(BindingFlags.Static | BindingFlags.Public))
        {
            var name = field.GetValue(null) switch { CountBound count => count.Name, LengthBound length => length.Name, _ => null };
            field.GetCustomAttribute<LimitAttribute>()!.Name.Should().Be(name);
        }
    }

    [Fact] // meta has the reference's own bounds; intentions are bounded on the entry
    public void Every_list_and_map_has_a_bound() =>
        ConfigSchemas.Containers().Where(field => (field.Type as ListType)?.Bound is null && (field.Type as MapType)?.Bound is null)
            .Where(field => field.Kind != "service-intentions" && field.Path.Split('.')[^1] != "Meta").Should().BeEmpty();

    [Theory]
    [InlineData("{\"Kind\":\"service-router\",\"Name\":\"web\",\"Routes\":[§]}", "{}", "config_entries.routes", 4096)]
    [InlineData("{\"Kind\":\"service-router\",\"Name\":\"web\",\"Routes\":{\"Match\":{\"HTTP\":{\"Header\":[§]}}}}", "{\"Name\":\"h\",\"Present\":true}", "config_entries.conditions", 256)]
    [InlineData("{\"Kind\":\"service-router\",\"Name\":\"web\",\"Routes\":{\"Match\":{\"HTTP\":{\"QueryParam\":[§]}}}}", "{\"Name\":\"h\",\"Present\":true}", "config_entries.conditions", 256)]
    [InlineData("{\"Kind\":\"service-router\",\"Name\":\"web\",\"Routes\":{\"Destination\":{\"RetryOnStatusCodes\":[§]}}}", "503", "config_entries.retry_codes", 1024)]
    [InlineData("{" + Resolver + ",\"Subsets\":{\"v1\":{}},\"Failover\":{\"v1\":{\"Datacenters\":[§]}}}", "\"dc2\"", "config_entries.datacenters", 1024)]
    [InlineData("{" + Resolver + ",\"LoadBalancer\":{\"Policy\":\"maglev\",\"HashPolicies\":[§]}}", "{\"SourceIP\":true}", "config_entries.hash_policies", 256)]
    [InlineData("{" + Resolver + ",\"Subsets\":{§}}", "\"v#\":{}", "config_entries.subsets", 4096)]
    [InlineData("{\"Kind\":\"service-defaults\",\"Name\":\"web\",\"UpstreamConfig\":{\"Overrides\":[§]}}", "{\"Name\":\"x\"}", "config_entries.overrides", 10_000)]
    [InlineData("{\"Kind\":\"service-defaults\",\"Name\":\"web\",\"Expose\":{\"Paths\":[§]}}", "{\"Path\":\"/\"}", "config_entries.expose_paths", 1024)]
    [InlineData("{\"Kind\":\"ingress-gateway\",\"Name\":\"web\",\"Listeners\":[§]}", "{\"Port\":#,\"Services\":{\"Name\":\"x\"}}", "config_entries.listeners", 4096)]
    [InlineData("{\"Kind\":\"ingress-gateway\",\"Name\":\"web\",\"Listeners\":{\"Protocol\":\"http\",\"Services\":[§]}}", "{\"Name\":\"x#\"}", "config_entries.services", 10_000)]
    [InlineData("{\"Kind\":\"terminating-gateway\",\"Name\":\"web\",\"Services\":[§]}", "{\"Name\":\"x#\"}", "config_entries.services", 10_000)]
    [InlineData("{\"Kind\":\"ingress-gateway\",\"Name\":\"web\",\"Listeners\":{\"Protocol\":\"http\",\"Services\":{\"Name\":\"x\",\"Hosts\":[§]}}}", "\"h#\"", "config_entries.hosts", 1024)]
    [InlineData(
        "{\"Kind\":\"ingress-gateway\",\"Name\":\"web\",\"Listeners\":{\"Protocol\":\"http\",\"Services\":{\"Name\":\"x\",\"RequestHeaders\":{\"Add\":{§}}}}}", "\"h#\":\"v\"", "config_entries.header_changes", 256)]
    public void A_list_is_bounded(string entry, string element, string limit, int most)
    {
        string Of(int count) => entry.Replace(
            "§",
            string.Join(',', Enumerable.Range(0, count).Select(i => element.Replace("#", i.ToString(), StringComparison.Ordinal))),
            StringComparison.Ordinal);
        var taken = () => Make(Of(most));
        taken.Should().NotThrow();
        Refused(() => Make(Of(most + 1)), limit).Should().EndWith($" has {most + 1} entries, more than the {most} that are taken");
    }

    [Fact]
    public void Splits_are_bounded() => Refused(
        () => Make("{\"Kind\":\"service-splitter\",\"Name\":\"web\",\"Splits\":[" + string.Join(',', Enumerable.Repeat("{}", 4097)) + "]}"), "config_entries.splits");

    [Fact] // each subset and all of them
    public void Failovers_are_bounded() => Refused(
        () => Make("{" + Resolver + ",\"Failover\":{" + string.Join(',', Enumerable.Range(0, 4098).Select(i => $"\"{i}\":{{}}")) + "}}"), "config_entries.failovers");

    [Fact] // 3,000 bytes are accepted by rule (CE-11); bytes, not letters
    public void Names_and_texts_are_bounded()
    {
        foreach (var kind in ConfigEntryKinds.All.Where(kind => kind.Name is not ("mesh" or "proxy-defaults")).Select(kind => kind.Name))
        {
            string Named(string name) => $"{{\"Kind\":\"{kind}\",\"Name\":\"{name}\",\"Sources\":{{\"Name\":\"a\",\"Action\":\"allow\"}},\"Splits\":{{\"Weight\":100}}}}"
                .Replace(kind == "service-intentions" ? ",\"Splits\":{\"Weight\":100}" : ",\"Sources\":{\"Name\":\"a\",\"Action\":\"allow\"}", "", StringComparison.Ordinal)
                .Replace(kind == "service-splitter" ? "§" : ",\"Splits\":{\"Weight\":100}", "", StringComparison.Ordinal);
            var taken = () => Make(Named(new string('a', 4096)));
            taken.Should().NotThrow();
            Refused(() => Make(Named(new string('a', 4097))), "config_entries.name");
            Refused(() => Make(Named(new string('é', 2049))), "config_entries.name").Should().EndWith(" has 4098 bytes, more than the 4096 that are taken");
        }

        Refused(() => Make("{" + Resolver + ",\"Subsets\":{\"v1\":{\"Filter\":\"" + new string('a', 65_537) + "\"}}}"), "config_entries.text");
        Refused(() => Make("{" + Resolver + ",\"Redirect\":{\"Service\":\"" + new string('a', 4097) + "\"}}"), "config_entries.name");
        Refused(() => Make("{" + Resolver + ",\"Subsets\":{\"" + new string('a', 4097) + "\":{}}}"), "config_entries.name");
    }

    [Fact] // whichever call writes it
    public async Task Intentions_are_bounded()
    {
        var allow = new IntentionSource("web") { Action = Intention.Allow };
        var sources = Enumerable.Range(0, 250_001).Select(i => allow with { Name = $"web{i}" }).ToList();
        Refused(() => Require([.. sources]), "config_entries.sources").Should().Be("Sources has 250001 entries, more than the 250000 that are taken");
        var full = () => Require([.. sources.Take(250_000)]);
        full.Should().NotThrow();

        IntentionPermission Of(HttpCondition http) => new() { Action = "allow", Http = http };
        var path = new HttpCondition { PathPrefix = "/" };
        Refused(() => Require(allow with { Permissions = [.. Enumerable.Repeat(Of(path), 1025)] }), "config_entries.permissions");
        var header = new HeaderCondition { Name = "h", Present = true };
        Refused(() => Require(allow with { Permissions = [Of(path with { Headers = [.. Enumerable.Repeat(header, 257)] })] }), "config_entries.conditions");
        Refused(() => Require(allow with { Permissions = [Of(path with { PathPrefix = null, PathRegex = new string('a', 65_537) })] }), "config_entries.text");
        Refused(() => Require(allow with { Permissions = [Of(path with { Headers = [header with { Name = new string('a', 65_537) }] })] }), "config_entries.text");
        var provider = new JwtProvider("p", [.. Enumerable.Repeat(new JwtClaim(null, "v"), 257)]);
        Refused(() => Require(allow with { Permissions = [Of(path) with { Jwt = new JwtRequirement([provider]) }] }), "config_entries.jwt");

        using var store = new IntentionFixture();
        var name = new string('a', 4097);
        await RefusedAsync(() => store.Intentions.UpsertAsync("db", allow with { Name = name }, null), "config_entries.name");
        await RefusedAsync(() => store.Intentions.UpsertAsync(name, allow, null), "config_entries.name");
        await RefusedAsync(() => store.ById.CreateAsync("db", allow with { Name = name }), "config_entries.name");
        await RefusedAsync(() => store.ById.CreateAsync(name, allow), "config_entries.name");
        await RefusedAsync(
            () => store.PutAsync($$"""{"Kind":"service-intentions","Name":"db","Sources":{"Name":"{{name}}","Action":"allow"} }"""), "config_entries.name");
    }

    [Theory] // the bounds of the reference keep its status and text, and are counted
    [InlineData(513, "", "intentions.description")]
    [InlineData(1, "v", "config_entries.meta_value")]
    public async Task What_the_reference_bounds_is_counted_too(int description, string meta, string limit)
    {
        using var store = new IntentionFixture();
        var value = string.Concat(Enumerable.Repeat(meta, 513));
        var source = new IntentionSource("web")
        {
            Action = Intention.Allow,
            Description = new string('d', description),
            LegacyMeta = new Dictionary<string, string> { ["k"] = value },
        };
        var create = () => store.ById.CreateAsync("db", source);
        var error = (await create.Should().ThrowAsync<ServerException>()).Which;
        (error.Kind, error.Limit).Should().Be((FailureKind.Mistake, limit));
    }

    private static void Require(params IntentionSource[] sources) => IntentionBounds.Require(new IntentionEntry("db", [.. sources], null, 0, 0));

    private static IConfigEntry Make(string json)
    {
        var (kind, document) = IntentionFixture.Decode(json);
        return kind.Make(document);
    }

    private static string Refused(Action act, string limit)
    {
        var error = act.Should().Throw<ServerException>().Which;
        (error.Kind, error.Limit).Should().Be((FailureKind.Invalid, limit));
        return error.Message;
    }

    private static async Task RefusedAsync(Func<Task> act, string limit)
    {
        var error = (await act.Should().ThrowAsync<ServerException>()).Which;
        (error.Kind, error.Limit).Should().Be((FailureKind.Invalid, limit));
    }
}
