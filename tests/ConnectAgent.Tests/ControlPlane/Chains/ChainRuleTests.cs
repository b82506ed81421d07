using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Tests.ControlPlane.Intentions;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Chains;

/// <summary>services CFG-14, by the rules of DCH-5 and DCH-6.</summary>
public sealed class ChainRuleTests : IDisposable
{
    private readonly IntentionFixture _store = new();

    public void Dispose() => _store.Dispose();

    [Fact] // recorded
    public async Task All_services_of_a_chain_speak_alike()
    {
        await HttpAsync("web");
        const string Router = """{"Kind":"service-router","Name":"web","Routes":[{"Destination":{"Service":"admin"}}]}""";
        await RefusedAsync(Router, "discovery chain \"web\" uses inconsistent protocols; service \"admin\" has \"tcp\" which is not \"http\"");
        await HttpAsync("Admin");
        await _store.PutAsync(Router);

        // Neither side can be changed any more.
        await RefusedAsync(
            """{"Kind":"service-defaults","Name":"admin","Protocol":"grpc"}""",
            "discovery chain \"web\" uses inconsistent protocols; service \"admin\" has \"grpc\" which is not \"http\"");
        var remove = () => _store.Entries.DeleteAsync(ConfigEntryKinds.Named("service-defaults"), "admin", null);
        await remove.Should().ThrowAsync<ServerException>();
        await _store.Entries.DeleteAsync(ConfigEntryKinds.Named("service-router"), "web", null);
        (await remove()).Should().BeTrue();
    }

    [Fact] // recorded
    public async Task Splitting_needs_a_protocol_like_http()
    {
        const string Splitter = """{"Kind":"service-splitter","Name":"web","Splits":[{"Weight":100}]}""";
        const string Refusal = "discovery chain \"web\" uses a protocol \"tcp\" that does not permit advanced routing or splitting behavior";
        await RefusedAsync(Splitter, Refusal);
        await _store.PutAsync("""{"Kind":"proxy-defaults","Config":{"protocol":"http"}}""");
        await _store.PutAsync(Splitter);
        await RefusedAsync("""{"Kind":"service-defaults","Name":"web","Protocol":"tcp"}""", Refusal);
        await RefusedAsync("""{"Kind":"proxy-defaults"}""", Refusal);
    }

    [Fact]
    public async Task A_subset_must_exist()
    {
        await HttpAsync("web");
        const string Splitter = """{"Kind":"service-splitter","Name":"web","Splits":[{"Weight":100,"ServiceSubset":"v1"}]}""";
        const string Refusal = "service \"web\" does not have a subset named \"v1\"";
        await RefusedAsync(Splitter, Refusal);
        await _store.PutAsync("""{"Kind":"service-resolver","Name":"web","Subsets":{"v1":{}}}""");
        await _store.PutAsync(Splitter);
        await RefusedAsync("""{"Kind":"service-resolver","Name":"web","Subsets":{"v2":{}}}""", Refusal);
        await RefusedAsync(
            """{"Kind":"service-resolver","Name":"old","Failover":{"*":{"Service":"web","ServiceSubset":"v9"}}}""",
            "discovery chain \"old\" uses inconsistent protocols; service \"web\" has \"http\" which is not \"tcp\"");
        await HttpAsync("old");
        await RefusedAsync(
            """{"Kind":"service-resolver","Name":"old","Failover":{"*":{"Service":"web","ServiceSubset":"v9"}}}""",
            "service \"web\" does not have a subset named \"v9\"");
    }

    [Fact] // the first is recorded
    public async Task A_chain_must_end()
    {
        await _store.PutAsync("""{"Kind":"service-resolver","Name":"c1","Redirect":{"Service":"c2"}}""");
        await RefusedAsync(
            """{"Kind":"service-resolver","Name":"c2","Redirect":{"Service":"c1"}}""",
            "detected circular resolver redirect: [c2.default.dc1 -> c1.default.dc1 -> c2.default.dc1]");
        await _store.PutAsync("""{"Kind":"proxy-defaults","Config":{"protocol":"http"}}""");
        await _store.PutAsync("""{"Kind":"service-splitter","Name":"s1","Splits":[{"Weight":50},{"Weight":50,"Service":"s2"}]}""");
        await RefusedAsync(
            """{"Kind":"service-splitter","Name":"s2","Splits":[{"Weight":100,"Service":"s1"}]}""",
            "detected circular reference: [splitter:s2.default -> splitter:s1.default -> splitter:s2.default]");
    }

    [Theory] // a redirect to where one is already leads nowhere else
    [InlineData("""{"Datacenter":"dc1"}""")]
    [InlineData("""{"Service":"web"}""")]
    [InlineData("""{"Service":"web","Datacenter":"dc1"}""")]
    [InlineData("""{"Service":"web","ServiceSubset":"v1"}""")]
    [InlineData("""{"Service":"WEB"}""")]
    [InlineData("""{"Namespace":"default"}""")]
    public async Task FA_23_A_redirect_to_itself_is_no_circle(string redirect) =>
        (await _store.PutAsync($$"""{"Kind":"service-resolver","Name":"web","Subsets":{"v1":{} },"Redirect":{{redirect}} }""")).Should().BeTrue();

