using ConnectAgent.Configuration;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Configuration;

/// <summary>No key is swallowed: it is acted on, or the log says that it is not, or the agent does not start.</summary>
public sealed class KeyEffectTests
{
    [Theory] // config-and-cli section 2, "Accepted and inert"
    [InlineData("""{"domain":"x."}""", "domain")]
    [InlineData("""{"watches":[{"type":"services","args":["x"],"bogus":1}]}""", "watches[0].bogus")]
    [InlineData("""{"encrypt":"pUqJrVyVRj5jsiYEkM/tFQYfWyJIv4s3XkvDwy7Cu5s=","verify_incoming_rpc":true}""", "encrypt", "verify_incoming_rpc")]
    [InlineData("""{"retry_join":["10.0.0.1"],"verify_outgoing":true,"verify_server_hostname":true}""", "retry_join", "verify_outgoing", "verify_server_hostname")]
    [InlineData("""{"dns_config":{"enable_truncate":true,"soa":{"retry":1}},"gossip_lan":{"gossip_nodes":3}}""", "dns_config.enable_truncate", "dns_config.soa.retry", "gossip_lan.gossip_nodes")]
    [InlineData(
        """{"service":{"name":"web","port":80,"partition":"p","locality":{"zone":"z"},"check":{"ttl":"1s","tcp_use_tls":true}},"checks":[{"name":"c","namespace":"n"},{"name":"d"}]}""",
        "service.partition", "service.locality", "service.check.tcp_use_tls", "checks[0].namespace")]
    [InlineData("""{"tls":{"internal_rpc":{"verify_incoming":true},"grpc":{"cert_file":"/x"},"defaults":{"verify_outgoing":true}}}""", "tls.internal_rpc.verify_incoming", "tls.grpc.cert_file", "tls.defaults.verify_outgoing")]
    [InlineData("""{"acl":{"tokens":{"agent":"y","replication":"x"},"enable_token_replication":true}}""", "acl.tokens.replication", "acl.enable_token_replication")]
    [InlineData("""{"ports":{"dns":8600,"grpc":8502,"http":8500,"server":8300,"grpc_tls":-1}}""", "ports.dns", "ports.grpc")]
    [InlineData("""{"limits":{"rpc_rate":5},"telemetry":{"statsd_address":"127.0.0.1:1"},"performance":{"raft_multiplier":1}}""", "limits.rpc_rate", "telemetry.statsd_address", "performance.raft_multiplier")]
    public void FA_8_A_key_that_is_set_and_has_no_effect_is_named(string json, params string[] keys) =>
        ConfigTexts.Read(json).Warnings.Should().BeEquivalentTo(keys.Select(key => key + " is accepted and has no effect"));

    [Fact] // config-and-cli section 2: it implies connect
    public void FA_8_A_key_that_does_less_than_it_says_is_named_with_what_it_does()
    {
        var read = AgentConfiguration.Build(ConfigTexts.Merge("""{"server":true,"data_dir":"/nowhere","auto_encrypt":{"allow_tls":true}}"""), devMode: false);
        read.ConnectEnabled.Should().BeTrue();
        read.Warnings.Should().Equal("auto_encrypt.allow_tls turns Connect on, and nothing else: agents are given no certificates that way");
    }

    [Fact] // one by one, whatever it holds
    public void FA_8_Every_key_without_effect_is_named_when_it_is_set()
    {
        var keys = Without(AgentSchema.Root, string.Empty, static json => json).ToList();
        keys.Should().HaveCountGreaterThan(200);
        foreach (var (path, json) in keys)
        {
            var values = new ConfigValues();
            ConfigFile.Merge("0.json", System.Text.Encoding.UTF8.GetBytes(json), values);
            values.WithoutEffect.Select(unused => unused.Path).Should().Equal([path], json);
        }
    }

