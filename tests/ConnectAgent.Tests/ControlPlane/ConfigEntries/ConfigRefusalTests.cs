using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Tests.ControlPlane.Intentions;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.ConfigEntries;

/// <summary>FA-22: what the reference refuses, in its words; 400 by services CFG-4.</summary>
public sealed class ConfigRefusalTests
{
    private const string LongHost = "a23456789012345678901234567890123456789012345678901234567890abcd";

    [Theory]
    [InlineData("""[{"Port":80,"Protocol":"ftp","Services":{"Name":"a"}}]""", "protocol must be 'tcp', 'http', 'http2', or 'grpc'. 'ftp' is an unsupported protocol")]
    [InlineData("""[{"Port":80,"Services":{"Name":"a"}},{"Port":80,"Services":{"Name":"b"}}]""", "port 80 declared on two listeners")]
    [InlineData("""[{"Port":80}]""", "No service declared for listener with port 80")]
    [InlineData(
        """[{"Port":80,"Services":[{"Name":"a"},{"Name":"b"}]}]""",
        "Multiple services per listener are only supported for protocol 'http' (listener on port 80)")]
    [InlineData("""[{"Port":80,"Services":{"Name":"*"}}]""", "Wildcard service name is only valid for protocol = 'http' (listener on port 80)")]
    [InlineData(
        """[{"Port":80,"Services":{"Name":"a","Hosts":"h"}}]""",
        "Associating hosts to a service is not supported for the tcp protocol (listener on port 80)")]
    [InlineData("""[{"Port":80,"Services":[{}]}]""", "Service name cannot be blank (listener on port 80)")]
    [InlineData(
        """[{"Port":80,"Protocol":"HTTP","Services":{"Name":"*","Hosts":"h"}}]""",
        "Associating hosts to a wildcard service is not supported (listener on port 80)")]
    [InlineData(
        """[{"Port":80,"Protocol":"http","Services":[{"Name":"a"},{"Name":"a"}]}]""", "Service a cannot be added multiple times (listener on port 80)")]
    [InlineData(
        """[{"Port":80,"Protocol":"http","Services":[{"Name":"a","Hosts":"h"},{"Name":"b","Hosts":"h"}]}]""",
        "Hosts must be unique within a specific listener (listener on port 80)")]
    [InlineData("""[{"Port":80,"Protocol":"grpc","Services":{"Name":"a","Hosts":"a..b"}}]""", "Host \"a..b\" must be a valid DNS hostname")]
    [InlineData(
        """[{"Port":80,"Protocol":"grpc","Services":{"Name":"a","Hosts":"LONG"}}]""", "Host \"LONG\" must be a valid DNS hostname")]
    [InlineData(
        """[{"Port":80,"Protocol":"http2","Services":{"Name":"a","Hosts":"*.a.*"}}]""",
        "Host \"*.a.*\" is not valid, a wildcard specifier is only allowed as the leftmost label")]
    public void FA_22_An_ingress_gateway_that_no_proxy_could_serve_is_refused(string listeners, string expected) => Refusal(
        $$"""{"Kind":"ingress-gateway","Name":"gw","Listeners":{{listeners.Replace("LONG", LongHost, StringComparison.Ordinal)}} }""")
        .Should().Be(expected.Replace("LONG", LongHost, StringComparison.Ordinal));

    [Fact]
    public void FA_22_A_host_for_all_names_goes_with_TLS_only_if_it_is_none()
    {
        const string Gateway = """{"Kind":"ingress-gateway","Name":"gw","TLS":{"Enabled":§},"Listeners":[{"Port":80,"Protocol":"http","Services":{"Name":"a","Hosts":"*"}}]}""";
        Refusal(Gateway.Replace("§", "true", StringComparison.Ordinal)).Should().Be(
            "Host '*' is not allowed when TLS is enabled, all hosts must be valid DNS records to add as a DNSSAN");
        Make(Gateway.Replace("§", "false", StringComparison.Ordinal)).Should().NotThrow();
    }

    [Theory]
    [InlineData("""[{"Name":"a"},{"Name":"b"},{"Name":"a"}]""", "Service \"a\" was specified more than once within a namespace")]
    [InlineData("""[{"CAFile":"/ca"}]""", "Service name cannot be blank.")]
    [InlineData(
        """[{"Name":"a","CertFile":"/c","KeyFile":"/k"}]""", "Service \"a\" must have a CertFile, CAFile, and KeyFile specified for TLS origination")]
    [InlineData(
        """[{"Name":"a","CAFile":"/ca","KeyFile":"/k"}]""", "Service \"a\" must have a CertFile, CAFile, and KeyFile specified for TLS origination")]
    public void FA_22_A_terminating_gateway_names_each_service_once_and_whole(string services, string expected) =>
        Refusal($$"""{"Kind":"terminating-gateway","Name":"gw","Services":{{services}} }""").Should().Be(expected);

