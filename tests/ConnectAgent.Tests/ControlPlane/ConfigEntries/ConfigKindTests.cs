using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Tests.ControlPlane.Intentions;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.ConfigEntries;

/// <summary>services CFG-8 to CFG-13: what each kind refuses, and how it shows what it takes.</summary>
public sealed class ConfigKindTests
{
    private const string Resolver = "\"Kind\":\"service-resolver\",\"Name\":\"web\"";
    private const string Splitter = "\"Kind\":\"service-splitter\",\"Name\":\"web\"";
    private const string Router = "\"Kind\":\"service-router\",\"Name\":\"web\"";

    [Theory]
    [InlineData("""{"Kind":"service-defaults"}""", "Name is required")]
    [InlineData("""{"Kind":"ingress-gateway"}""", "Name is required")]
    [InlineData("""{"Kind":"terminating-gateway"}""", "Name is required")]
    [InlineData("""{"Kind":"service-defaults","Name":"*"}""", "service-defaults name must be the name of a service, and not a wildcard")]
    [InlineData("{" + Resolver + ",\"Subsets\":{\"\":{}}}", "Subset defined with empty name")]
    [InlineData(
        "{" + Resolver + ",\"Subsets\":{\"V1\":{}}}",
        "Subset \"V1\" is invalid: must be 63 characters or fewer, begin or end with lower case alphanumeric characters, "
            + "and contain lower case alphanumeric characters or '-' in between")]
    [InlineData("{" + Resolver + ",\"DefaultSubset\":\"x\"}", "DefaultSubset \"x\" is not a valid subset")]
    [InlineData("{" + Resolver + ",\"Redirect\":{},\"Failover\":{\"*\":{}}}", "Redirect and Failover cannot both be set")]
    [InlineData("{" + Resolver + ",\"Redirect\":{}}", "Redirect is empty")]
    [InlineData("{" + Resolver + ",\"Redirect\":{\"ServiceSubset\":\"s\"}}", "Redirect.ServiceSubset defined without Redirect.Service")]
    [InlineData(
        "{" + Resolver + ",\"Redirect\":{\"ServiceSubset\":\"s\",\"Service\":\"web\"}}", "Redirect.ServiceSubset \"s\" is not a valid subset of \"web\"")]
    [InlineData("{" + Resolver + ",\"Failover\":{\"x\":{}}}", "Bad Failover[\"x\"]: not a valid subset")]
    [InlineData(
        "{" + Resolver + ",\"Failover\":{\"*\":{}}}", "Bad Failover[\"*\"] one of Service, ServiceSubset, Namespace, or Datacenters is required")]
    [InlineData(
        "{" + Resolver + ",\"Failover\":{\"*\":{\"ServiceSubset\":\"s\"}}}", "Bad Failover[\"*\"].ServiceSubset \"s\" is not a valid subset of \"web\"")]
    [InlineData("{" + Resolver + ",\"Failover\":{\"*\":{\"Datacenters\":[\"\"]}}}", "Bad Failover[\"*\"].Datacenters: found empty datacenter")]
    [InlineData("{" + Resolver + ",\"ConnectTimeout\":\"-1s\"}", "Bad ConnectTimeout '-1s', must be >= 0")]
    [InlineData("{" + Resolver + ",\"LoadBalancer\":{\"Policy\":\"x\"}}", "Bad LoadBalancer policy: \"x\" is not supported")]
    [InlineData("{" + Splitter + "}", "no splits configured")]
    [InlineData("{" + Splitter + ",\"Splits\":[{\"Weight\":90}]}", "the sum of all split weights must be 100, not 90.000000")]
    [InlineData(
        "{" + Splitter + ",\"Splits\":[{\"Weight\":50,\"Service\":\"x\",\"ServiceSubset\":\"y\"},{\"Weight\":50,\"Service\":\"x\",\"ServiceSubset\":\"y\"}]}",
        "split destination occurs more than once: service=\"x\", subset=\"y\", namespace=\"default\"")]
    [InlineData("{" + Router + ",\"Routes\":[{},{\"Match\":{\"HTTP\":{\"PathExact\":\"x\"}}}]}", "Route[1] PathExact doesn't start with '/': \"x\"")]
    [InlineData("{" + Router + ",\"Routes\":{\"Match\":{\"HTTP\":{\"PathPrefix\":\"x\"}}}}", "Route[0] PathPrefix doesn't start with '/': \"x\"")]
    [InlineData(
        "{" + Router + ",\"Routes\":{\"Match\":{\"HTTP\":{\"PathPrefix\":\"/\",\"PathRegex\":\"x\"}}}}",
        "Route[0] should only contain at most one of PathExact, PathPrefix, or PathRegex")]
    [InlineData("{" + Router + ",\"Routes\":{\"Match\":{\"HTTP\":{\"Header\":{\"Exact\":\"x\"}}}}}", "Route[0] Header[0] missing required Name field")]
    [InlineData(
        "{" + Router + ",\"Routes\":{\"Match\":{\"HTTP\":{\"Header\":{\"Name\":\"x\",\"Exact\":\"x\",\"Suffix\":\"y\"}}}}}",
        "Route[0] Header[0] should only contain one of Present, Exact, Prefix, Suffix, or Regex")]
    [InlineData("{" + Router + ",\"Routes\":{\"Match\":{\"HTTP\":{\"QueryParam\":{\"Exact\":\"x\"}}}}}", "Route[0] QueryParam[0] missing required Name field")]
    [InlineData(
        "{" + Router + ",\"Routes\":{\"Match\":{\"HTTP\":{\"QueryParam\":{\"Name\":\"x\"}}}}}",
        "Route[0] QueryParam[0] should only contain one of Present, Exact, or Regex")]
    [InlineData("{" + Router + ",\"Routes\":{\"Match\":{\"HTTP\":{\"Methods\":[\"fetch\"]}}}}", "Route[0] Methods contains an invalid method \"FETCH\"")]
    [InlineData("{" + Router + ",\"Routes\":{\"Match\":{\"HTTP\":{\"Methods\":[\"GET\",\"get\"]}}}}", "Route[0] Methods contains \"GET\" more than once")]
    [InlineData(
        "{" + Router + ",\"Routes\":{\"Destination\":{\"PrefixRewrite\":\"/\"}}}",
        "Route[0] cannot make use of PrefixRewrite without configuring either PathExact or PathPrefix")]
    public void A_bad_entry_is_refused_with_400(string json, string expected)
    {
        var (kind, document) = IntentionFixture.Decode(json);
        var make = () => kind.Make(document);
        var error = make.Should().Throw<ServerException>().Which;
        (error.Message, error.Kind).Should().Be((expected, FailureKind.Invalid), "services CFG-4");
    }