    [Theory] // what restricts a listener that is not there
    [InlineData("""{"tls":{"https":{"verify_incoming":true,"tls_min_version":"tls13"}}}""", "tls.https.tls_min_version", "tls.https.verify_incoming")]
    [InlineData("""{"verify_incoming":true,"verify_incoming_https":true,"cert_file":"/x"}""", "verify_incoming_https", "cert_file", "verify_incoming")]
    [InlineData("""{"tls":{"defaults":{"ca_file":"/x","key_file":"/y","ca_path":"/z","tls_cipher_suites":"TLS_NOPE"}}}""", "tls.defaults.key_file", "tls.defaults.ca_file", "tls.defaults.ca_path", "tls.defaults.tls_cipher_suites")]
    [InlineData("""{"server":false,"connect_agent":{"servers":["https://127.0.0.1:1"]},"ca_file":"/x","tls":{"https":{"ca_file":"/y"}}}""", "tls.https.ca_file")]
    public void FA_8_A_key_of_HTTPS_is_named_where_HTTPS_is_not_served(string json, params string[] keys) =>
        ConfigTexts.Read(json).Warnings.Should().Equal(keys.Select(key => key + " has no effect: HTTPS is not served"));

    [Theory] // acl ACL-CFG-6
    [InlineData("""{"acl":{"default_policy":"deny"}}""", true)]
    [InlineData("""{"acl":{"default_policy":"deny","enabled":false}}""", true)]
    [InlineData("""{"acl":{"default_policy":"deny","enabled":true}}""", false)]
    [InlineData("""{"acl":{"default_policy":"allow"}}""", false)]
    public void FA_8_A_default_policy_that_denies_nothing_is_named(string json, bool isNamed) =>
        ConfigTexts.Read(json).Warnings.Should().BeEquivalentTo(
            isNamed ? ["without acl.enabled = true, acl.default_policy = \"deny\" has no effect"] : Array.Empty<string>());

    [Fact] // LAUNCH-2: null, {} and zero values say nothing
    public void FA_8_A_value_that_asks_for_nothing_is_not_named() =>
        ConfigTexts.Read("""{"encrypt":"","retry_join":[],"audit":null,"locality":{},"verify_outgoing":false,"ui":false,"segments":null,"ports":{"dns":-1}}""")
            .Warnings.Should().BeEmpty();

    [Fact]
    public void FA_8_A_key_that_two_files_set_is_named_once() =>
        ConfigTexts.Read("""{"domain":"x."}""", """{"domain":"y."}""").Warnings.Should().ContainSingle();

    [Theory]
    [InlineData("""{"tls":{"grpc":{"verify_incoming":true}}}""", "tls.grpc.verify_incoming")]
    [InlineData("""{"tls":{"grpc":{"tls_min_version":"tls13"}}}""", "tls.grpc.tls_min_version")]
    [InlineData("""{"acl":{"msp_disable_bootstrap":true}}""", "acl.msp_disable_bootstrap")]
    [InlineData("""{"unix_sockets":{"group":"1000"}}""", "unix_sockets.group")]
    public void FA_8_What_would_restrict_access_and_is_not_acted_on_stops_the_start(string json, string key) =>
        json.Invoking(text => ConfigTexts.Read(text)).Should().Throw<ConfigurationException>().WithMessage(
            $"1 error occurred:\n\t* {key}: this agent cannot act on it, and without it more would get in than 0.json says; take it out to start\n\n");

    [Fact]
    public void FA_8_What_restricts_nothing_starts() =>
        ConfigTexts.Read("""{"tls":{"grpc":{"verify_incoming":false}},"acl":{"msp_disable_bootstrap":false},"unix_sockets":{"group":""}}""")
            .Warnings.Should().BeEmpty();

    [Fact] // every key of these blocks that is not acted on is either harmless, and named here, or stops the start
    public void FA_8_The_blocks_that_guard_our_own_listeners_hold_no_other_inert_key() =>
        Inert(AgentSchema.Root, string.Empty).Where(key => key.StartsWith("http_config.", StringComparison.Ordinal)
            || key.StartsWith("acl.", StringComparison.Ordinal) || key.StartsWith("config_entries.", StringComparison.Ordinal)
            || key.StartsWith("tls.https.", StringComparison.Ordinal) || key.StartsWith("tls.defaults.", StringComparison.Ordinal)
            || key.StartsWith("tls.grpc.", StringComparison.Ordinal))
            .Should().BeEquivalentTo(
                "acl.disabled_ttl", "acl.enable_token_replication", "acl.enable_key_list_policy", "acl.tokens.replication",
                "acl.tokens.config_file_service_registration", "acl.tokens.managed_service_provider",
                "tls.https.verify_outgoing", "tls.defaults.verify_outgoing", "tls.defaults.verify_server_hostname",
                "tls.grpc.ca_file", "tls.grpc.ca_path", "tls.grpc.cert_file", "tls.grpc.key_file", "tls.grpc.use_auto_cert");