    [Theory]
    [InlineData("""{"Policy":"random","HashPolicies":{"SourceIP":true}}""", "Bad LoadBalancer configuration: HashPolicies specified for non-hash-based Policy: \"random\"")]
    [InlineData("""{"HashPolicies":{"SourceIP":true}}""", "Bad LoadBalancer configuration: HashPolicies specified for non-hash-based Policy: \"\"")]
    [InlineData(
        """{"Policy":"maglev","HashPolicies":[{"SourceIP":true},{"Field":"header"}]}""",
        "Bad LoadBalancer HashPolicy[1]: Field \"header\" was specified without a FieldValue")]
    [InlineData("""{"Policy":"maglev","HashPolicies":{"Field":"body","FieldValue":"x"}}""", "Bad LoadBalancer HashPolicy[0]: \"body\" is not a supported field")]
    [InlineData("""{"Policy":"maglev","HashPolicies":{"FieldValue":"x"}}""", "Bad LoadBalancer HashPolicy[0]: FieldValue requires a Field to apply to")]
    [InlineData(
        """{"Policy":"maglev","HashPolicies":{"SourceIP":true,"Field":"header","FieldValue":"x"}}""",
        "Bad LoadBalancer HashPolicy[0]: A single hash policy cannot hash both a source address and a \"header\"")]
    [InlineData(
        """{"Policy":"maglev","HashPolicies":{"SourceIP":true,"FieldValue":"x"}}""",
        "Bad LoadBalancer HashPolicy[0]: A FieldValue cannot be specified when hashing SourceIP")]
    [InlineData(
        """{"Policy":"ring_hash","HashPolicies":{"Field":"header","FieldValue":"x","CookieConfig":{}}}""",
        "Bad LoadBalancer HashPolicy[0]: cookie_config provided for \"header\"")]
    [InlineData(
        """{"Policy":"ring_hash","HashPolicies":{"Field":"cookie","FieldValue":"x","CookieConfig":{"Session":true,"TTL":"1s"}}}""",
        "Bad LoadBalancer HashPolicy[0]: a session cookie cannot have an associated TTL")]
    [InlineData(
        """{"Policy":"maglev","RingHashConfig":{}}""", "Bad LoadBalancer configuration. RingHashConfig specified for incompatible load balancing policy \"maglev\"")]
    [InlineData(
        """{"LeastRequestConfig":{"ChoiceCount":1}}""",
        "Bad LoadBalancer configuration. LeastRequestConfig specified for incompatible load balancing policy \"\"")]
    public void FA_22_A_balancer_whose_parts_do_not_fit_is_refused(string balancer, string expected) =>
        Refusal($$"""{"Kind":"service-resolver","Name":"web","LoadBalancer":{{balancer}} }""").Should().Be(expected);

    [Theory]
    [InlineData("""{"Overrides":[{"Protocol":"http"}]}""", "error in upstream override for : Name is required")]
    [InlineData("""{"Overrides":[{"Name":"*"}]}""", "error in upstream override for *: Wildcard name is not supported")]
    [InlineData("""{"Defaults":{"Name":"db"}}""", "error in upstream defaults: Name must be empty")]
    [InlineData(
        """{"Overrides":{"Name":"db","PassiveHealthCheck":{"Interval":"-1s"}}}""", "error in upstream override for db: passive health check interval cannot be negative")]
    public void FA_22_An_override_is_for_one_upstream(string upstreams, string expected) =>
        Refusal($$"""{"Kind":"service-defaults","Name":"web","UpstreamConfig":{{upstreams}} }""").Should().Be($"1 error occurred:\n\t* {expected}\n\n");

    [Fact] // all at once, as the reference does
    public void FA_22_All_upstreams_are_told() =>
        Refusal("""{"Kind":"service-defaults","Name":"web","UpstreamConfig":{"Overrides":[{},{}],"Defaults":{"Name":"x"}}}""").Should().Be(
            "3 errors occurred:\n\t* error in upstream override for : Name is required\n\t* error in upstream override for : Name is required\n"
                + "\t* error in upstream defaults: Name must be empty\n\n");