    [Theory] // clients GOREQ-30: what was left out stays left out
    [InlineData(
        "service-defaults", "web", """{"Kind":"service-defaults","Name":"web","Protocol":"HTTP"}""",
        """{"Kind":"service-defaults","Name":"web","Protocol":"http","TransparentProxy":{},"MeshGateway":{},"Expose":{},"CreateIndex":2,"ModifyIndex":2}""")]
    [InlineData(
        "proxy-defaults", "global", """{"Kind":"proxy-defaults","Name":"x"}""",
        """{"Kind":"proxy-defaults","Name":"global","Config":null,"TransparentProxy":{},"MeshGateway":{},"Expose":{},"CreateIndex":2,"ModifyIndex":2}""")]
    [InlineData(
        "mesh", "mesh", """{"Kind":"mesh","TransparentProxy":{"mesh_destinations_only":true},"Meta":{"a":"<"}}""",
        """{"Kind":"mesh","TransparentProxy":{"MeshDestinationsOnly":true},"Meta":{"a":"\u003C"},"CreateIndex":2,"ModifyIndex":2}""")]
    [InlineData(
        "service-resolver", "web", "{" + Resolver + ",\"ConnectTimeout\":\"15s\",\"Redirect\":{\"Service\":\"x\"},\"LoadBalancer\":{\"Policy\":\"maglev\","
            + "\"HashPolicies\":[{\"Field\":\"cookie\",\"FieldValue\":\"c\",\"CookieConfig\":{\"TTL\":\"5s\"}},{\"SourceIP\":true}]}}",
        "{\"ConnectTimeout\":\"15s\"," + Resolver + ",\"Redirect\":{\"Service\":\"x\"},\"LoadBalancer\":{\"Policy\":\"maglev\","
            + "\"HashPolicies\":[{\"Field\":\"cookie\",\"FieldValue\":\"c\",\"CookieConfig\":{\"TTL\":5000000000}},{\"SourceIP\":true}]},\"CreateIndex\":2,\"ModifyIndex\":2}")]
    [InlineData(
        "ingress-gateway", "gw", """{"Kind":"ingress-gateway","Name":"gw","Listeners":[{"Port":8080,"Services":[{"Name":"x"}]}]}""",
        """
        {"Kind":"ingress-gateway","Name":"gw","TLS":{"Enabled":false},"Listeners":[{"Port":8080,"Protocol":"tcp","Services":[{"Name":"x"}]}],"CreateIndex":2,"ModifyIndex":2}
        """)]
    [InlineData(
        "terminating-gateway", "gw", """{"Kind":"terminating-gateway","Name":"gw","Services":[{"Name":"x","CAFile":"/ca"}]}""",
        """{"Kind":"terminating-gateway","Name":"gw","Services":[{"Name":"x","CAFile":"/ca"}],"CreateIndex":2,"ModifyIndex":2}""")]
    public async Task A_good_entry_is_shown_in_its_one_form(string kind, string name, string json, string expected)
    {
        using var store = new IntentionFixture();
        await store.PutAsync(json);
        (await store.ShowAsync(kind, name)).Should().Be(expected);
        (await store.PutAsync(json, cas: 99)).Should().BeTrue("what is stored already is no write, whatever the compare (CE-21, CFG-7)");
        store.State.Current.IndexOf(ConfigTables.Group).Should().Be(2);
    }

    [Fact] // services CFG-13: methods in upper case
    public async Task Router_methods_are_shown_in_upper_case()
    {
        using var store = new IntentionFixture();
        await store.PutAsync("""{"Kind":"service-defaults","Name":"web","Protocol":"http"}""");
        await store.PutAsync("{" + Router + ",\"Routes\":[{\"Match\":{\"HTTP\":{\"Methods\":[\"get\"]}}}]}");
        (await store.ShowAsync("service-router", "WEB")).Should().Contain("\"Methods\":[\"GET\"]");
    }

    [Fact] // services CFG-11
    public async Task A_subset_filter_that_is_none_is_taken_with_a_warning()
    {
        using var store = new IntentionFixture();
        await store.PutAsync("{" + Resolver + ",\"Subsets\":{\"v1\":{\"Filter\":\"((\"},\"v2\":{\"Filter\":\"Service.Meta.v == 2\"}}}");
        store.Logged.Should().ContainSingle().Which.Should().Contain("subset \"v1\"");
    }
}
