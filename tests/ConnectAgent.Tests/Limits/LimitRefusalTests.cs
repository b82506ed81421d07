using System.Text.Json;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Tests.Http;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Limits;

/// <summary>
/// Whoever goes beyond a bound that refuses is told so, and it is counted under the bound's name. Every such bound has a request here, or names the
/// test that shows it elsewhere.
/// </summary>
public sealed class LimitRefusalTests
{
    private const string TooManyHeaders =
        "Bad request: Request decode failed: more than 1000 headers or 65536 characters in them";

    private const string Leaf = "/v1/agent/connect/ca/leaf/";

    // A request beyond the bound, the settings that bring it within reach, and what is answered.
    private static readonly Dictionary<string, Refusal> Known = new(StringComparer.Ordinal)
    {
        ["acl.token"] = new(403, "ACL not found", agent => agent.SendAsync("GET", Leaf + "web", token: new string('x', 4097)), Policy: "deny"),
        ["acl.authorizations"] = new(
            400,
            "Bad request: Refusing to process more than 64 authorizations at once",
            agent => agent.PostAsync("/v1/internal/acl/authorize", "[" + string.Join(',', Enumerable.Repeat("""{"Resource":"acl","Access":"read"}""", 65)) + "]"),
            Policy: "deny"),
        ["authorize.header_length"] = new(
            400, TooManyHeaders, agent => agent.PostAsync("/v1/agent/connect/authorize/http", $$"""{"Headers":{"X":"{{new string('x', 65536)}}"} }""")),
        ["authorize.headers"] = new(
            400,
            TooManyHeaders,
            agent => agent.PostAsync(
                "/v1/agent/connect/authorize/http", $$"""{"Headers":{"X":[{{string.Join(',', Enumerable.Repeat("\"x\"", 1001))}}]} }""")),
        ["ca.csr_rate"] = new(
            429,
            "Rate limit reached, try again later",
            async agent =>
            {
                await agent.SendAsync("GET", Leaf + "first");
                return await agent.SendAsync("GET", Leaf + "second");
            },
            values => values.Merge(ConnectKeys.CaConfig, new Dictionary<string, JsonElement> { [CaConfigType.WireNameOf("csr_max_per_second")] = JsonSerializer.SerializeToElement(0.01) })),
        ["filter.depth"] = new(
            400,
            "Failed to create boolean expression evaluator: 1:102 (101): expression is nested deeper than 100 levels",
            agent => agent.SendAsync("GET", "/v1/connect/intentions?filter=" + new string('(', 101) + "SourceName==a" + new string(')', 101))),
        ["filter.pattern"] = new(
            400,
            "Failed to create boolean expression evaluator: Failed to compile regular expression: longer than 1000 characters",
            agent => agent.SendAsync("GET", $"/v1/connect/intentions?filter=SourceName+matches+`{new string('a', 1001)}`")),
        ["filter.patterns_unfolded"] = new(
            400,
            "Failed to create boolean expression evaluator: Failed to compile regular expression: too many or too large in one filter",
            agent => agent.SendAsync(
                "GET", "/v1/connect/intentions?filter=" + string.Join("+or+", Enumerable.Repeat($"SourceName+matches+`{new string('a', 240)}`", 5)))),
        ["http.body"] = new(
            413, "Request body too large, max size: 1048576 bytes.", agent => agent.PostAsync("/v1/agent/connect/authorize", new string(' ', 1024 * 1024 + 1))),
        ["http.body_depth"] = new(
            400,
            "Bad request: Request decode failed: exceeded max depth",
            agent => agent.PostAsync("/v1/agent/connect/authorize", "{\"X\":" + new string('[', 10_001))),
        ["http.body_document_depth"] = new(
            400,
            "Bad request: Request decoding failed: exceeded max depth",
            agent => agent.SendAsync("PUT", "/v1/config", $$"""{"Kind":"proxy-defaults","Name":"global","Config":{{Nested(61)}} }""")),
        ["http.body_rate"] = new(
            408,
            "Request body too slow, at least 1024 bytes per second are expected.",
            agent => Raw(agent, "PUT /v1/config HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{" + new string(' ', 100_000))),
        ["http.connections_per_client"] = new(
            429,
            "Your IP is issuing too many concurrent connections, please rate limit your calls\n",
            async agent =>
            {
                using var first = await RawHttp.ConnectAsync(agent.Address);
                await first.SendAsync("GET /v1/status/leader HTTP/1.1\r\nHost: localhost\r\n\r\n");
                await first.ReadAsync();
                return await Raw(agent, string.Empty);
            },
            values => values.Set(HttpKeys.ConnectionsPerClient, 1)),
        ["http.filter"] = new(
            400, "Bad request: filter is longer than 8192 bytes", agent => agent.SendAsync("GET", "/v1/agent/connect/ca/roots?filter=" + new string('x', 8193))),
        ["http.header_count"] = new(
            431, string.Empty, agent => Raw(agent, "GET / HTTP/1.1\r\nHost: localhost\r\n" + string.Concat(Enumerable.Repeat("X-A: 1\r\n", 1000)) + "\r\n")),
        ["http.headers"] = new(
            431, string.Empty, agent => Raw(agent, $"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: {new string('a', 1024 * 1024 + 4096)}\r\n\r\n")),
        ["http.list"] = new(
            400,
            "Bad request: more than 64 values of name",
            agent => agent.SendAsync("GET", "/v1/connect/intentions/match?by=destination" + string.Concat(Enumerable.Range(0, 65).Select(n => $"&name=s{n}")))),
        ["http.name"] = new(
            400,
            "Bad request: Target is longer than 4096 bytes",
            agent => agent.PostAsync(
                "/v1/agent/connect/authorize", $$"""{"Target":"{{new string('x', 4097)}}","ClientCertURI":"{{InProcessAgent.UriOf("web")}}"}""")),
        ["http.parameters"] = new(
            400,
            "Bad request: more than 256 query parameters",
            agent => agent.SendAsync("GET", "/v1/status/leader?" + string.Join('&', Enumerable.Range(0, 257).Select(n => $"p{n}=1")))),
        ["http.request_line"] = new(414, string.Empty, agent => Raw(agent, $"GET /{new string('a', 128 * 1024)} HTTP/1.1\r\nHost: localhost\r\n\r\n")),
        ["revocation.datacenter"] = new(
            400,
            "Bad request: Datacenter not a valid datacenter name",
            agent => agent.SendAsync("PUT", "/v1/connect/ca/revoke", $$"""{"SerialNumber":"0102","Datacenter":"{{new string('d', 65)}}"}""")),
        ["acl.rules_depth"] = new(
            500,
            "Failed to parse ACL rules: At 1:69: nested deeper than 64",
            agent => agent.SendAsync(
                "PUT", "/v1/acl/policy", $$"""{"Name":"p","Rules":"x = {{new string('[', 65)}}{{new string(']', 65)}}"}"""),
            Policy: "deny"),
        ["acl.token_life"] = new(
            500,
            "ExpirationTime cannot be more than 24h0m0s in the future (was 24h0m1s)",
            agent => agent.SendAsync("PUT", "/v1/acl/token", """{"ExpirationTTL":"86401s"}"""),
            Policy: "deny"),
        ["auth_method.keys"] = new(
            500,
            "Invalid Auth Method: 'JWTValidationPubKeys' must not hold more than 64 keys",
            agent => agent.SendAsync(
                "PUT",
                "/v1/acl/auth-method",
                $$"""{"Name":"ci","Type":"jwt","Config":{"JWTValidationPubKeys":[{{string.Join(',', Enumerable.Repeat("\"k\"", 65))}}]} }"""),
            Policy: "deny"),
        ["ca.leaf_life"] = new(
            500,
            "error configuring provider: leaf cert TTL must be less than 8760h0m0s",
            agent => agent.SendAsync(
                "PUT",
                "/v1/connect/ca/configuration",
                """{"Provider":"consul","Config":{"LeafCertTTL":"8761h","IntermediateCertTTL":"43800h","RootCertTTL":"87600h"} }""")),
        ["ca.rsa_key"] = new(
            500,
            "error generating CA root certificate: error generating RSA private key: unsupported length 8200",
            agent => agent.SendAsync(
                "PUT",
                "/v1/connect/ca/configuration",
                """{"Provider":"consul","Config":{"PrivateKeyType":"rsa","PrivateKeyBits":8200,"SkipValidate":true} }""")),
        ["config_entries.meta_key"] = new(
            400,
            $"1 error occurred:\n\t* Meta key \"{new string('k', 129)}\" exceeds maximum length 128\n\n",
            agent => agent.SendAsync("PUT", "/v1/config", $$"""{"Kind":"service-defaults","Name":"web","Meta":{"{{new string('k', 129)}}":"v"} }""")),
        ["config_entries.meta_keys"] = new(
            400,
            "1 error occurred:\n\t* Meta exceeds maximum element count 64\n\n",
            agent => agent.SendAsync(
                "PUT",
                "/v1/config",
                $$"""{"Kind":"service-defaults","Name":"web","Meta":{{{string.Join(',', Enumerable.Range(0, 65).Select(n => $"\"k{n}\":\"v\""))}}} }""")),
        ["revocation.stay"] = new(
            400,
            "Bad request: ValidBefore is more than 366 days from now",
            agent => agent.SendAsync("PUT", "/v1/connect/ca/revoke", """{"SerialNumber":"0102","ValidBefore":"2999-01-01T00:00:00Z"}""")),
        ["snapshot.bytes"] = new(
            413,
            "the snapshot is larger than 1073741824 bytes",
            agent => Raw(agent, "PUT /v1/snapshot HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1073741825\r\n\r\n")),
        ["spiffe.id"] = new(
            400,
            "Bad request: ClientCertURI is longer than 2048 bytes",
            agent => agent.PostAsync("/v1/agent/connect/authorize", $$"""{"Target":"db","ClientCertURI":"{{InProcessAgent.UriOf(new string('x', 2048))}}"}""")),
    };