    [Theory] // the reference's bounds of meta, which it has for every kind (CE-10 no. 4)
    [InlineData("""{"Kind":"service-defaults","Name":"web","Meta":§}""")]
    [InlineData("""{"Kind":"proxy-defaults","Meta":§}""")]
    [InlineData("""{"Kind":"mesh","Meta":§}""")]
    [InlineData("""{"Kind":"service-resolver","Name":"web","Meta":§}""")]
    [InlineData("""{"Kind":"service-router","Name":"web","Meta":§}""")]
    [InlineData("""{"Kind":"service-splitter","Name":"web","Splits":{"Weight":100},"Meta":§}""")]
    [InlineData("""{"Kind":"ingress-gateway","Name":"web","Meta":§}""")]
    [InlineData("""{"Kind":"terminating-gateway","Name":"web","Meta":§}""")]
    public void FA_22_Meta_has_the_bounds_of_the_reference(string entry)
    {
        const string Value = "Meta value for key \"k\" exceeds maximum length 512";
        Refusal(entry.Replace("§", $$"""{"k":"{{new string('v', 513)}}"}""", StringComparison.Ordinal)).Should().Be($"1 error occurred:\n\t* {Value}\n\n");
        var key = new string('k', 129);
        Refusal(entry.Replace("§", $$"""{"{{key}}":"v"}""", StringComparison.Ordinal)).Should().Be(
            $"1 error occurred:\n\t* Meta key \"{key}\" exceeds maximum length 128\n\n");
        var many = "{" + string.Join(',', Enumerable.Range(0, 65).Select(i => $"\"{i}\":\"\"")) + "}";
        Refusal(entry.Replace("§", many, StringComparison.Ordinal)).Should().Be("1 error occurred:\n\t* Meta exceeds maximum element count 64\n\n");
        var most = "{" + string.Join(',', Enumerable.Range(0, 64).Select(i => $"\"{i.ToString().PadLeft(128)}\":\"{new string('v', 512)}\"")) + "}";
        Make(entry.Replace("§", most, StringComparison.Ordinal)).Should().NotThrow();
    }

    [Theory] // the reference's entry has no name at all; the one that it is looked up by does no harm
    [InlineData("\"other\"", false)]
    [InlineData("\"Mesh\"", false)]
    [InlineData("5", false)]
    [InlineData("\"mesh\"", true)]
    [InlineData("\"\"", true)]
    [InlineData("null", true)]
    public async Task FA_22_A_mesh_entry_of_another_name_does_not_overwrite_the_mesh_entry(string name, bool isTaken)
    {
        using var store = new IntentionFixture();
        await store.PutAsync("""{"Kind":"mesh","TransparentProxy":{"MeshDestinationsOnly":true}}""");
        var before = await store.ShowAsync("mesh", "mesh");
        var put = () => store.PutAsync($$"""{"Kind":"mesh","Name":{{name}} }""");
        if (isTaken)
        {
            (await put()).Should().BeTrue();
            (await store.ShowAsync("mesh", "mesh")).Should().NotBe(before);
            return;
        }

        (await put.Should().ThrowAsync<MapstructureException>())
            .WithMessage("1 error occurred:\n\t* invalid config key \"Name\"\n\n");
        (await store.ShowAsync("mesh", "mesh")).Should().Be(before);
    }

    [Fact] // a client of the reference could read nothing of the kind any more
    public void A_number_that_its_field_cannot_hold_is_refused()
    {
        foreach (var (field, type) in new[] { ("NumRetries", "uint32"), ("RetryOnStatusCodes", "uint32") })
        {
            foreach (var number in new[] { "-1", "4294967296", "1e300" })
            {
                var decode = () => IntentionFixture.Decode(
                    $$"""{"Kind":"service-router","Name":"web","Routes":[{"Destination":{"{{field}}":{{number}} } }] }""");
                var at = $"Routes[0].Destination.{field}" + (field == "NumRetries" ? string.Empty : "[0]");
                decode.Should().Throw<MapstructureException>()
                    .WithMessage($"1 error(s) decoding:\n\n* cannot parse '{at}', {number} overflows {type}");
            }
        }
    }

    private static string Refusal(string json)
    {
        var error = Make(json).Should().Throw<ServerException>().Which;
        error.Kind.Should().Be(FailureKind.Invalid, "services CFG-4");
        return error.Message;
    }

    private static Func<IConfigEntry> Make(string json)
    {
        var (kind, document) = IntentionFixture.Decode(json);
        return () => kind.Make(document);
    }
}
