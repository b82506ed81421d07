using ConnectAgent.Configuration;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Configuration;

/// <summary>Unknown keys and wrong types, however deep, stop the start with the reference's texts (config-and-cli LOAD-3 to LOAD-5).</summary>
public sealed class FileDecodingTests
{
    [Theory]
    [InlineData("""{"service":{"":{"a":1}}}""", "service.")]
    [InlineData("""{"service":{"name":"a","bogus":1}}""", "service.bogus")]
    [InlineData("""{"services":[{"name":"a"},{"name":"b","connect":{"sidecar_service":{"bogus":1}}}]}""", "services[1].connect.sidecar_service.bogus")]
    [InlineData("""{"dns_config":{"bogus":1}}""", "dns_config.bogus")]
    [InlineData("""{"autopilot":{"bogus":1}}""", "autopilot.bogus")]
    [InlineData("""{"ui_config":{"metrics_proxy":{"bogus":1}}}""", "ui_config.metrics_proxy.bogus")]
    [InlineData("""{"auto_config":{"authorization":{"static":{"bogus":1}}}}""", "auto_config.authorization.static.bogus")]
    [InlineData("""{"tls":{"https":{"bogus":1}}}""", "tls.https.bogus")]
    [InlineData("""{"config_entries":{"bogus":1}}""", "config_entries.bogus")]
    [InlineData("""{"acl":{"tokens":{"nope":"x"}}}""", "acl.tokens.nope")]
    [InlineData("""{"segments":[{"name":"a","bogus":1}]}""", "segments[0].bogus")]
    public void FA_30_An_unknown_key_is_named_with_its_path(string json, string path) =>
        json.Invoking(text => ConfigTexts.Merge(text)).Should().Throw<ConfigurationException>()
            .WithMessage($"failed to parse 0.json: 1 error occurred:\n\t* invalid config key {path}\n\n");

    [Theory] // recordings/config-cases.json: json-string-for-list, json-object-for-list, json-nested-type, json-service, json-services-map
    [InlineData("""{"retry_join":"10.0.0.1"}""", "'retry_join': source data must be an array or slice, got string")]
    [InlineData("""{"retry_join":{"a":1}}""", "'retry_join': source data must be an array or slice, got map")]
    [InlineData("""{"retry_join":[1]}""", "'retry_join[0]' expected type 'string', got unconvertible type 'float64', value: '1'")]
    [InlineData("""{"node_meta":{"a":1}}""", "'node_meta[a]' expected type 'string', got unconvertible type 'float64', value: '1'")]
    [InlineData("""{"node_meta":"a"}""", "'node_meta' expected a map, got 'string'")]
    [InlineData("""{"ports":[{"http":1},{"https":2}]}""", "'ports' expected a map, got 'slice'")]
    [InlineData("""{"service":{"name":"a","port":"80"}}""", "'service.port' expected type 'int', got unconvertible type 'string', value: '80'")]
    [InlineData("""{"services":{"a":{"name":"a"}}}""", "'services': source data must be an array or slice, got map")]
    [InlineData("""{"services":["a"]}""", "'services[0]' expected a map, got 'string'")]
    [InlineData("""{"telemetry":{"disable_hostname":"yes"}}""", "'telemetry.disable_hostname' expected type 'bool', got unconvertible type 'string', value: 'yes'")]
    [InlineData("""{"limits":{"rpc_rate":"x"}}""", "'limits.rpc_rate' expected type 'float64', got unconvertible type 'string', value: 'x'")]
    [InlineData("""{"config_entries":{"bootstrap":{"kind":"mesh"}}}""", "'config_entries.bootstrap': source data must be an array or slice, got map")]
    [InlineData("""{"acl":{"tokens":{"default":5}}}""", "'acl.tokens.default' expected type 'string', got unconvertible type 'float64', value: '<hidden>'")]
    public void FA_30_A_wrong_type_is_named_with_its_path(string json, string expected) =>
        json.Invoking(text => ConfigTexts.Merge(text)).Should().Throw<ConfigurationException>()
            .WithMessage("failed to parse 0.json: 1 error(s) decoding:\n\n* " + expected);

    [Theory] // json-list-for-object, json-null, watch-unknown-key, json-service-id-null, node_meta with null
    [InlineData("""{"ports":[{"http":1}]}""")]
    [InlineData("""{"node_name":null,"ports":null,"node_meta":{"a":null}}""")]
    [InlineData("""{"watches":[{"type":"services","args":["true"],"bogus":1}]}""")]
    [InlineData("""{"service":{"Name":"a","id":null,"EnableTagOverride":true,"check":{"TLSSkipVerify":true,"scriptargs":["x"]}}}""")]
    public void FA_30_What_the_peer_takes_is_taken(string json) => json.Invoking(text => ConfigTexts.Merge(text)).Should().NotThrow();

    [Fact] // json-array
    public void A_document_that_is_no_object_is_named() => "[]".Invoking(text => ConfigTexts.Merge(text)).Should().Throw<ConfigurationException>()
        .WithMessage("failed to parse 0.json: json: cannot unmarshal array into Go value of type map[string]interface {}");
}