    // Beyond reach of a request to an agent in this process, and shown by another test.
    private static readonly Dictionary<string, string> Elsewhere = new(StringComparer.Ordinal)
    {
        ["acl.binding"] = "AclBoundsTests.FA_1_Texts_and_lists_of_acl_objects_are_bounded",
        ["acl.tokens"] = "AclBoundsTests.There_are_only_so_many_acl_objects",
        ["acl.policies"] = "AclBoundsTests.There_are_only_so_many_acl_objects",
        ["acl.roles"] = "AclBoundsTests.There_are_only_so_many_acl_objects",
        ["acl.methods"] = "AclBoundsTests.There_are_only_so_many_acl_objects",
        ["acl.binding_rules"] = "AclBoundsTests.There_are_only_so_many_acl_objects",
        ["acl.description"] = "AclBoundsTests.FA_1_Texts_and_lists_of_acl_objects_are_bounded",
        ["acl.links"] = "AclBoundsTests.FA_1_Texts_and_lists_of_acl_objects_are_bounded",
        ["acl.lookups_waiting"] = "RemoteTokenFaultTests.FA_14_Beyond_the_queue_a_look_is_refused",
        ["acl.method"] = "AclBoundsTests.FA_1_Texts_and_lists_of_acl_objects_are_bounded",
        ["acl.name"] = "AclBoundsTests.FA_1_Texts_and_lists_of_acl_objects_are_bounded",
        ["acl.rules"] = "AclBoundsTests.FA_1_Texts_and_lists_of_acl_objects_are_bounded",
        ["auth_method.config_depth"] = "NamedRefusalTests.What_is_nested_too_deeply_names_its_bound",
        ["ca.csr"] = "NamedRefusalTests.A_request_that_is_too_large_names_its_bound",
        ["ca.csr_concurrent"] = "SigningLimitsTests.Given_two_places_When_three_come_Then_the_third_waits_for_a_place_or_half_a_second",
        ["cache.bytes"] = "CacheBoundsTests.FA_1_A_value_that_grows_is_weighed_again",
        ["cache.bytes_per_token"] = "CacheBoundsTests.FA_1_Bytes_are_bounded_per_token_and_in_all",
        ["cache.entries"] = "CacheBoundsTests.FA_2_A_new_entry_is_refused_only_when_all_are_waited_on",
        ["cache.entries_per_token"] = "CacheBoundsTests.FA_2_A_new_entry_is_refused_only_when_all_are_waited_on",
        ["cache.key"] = "CacheBoundsTests.FA_1_A_key_that_is_too_long_is_refused",
        ["config_entries.chain_path"] = "ChainRuleTests.A_chain_has_a_bound",
        ["config_entries.chain_size"] = "ChainRuleTests.A_chain_has_a_size",
        ["config_entries.conditions"] = "ConfigBoundsTests.A_list_is_bounded",
        ["config_entries.datacenters"] = "ConfigBoundsTests.A_list_is_bounded",
        ["config_entries.expose_paths"] = "ConfigBoundsTests.A_list_is_bounded",
        ["config_entries.failovers"] = "ConfigBoundsTests.Failovers_are_bounded",
        ["catalog.checks_of_node"] = "NamedRefusalTests.More_in_the_catalog_than_is_taken_names_the_bound",
        ["catalog.checks_of_service"] = "CatalogStoreTests.One_service_has_so_many_checks_and_no_more",
        ["catalog.nodes"] = "NamedRefusalTests.More_in_the_catalog_than_is_taken_names_the_bound",
        ["catalog.services"] = "NamedRefusalTests.More_in_the_catalog_than_is_taken_names_the_bound",
        ["catalog.services_of_node"] = "NamedRefusalTests.More_in_the_catalog_than_is_taken_names_the_bound",
        ["config_entries.hash_policies"] = "ConfigBoundsTests.A_list_is_bounded",
        ["config_entries.header_changes"] = "ConfigBoundsTests.Every_list_and_map_has_a_bound",
        ["config_entries.hosts"] = "ConfigBoundsTests.A_list_is_bounded",
        ["config_entries.jwt"] = "ConfigBoundsTests.Intentions_are_bounded",
        ["config_entries.listeners"] = "ConfigBoundsTests.A_list_is_bounded",
        ["config_entries.meta_value"] = "ConfigBoundsTests.What_the_reference_bounds_is_counted_too",
        ["config_entries.name"] = "ConfigEntryHttpTests.What_a_bound_refuses_is_answered_with_400_and_counted",
        ["config_entries.of_kind"] = "NamedRefusalTests.More_entries_of_a_kind_than_are_taken_name_the_bound",
        ["config_entries.overrides"] = "ConfigBoundsTests.A_list_is_bounded",
        ["config_entries.permissions"] = "ConfigBoundsTests.Intentions_are_bounded",
        ["config_entries.retry_codes"] = "ConfigBoundsTests.A_list_is_bounded",
        ["config_entries.routes"] = "ConfigBoundsTests.A_list_is_bounded",
        ["config_entries.services"] = "ConfigBoundsTests.A_list_is_bounded",
        ["config_entries.sources"] = "ConfigBoundsTests.Intentions_are_bounded",
        ["config_entries.splits"] = "ConfigBoundsTests.Splits_are_bounded",
        ["config_entries.subsets"] = "ConfigBoundsTests.A_list_is_bounded",
        ["config_entries.text"] = "ConfigBoundsTests.Names_and_texts_are_bounded",
        ["filter.expression"] = "NamedRefusalTests.A_filter_that_is_beyond_a_bound_names_it",
        ["filter.pattern_unfolded"] = "NamedRefusalTests.A_filter_that_is_beyond_a_bound_names_it",
        ["filter.repeats"] = "NamedRefusalTests.A_filter_that_is_beyond_a_bound_names_it",
        ["http.body_time"] = "PacedBodyTests.FA_10_A_body_that_is_not_long_is_whole_within_a_minute_however_steadily_it_comes",
        ["http.headers_time"] = "RefusedRequestsTests.FA_10_What_the_web_server_refuses_is_counted_under_the_name_of_the_bound",
        ["http.trailers"] = "ListenersTests.Over_HTTP_2_trailers_end_the_connection",
        ["http.large_requests"] = "LargeRequestsTests.FA_1_Large_requests_have_few_places",
        ["http.live_streams"] = "LiveStreamsTests.Beyond_the_bound_a_stream_is_refused_until_another_has_ended",
        ["intentions.description"] = "ConfigBoundsTests.What_the_reference_bounds_is_counted_too",
        ["login.jwt"] = "NamedRefusalTests.A_bearer_that_is_too_long_names_its_bound",
        ["login.jwt_depth"] = "NamedRefusalTests.What_is_nested_too_deeply_names_its_bound",
        ["login.meta"] = "LoginServiceTests.The_description_tells_the_meta",
        ["prepared_queries.entries"] = "QueryExecutionTests.There_are_only_so_many_queries",
        ["prepared_queries.rendered"] = "TemplateRenderingTests.What_comes_out_is_bounded",
        ["proxy.access_log"] = "AccessLogTests.Lines_that_find_no_place_are_dropped_and_counted",
        ["proxy.connections"] = "ProxyPairTests.Connections_beyond_the_bounds_are_closed",
        ["proxy.connections_per_peer"] = "ProxyPairTests.Connections_beyond_the_bounds_are_closed",
        ["proxy.handshakes"] = "ProxyPairTests.Silent_connections_make_way_for_who_speaks",
        ["revocation.entries"] = "RevocationStoreTests.The_list_is_bounded",
        ["servers.forwarded"] = "RemoteServersHttpTests.Beyond_the_bound_a_forwarded_call_is_refused_and_counted",
        ["servers.target"] = "ConsulServerClientTests.Names_that_make_no_target_name_the_bound",
        ["services.checks"] = "ServiceBodiesTests.What_is_beyond_a_bound_names_it",
        ["services.config_depth"] = "ServiceBodiesTests.What_is_nested_too_deeply_names_its_bound",
        ["services.entries"] = "ServiceBodiesTests.What_is_beyond_a_bound_names_it",
        ["services.id"] = "ServiceRulesTests.An_ID_leaves_room_for_what_is_made_out_of_it",
        ["services.meta_key"] = "ServiceRulesTests.Meta_has_bounds",
        ["services.meta_keys"] = "ServiceRulesTests.Meta_has_bounds",
        ["services.meta_value"] = "ServiceRulesTests.Meta_has_bounds",
        ["services.name"] = "ServiceBodiesTests.A_text_that_is_too_long_names_its_bound",
        ["services.text"] = "ServiceBodiesTests.A_text_that_is_too_long_names_its_bound",
        ["snapshot.counter"] = "SnapshotEndpointsTests.FA_7_A_counter_at_its_ceiling_goes_on",
        ["snapshot.description"] = "SnapshotReaderTests.FA_6_A_description_that_is_too_long_names_its_bound",
        ["snapshot.ratio"] = "SnapshotReaderTests.FA_6_What_unpacks_to_far_more_than_its_length_is_refused_by_the_ratio",
        ["snapshot.restores"] = "SnapshotEndpointsTests.FA_6_One_restore_at_a_time_is_taken",
        ["snapshot.rows"] = "SnapshotReaderTests.Rows_beyond_the_bound_are_neither_saved_nor_restored",
        ["state.attempts"] = "StateStoreTests.A_write_is_refused_when_another_writer_is_always_faster",
        ["state.queue"] = "StateStoreTests.Writes_beyond_the_queue_are_refused",
        ["state.row"] = "SnapshotReaderTests.FA_6_A_row_longer_than_any_row_may_be_is_refused",
    };

