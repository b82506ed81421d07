using System.Buffers.Text;
using System.Text;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.ControlPlane.Acl.Rules;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Limits;

/// <summary>What a bound refuses says which bound it was, so that it can be counted (docs/limits.md).</summary>
public sealed class NamedRefusalTests
{
    public static TheoryData<string, string> Filters => new()
    {
        { "filter.expression", "SourceName == " + new string('a', 64 * 1024) },
        { "filter.depth", string.Concat(Enumerable.Repeat("not ", 101)) + "SourceName == a" },
        { "filter.pattern", $"SourceName matches `{new string('a', 1001)}`" },
        { "filter.pattern_unfolded", $"SourceName matches `{new string('a', 251)}`" },
        { "filter.repeats", "SourceName matches `a{1001}`" },
        { "filter.patterns_unfolded", string.Join(" or ", Enumerable.Repeat($"SourceName matches `{new string('a', 240)}`", 5)) },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public void A_filter_that_is_beyond_a_bound_names_it(string limit, string filter)
    {
        var parse = () => FilterExpression<ConnectAgent.Protocol.Intentions.Intention>.Parse(filter, IntentionFilter.Schema);
        parse.Should().Throw<FilterException>().Which.Limit.Should().Be(limit);
    }

    [Fact]
    public void A_request_that_is_too_large_names_its_bound() =>
        LimitOf(() => CsrVerification.Verify(new ServiceId("x.consul", "dc1", "web"), new byte[16 * 1024 + 1], "dc1")).Should().Be("ca.csr");

    [Fact]
    public void A_bearer_that_is_too_long_names_its_bound() => LimitOf(() => CompactJws.Parse(new string('a', CompactJws.Longest + 1))).Should().Be("login.jwt");

    [Fact] // each is told from a text that is broken
    public void What_is_nested_too_deeply_names_its_bound()
    {
        LimitOf(() => AuthMethodStore.SettingsOf(Method(Nested(128)))).Should().Be("auth_method.config_depth");
        LimitOf(() => AuthMethodStore.SettingsOf(Method("{\"a\":"))).Should().BeNull();
        LimitOf(() => CompactJws.Parse(Bearer(Nested(32)))).Should().Be("login.jwt_depth");
        LimitOf(() => CompactJws.Parse(Bearer("{\"a\":"))).Should().BeNull();
        LimitOf(() => PolicyRulesReader.Read(Nested(64))).Should().Be("acl.rules_depth");
        LimitOf(() => PolicyRulesReader.Read("{\"a\":")).Should().BeNull();
    }

    [Fact]
    public void More_entries_of_a_kind_than_are_taken_name_the_bound() =>
        LimitOf(() => ConfigBounds.Entries.Require(1_000_001, "service-defaults")).Should().Be("config_entries.of_kind");

    [Fact]
    public void More_in_the_catalog_than_is_taken_names_the_bound()
    {
        LimitOf(() => CatalogBounds.Nodes.Require(100_001, "it")).Should().Be("catalog.nodes");
        LimitOf(() => CatalogBounds.AllServices.Require(1_000_001, "it")).Should().Be("catalog.services");
        LimitOf(() => CatalogBounds.Services.Require(100_001, "it")).Should().Be("catalog.services_of_node");
        LimitOf(() => CatalogBounds.Checks.Require(200_001, "it")).Should().Be("catalog.checks_of_node");
    }

    // An object with so many more levels in it.
    private static string Nested(int levels) => string.Concat(Enumerable.Repeat("{\"a\":", levels)) + "{}" + new string('}', levels);

    private static string Bearer(string payload) => $"{Part("{\"alg\":\"RS256\"}")}.{Part(payload)}.AAAA";

    private static string Part(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static AuthMethod Method(string config) => new("ci", "jwt") { Config = config };

    private static string? LimitOf(Action refused) => refused.Should().Throw<ServerException>().Which.Limit;
}