    [Theory] // CE-22, CFG-4; the positions count over all files
    [InlineData("""[{"kind":"service-defaults","name":"a"},{"kind":"nope","name":"x"}]""", "config_entries.bootstrap[1]: invalid config entry kind: nope")]
    [InlineData("""[{"kind":"service-defaults","name":"x","bogus":1}]""", "config_entries.bootstrap[0]: 1 error occurred:\n\t* invalid config key \"bogus\"\n\n")]
    [InlineData("""[{"name":"x"}]""", "config_entries.bootstrap[0]: Payload does not contain a kind/Kind key at the top level")]
    [InlineData("""[{"kind":"service-splitter","name":"x","splits":[{"weight":50}]}]""", "config_entries.bootstrap[0]: the sum of all split weights must be 100, not 50.000000")]
    public void FA_8_A_bad_bootstrap_entry_is_named_by_its_position(string entries, string expected) =>
        entries.Invoking(text => ConfigTexts.Read($$"""{"config_entries":{"bootstrap":{{text}} } }"""))
            .Should().Throw<ConfigurationException>().WithMessage(expected);

    [Fact] // recordings/config-cases.json, bootstrap-on-client
    public void FA_8_Bootstrap_entries_of_a_client_are_named_as_without_effect() =>
        ConfigTexts.Read("""{"server":false,"connect_agent":{"servers":["http://127.0.0.1:1"]},"config_entries":{"bootstrap":[{"kind":"service-defaults","name":"x"}]}}""")
            .Warnings.Should().Equal("config_entries.bootstrap has no effect with server = false: the servers hold the entries");

    [Theory] // the addresses of gossip tell where servers may be
    [InlineData("""["10.0.0.1","provider=aws tag_key=x","consul.example:8301","[::1]:8301"]""", """["http://10.0.0.1:8500", "http://consul.example:8500", "http://[::1]:8500"]""")]
    [InlineData("[]", """["http://127.0.0.1:8500"]""")]
    public void FA_8_A_client_without_servers_is_told_the_line_to_write(string joined, string servers) =>
        joined.Invoking(text => ConfigTexts.Read($$"""{"server":false,"retry_join":{{text}} }""")).Should().Throw<ConfigurationException>()
            .WithMessage($"'server = false' needs servers to talk to: set connect_agent.servers, for instance to {servers}");

    // Each with a document that sets it to something.
    private static IEnumerable<(string Path, string Json)> Without(ConfigSchema schema, string prefix, Func<string, string> around) => schema.Keys.SelectMany(pair =>
    {
        return pair.Value switch
        {
            { Effect: KeyEffect.None } => [(prefix + pair.Key, Within(Something(pair.Value)))],
            { Inner: { } inner, Type: null } => Without(inner, prefix + pair.Key + ".", Within),
            _ => Enumerable.Empty<(string, string)>(),
        };

        string Within(string json) => around($$"""{"{{pair.Key}}":{{json}}}""");
    });

    private static string Something(ConfigField field) => field.Type switch
    {
        null when field.IsList => $"[{Something(field.Inner!)}]",
        null => Something(field.Inner!),
        var type when type == ConfigTypes.Text => "\"x\"",
        var type when type == ConfigTypes.Flag => "true",
        var type when type == ConfigTypes.Number || type == ConfigTypes.Real => "1",
        var type when type == ConfigTypes.List => "[\"x\"]",
        var type when type == ConfigTypes.Map => """{"x":"y"}""",
        var type when type == ConfigTypes.AnyObjects => """[{"x":1}]""",
        _ => """{"x":1}""",
    };

    private static string Something(ConfigSchema schema) => schema.Keys.First() is var (name, field) ? $$"""{"{{name}}":{{Something(field)}}}""" : "{}";

    private static IEnumerable<string> Inert(ConfigSchema schema, string prefix) => schema.Keys.SelectMany(pair =>
        pair.Value.Effect == KeyEffect.None ? [prefix + pair.Key]
        : pair.Value.Inner is { } inner ? Inert(inner, prefix + pair.Key + ".")
        : []);
}