    public static TheoryData<string> Names => [.. Known.Keys];

    [Fact]
    public void Every_bound_that_refuses_is_shown_to_refuse()
    {
        DeclaredLimits.All.Where(limit => limit.Mark.Refuses).Select(limit => limit.Mark.Name).Should().BeEquivalentTo(Known.Keys.Concat(Elsewhere.Keys));
        foreach (var (limit, test) in Elsewhere)
        {
            var (type, method) = (test.Split('.')[0], test.Split('.')[1]);
            typeof(LimitRefusalTests).Assembly.GetTypes().Where(candidate => candidate.Name == type).Should().ContainSingle("{0} is shown there", limit)
                .Which.GetMethod(method).Should().NotBeNull("{0} is shown there", limit);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_request_beyond_it_is_refused_and_counted(string name)
    {
        var known = Known[name];
        await using var agent = await InProcessAgent.StartAsync(known.Policy, known.Configure);
        RefusalCounts.Of(agent.Services, name).Should().Be(0);
        var (status, text) = await known.AskAsync(agent);
        (status, text).Should().Be((known.Status, known.Text));
        RefusalCounts.Of(agent.Services, name).Should().Be(1);
    }

    private static async Task<(int Status, string Text, IReadOnlyDictionary<string, string> Headers)> Raw(InProcessAgent agent, string request)
    {
        var (status, text) = await RawHttp.ExchangeAsync(agent.Address, request);
        return (status, text, new Dictionary<string, string>());
    }

    private static string Nested(int levels) => string.Concat(Enumerable.Repeat("{\"a\":", levels)) + "1" + new string('}', levels);

    private sealed record Refusal(
        int Status,
        string Text,
        Func<InProcessAgent, Task<(int Status, string Text, IReadOnlyDictionary<string, string> Headers)>> Ask,
        Action<ConfigValues>? Configure = null,
        string? Policy = null)
    {
        public async Task<(int Status, string Text)> AskAsync(InProcessAgent agent)
        {
            var (status, text, _) = await Ask(agent);
            return (status, text);
        }
    }
}