    [Theory] // the same of a failover
    [InlineData("""{"Datacenters":["dc1"]}""")]
    [InlineData("""{"Service":"web"}""")]
    public async Task FA_23_A_failover_to_itself_is_no_circle(string failover) =>
        (await _store.PutAsync($$"""{"Kind":"service-resolver","Name":"web","Failover":{"*":{{failover}} } }""")).Should().BeTrue();

    [Theory]
    [InlineData("\"Subsets\":{\"v1\":{}}", "subsets")]
    [InlineData("\"Redirect\":{\"Datacenter\":\"dc1\"}", "redirects")]
    [InlineData("\"Failover\":{\"*\":{\"Datacenters\":[\"dc2\"]}}", "failover")]
    public async Task FA_22_A_service_with_an_external_name_is_not_chosen_from(string field, string what)
    {
        var resolver = "{\"Kind\":\"service-resolver\",\"Name\":\"web\"," + field + "}";
        var refusal = $"service \"web\" has an external SNI set; cannot define {what} for external services";
        const string External = """{"Kind":"service-defaults","Name":"web","ExternalSNI":"web.example"}""";
        await _store.PutAsync(External);
        await RefusedAsync(resolver, refusal);

        // Nor the other way round.
        await _store.PutAsync("""{"Kind":"service-defaults","Name":"web"}""");
        await _store.PutAsync(resolver);
        await RefusedAsync(External, refusal);
    }

    [Fact] // where a redirect leads away, nothing of the external service is asked for
    public async Task FA_22_An_external_service_may_be_redirected_away()
    {
        await _store.PutAsync("""{"Kind":"service-defaults","Name":"web","ExternalSNI":"web.example"}""");
        (await _store.PutAsync("""{"Kind":"service-resolver","Name":"web","Redirect":{"Service":"db"}}""")).Should().BeTrue();
    }

    [Fact] // an earlier revision checked less: what it stored blocks only writes to that chain
    public async Task A_stored_chain_that_does_not_fit_together_blocks_no_other_write()
    {
        const string Stored = """{"Kind":"service-defaults","Name":"old","Protocol":"","ExternalSNI":"x"}""";
        await _store.PutAsync("""{"Kind":"service-resolver","Name":"old","Subsets":{"v1":{}}}""");
        await _store.State.WriteAsync(writer =>
        {
            writer.Put(
                DocumentKinds.RowsOf("service-defaults"), new ConfigEntry("service-defaults", "old", Stored, null, 2, 2));
            return true;
        });
        (await _store.PutAsync("""{"Kind":"service-resolver","Name":"web","Redirect":{"Service":"db"}}""")).Should().BeTrue();
        await RefusedAsync(
            """{"Kind":"service-resolver","Name":"web","Redirect":{"Service":"old"}}""",
            "service \"old\" has an external SNI set; cannot define subsets for external services");
    }

    [Fact] // whatever is stored, a walk ends soon
    public async Task A_chain_has_a_bound()
    {
        await _store.PutAsync("""{"Kind":"proxy-defaults","Config":{"protocol":"http"}}""");
        var refused = 0;
        for (var i = 0; i < 200 && refused == 0; i++)
        {
            try
            {
                await _store.PutAsync($$"""{"Kind":"service-splitter","Name":"s{{i}}","Splits":[{"Weight":100,"Service":"s{{i + 1}}"}]}""");
            }
            catch (ServerException error)
            {
                error.Message.Should().Be("discovery chain \"s0\" has a path of more than 128 nodes");
                error.Limit.Should().Be("config_entries.chain_path");
                refused = i;
            }
        }

        refused.Should().Be(129);
    }

    [Fact] // each level of splitters doubles the ways, and each way is a split of the first
    public async Task A_chain_has_a_size()
    {
        await _store.PutAsync("""{"Kind":"proxy-defaults","Config":{"protocol":"http"}}""");
        ServerException? refusal = null;
        for (var level = 1; level < 30 && refusal is null; level++)
        {
            foreach (var side in new[] { "a", "b" })
            {
                try
                {
                    await _store.PutAsync($$"""
                        {"Kind":"service-splitter","Name":"{{side}}{{level}}",
                         "Splits":[{"Weight":50,"Service":"a{{level - 1}}"},{"Weight":50,"Service":"b{{level - 1}}"}]}
                        """);
                }
                catch (ServerException error)
                {
                    refusal = error;
                }
            }
        }

        refusal.Should().NotBeNull();
        refusal!.Message.Should().MatchRegex("^discovery chain \"b\\d+\" is larger than 50000 nodes, splits and targets$");
        refusal.Limit.Should().Be("config_entries.chain_size");
    }

    private Task<bool> HttpAsync(string service) => _store.PutAsync($$"""{"Kind":"service-defaults","Name":"{{service}}","Protocol":"http"}""");

    private async Task RefusedAsync(string json, string text)
    {
        var before = _store.State.Current;
        var put = () => _store.PutAsync(json);
        (await put.Should().ThrowAsync<ServerException>()).WithMessage(text).Which.Kind.Should().Be(FailureKind.Mistake);
        _store.State.Current.Should().BeSameAs(before);
    }
}
