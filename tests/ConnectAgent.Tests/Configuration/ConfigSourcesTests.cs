using System.CommandLine;
using ConnectAgent.Cli;
using ConnectAgent.Configuration;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Configuration;

/// <summary>Where a configuration comes from: files, directories, fragments and flags, in their order (config-and-cli LOAD-1, LOAD-6, LOAD-9).</summary>
public sealed class ConfigSourcesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact] // LOAD-1: in the order of the command line, both kinds interleaved; a directory in byte order, without those below it
    public void Files_and_directories_are_read_in_their_order()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "d", "below"));
        _folder.Write("a.json", """{"recursors":["a"],"node_name":"a"}""");
        _folder.Write("d/Z.hcl", "http_config { block_endpoints = [\"Z\"] }\nnode_name = \"Z\"");
        _folder.Write("d/b.json", """{"http_config":{"block_endpoints":["b"]},"node_name":"b"}""");
        _folder.Write("d/below/c.json", """{"bogus":1}""");
        _folder.Write("z.hcl", "http_config { block_endpoints = [\"z\"] }\nnode_name = \"z\"");
        var read = Read("-config-file", At("z.hcl"), "-config-dir", At("d"), "-config-file", At("a.json"));
        (string.Join(' ', read.Wire.BlockedPaths), read.NodeName).Should().Be(("z Z b", "a"));
        read.Paths.Should().Equal(At("z.hcl"), At("d"), At("a.json"));
    }

    [Fact] // LOAD-6, FLAG-3
    public void Flags_beat_files_and_fragments_beat_flags()
    {
        _folder.Write("a.json", """{"node_name":"file","http_config":{"allow_write_http_from":["10.1.0.0/16"]},"log_level":"WARN","node_meta":{"a":"file","b":"file","c":"file"}}""");
        var read = Read("-config-file", At("a.json"), "-node", "flag", "-allow-write-http-from", "10.2.0.0/16", "-log-level", "ERR", "-node-meta", "b:flag", "-hcl", "log_level = \"TRACE\"", "-hcl", "node_meta { c = \"hcl\" }");
        (read.NodeName, read.LogLevel).Should().Be(("flag", "TRACE"));
        read.Wire.Writers.Select(network => network.ToString()).Should().Equal(["10.2.0.0/16", "10.1.0.0/16"], "lists append, those of flags first");
        read.NodeMeta.Should().Equal(new Dictionary<string, string> { ["a"] = "file", ["b"] = "flag", ["c"] = "hcl" });
    }

    [Theory] // LOAD-1
    [InlineData("hcl", "node_name = \"x\"")]
    [InlineData("json", """{"node_name":"x"}""")]
    public void The_format_that_is_said_counts_whatever_the_name(string format, string content)
    {
        _folder.Write("agent.conf", content);
        Read("-config-format=" + format, "-config-file", At("agent.conf")).NodeName.Should().Be("x");
        var skipped = Read("-config-file", At("agent.conf"));
        skipped.Warnings.Should().ContainSingle().Which.Should().StartWith("skipping file ");
        skipped.FilesRead.Should().BeEmpty("the log lists what was read");
        Read("-config-format=" + format, "-config-file", At("agent.conf")).FilesRead.Should().Equal(At("agent.conf"));
        FluentActions.Invoking(() => Read("-config-format=yaml", "-config-file", At("agent.conf"))).Should().Throw<ConfigurationException>()
            .WithMessage("config: -config-format must be either 'hcl' or 'json'");
    }

    [Theory] // LOAD-9
    [InlineData("bind_addr")]
    [InlineData("advertise_addr")]
    [InlineData("client_addr")]
    [InlineData("addresses { http")]
    public void A_template_stands_for_the_address_of_an_interface(string key)
    {
        var read = Read("-hcl", $"{key} = \"{{{{ GetInterfaceIP \\\"lo\\\" }}}}\"{(key.Contains('{', StringComparison.Ordinal) ? " }" : string.Empty)}");
        (key is "bind_addr" or "advertise_addr" ? read.AdvertiseAddress : read.HttpListeners.Single().ToString()).Should().StartWith("127.0.0.1");
    }

    [Theory] // LOAD-9
    [InlineData("{{ GetPublicIP }}", "template: sockaddr.Parse:1: function \"GetPublicIP\" not defined")]
    [InlineData("{{ GetAllInterfaces | sort }}", "only {{ GetPrivateIP }} and {{ GetInterfaceIP \"NAME\" }} are known")]
    public void A_template_that_is_not_known_is_named_with_its_key(string template, string expected) =>
        FluentActions.Invoking(() => Read("-bind", template)).Should().Throw<ConfigurationException>().WithMessage($"*bind_addr: error parsing \"{template}\": *{expected}*");

    [Fact] // as it is published for HCL: a block is the map
    public void An_entry_of_HCL_is_what_it_is_in_JSON()
    {
        var entry = Read("-hcl", "config_entries { bootstrap { kind = \"proxy-defaults\" name = \"global\" config { protocol = \"http\" local_connect_timeout_ms = 5 } } }").BootstrapEntries.Single();
        (entry.Kind.Name, entry.Entry.Name).Should().Be(("proxy-defaults", "global"));
        var json = Read("-hcl", """{"config_entries":{"bootstrap":[{"kind":"proxy-defaults","name":"global","config":{"protocol":"http","local_connect_timeout_ms":5}}]}}""").BootstrapEntries.Single();
        entry.Entry.Should().BeEquivalentTo(json.Entry);
    }

    [Theory] // FA-8: a client that joins by gossip is told the line to write, also where flags say whom it joins
    [InlineData("-retry-join")]
    [InlineData("-join")]
    public void A_client_that_joins_is_told_its_servers(string flag) =>
        FluentActions.Invoking(() => Read("-server=false", flag, "10.0.0.1:8301", flag, "provider=aws tag_key=x")).Should().Throw<ConfigurationException>()
            .WithMessage("'server = false' needs servers to talk to: set connect_agent.servers, for instance to [\"http://10.0.0.1:8500\"]");

    [Fact] // FA-8, FLAG-2: all that Consul takes; what they guard is not opened here
    public void A_flag_without_effect_is_named_whatever_it_sets()
    {
        var inert = AgentKeys.All.Where(key => key.FlagName is not null && key.Effect == KeyEffect.None).ToList();
        string[] consul =
        [
            "advertise-wan", "alt-domain", "disable-host-node-id", "disable-keyring-file", "dns-port", "domain", "encrypt", "grpc-port", "join", "join-wan",
            "non-voting-server", "primary-gateway", "protocol", "raft-protocol", "read-replica", "recursor", "rejoin", "retry-interval", "retry-interval-wan",
            "retry-join", "retry-join-wan", "retry-max", "retry-max-wan", "segment", "serf-lan-allowed-cidrs", "serf-lan-bind", "serf-wan-allowed-cidrs",
            "serf-wan-bind", "ui", "ui-content-path", "ui-dir",
        ];
        inert.Select(key => key.FlagName).Should().BeEquivalentTo([.. consul, "grpc-tls-port"]);
        Read([.. inert.Select(key => $"-{key.FlagName}={ValueFor(key)}")]).Warnings.Should().BeEquivalentTo(inert.Select(key => $"-{key.FlagName} is accepted and has no effect"));
    }

    [Theory] // as the key would be
    [InlineData("invalid value \"x\" for flag -retry-max: parse error", "-retry-max", "x")]
    [InlineData("1 error occurred:\n\t* retry_interval_wan: invalid duration: \"x\": time: invalid duration \"x\"\n\n", "-retry-interval-wan", "x")]
    [InlineData("raft_protocol version 2 is not supported by this version of Consul", "-raft-protocol=2")]
    public void A_flag_without_effect_is_checked_all_the_same(string expected, params string[] arguments) =>
        FluentActions.Invoking(() => Read(arguments)).Should().Throw<ConfigurationException>().WithMessage(expected);

    private static string ValueFor(ConfigKey key) => key.Type == ConfigTypes.Flag ? "true" : key.Type == ConfigTypes.Number ? "3" : "30s";

    private string At(string name) => Path.Combine(_folder.Path, name);

    private static AgentConfiguration Read(params string[] arguments)
    {
        var flags = new AgentFlags();
        var command = new Command("agent");
        flags.AddTo(command);
        return flags.Read(command.Parse(["-dev", .. arguments], new ParserConfiguration { EnablePosixBundling = false }));
    }
}
