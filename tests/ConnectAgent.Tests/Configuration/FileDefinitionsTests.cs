using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Configuration;

/// <summary>Services and checks in files (config-and-cli LOAD-5 to LOAD-7; the cases are those of recordings/config-cases.json).</summary>
public sealed class FileDefinitionsTests
{
    [Fact] // service, service-sidecar, service-token
    public void A_service_is_read_as_a_body_would_be()
    {
        var service = ConfigTexts.Read("""
            {"service":{"id":"w1","name":"web","kind":"k","port":80,"address":"a","socket_path":"s","tags":["t"],"meta":{"k":"v"},"token":"secret",
              "enable_tag_override":true,"tagged_addresses":{"wan":{"address":"b","port":1}},"weights":{"passing":2,"warning":3},
              "check":{"id":"c","http":"http://127.0.0.1","interval":"10s","header":{"X":["1"]},"tls_skip_verify":true},
              "checks":[{"args":["true"],"interval":"5s","success_before_passing":2},{"tcp":"h:1","Interval":"1m"}],
              "connect":{"native":true,"sidecar_service":[{"port":1,"token":"other","proxy":{"upstreams":[{"destination_name":"db","local_bind_port":9191,"config":{"a":[1]}}],
                "transparent_proxy":{"outbound_listener_port":15001},"expose":{"paths":[{"path":"/p","listener_port":7,"local_path_port":8}]},"mesh_gateway":{"mode":"local"}}}]}}}
            """).Definitions.Services.Should().ContainSingle().Subject;
        service.Service.Should().BeEquivalentTo(new NodeService
        {
            Id = "w1",
            Name = "web",
            Kind = "k",
            Port = 80,
            Address = "a",
            SocketPath = "s",
            Tags = ["t"],
            Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["k"] = "v" },
            EnableTagOverride = true,
            TaggedAddresses = new Dictionary<string, ServiceAddress>(StringComparer.Ordinal) { ["wan"] = new("b", 1) },
            Weights = new ServiceWeights(2, 3),
            IsNative = true,
        });
        (service.Token, service.HasWeights).Should().Be(("secret", true));
        service.Checks.Select(static check => (check.CheckId, check.Definition.Http, check.Definition.Tcp, check.Definition.ScriptArgs.Count, check.Definition.Interval))
            .Should().Equal(
                ("c", "http://127.0.0.1", "", 0, (ExactDuration)TimeSpan.FromSeconds(10)),
                ("", "", "", 1, TimeSpan.FromSeconds(5)),
                ("", "", "h:1", 0, TimeSpan.FromMinutes(1)));
        (service.Checks[0].Definition.TlsSkipVerify, service.Checks[1].Definition.SuccessBeforePassing).Should().Be((true, 2));
        service.Sidecar!.Token.Should().Be("other");
        service.Sidecar.Service.Proxy.Should().BeEquivalentTo(new ProxyConfig
        {
            Upstreams = [new Upstream { DestinationName = "db", LocalBindPort = 9191, Config = """{"a":[1]}""" }],
            TransparentProxy = new TransparentProxy(15001, DialedDirectly: false),
            Expose = new ExposeConfig(Checks: false, [new ExposePath { Path = "/p", ListenerPort = 7, LocalPathPort = 8 }]),
            MeshGatewayMode = "local",
        });
    }

    [Fact] // check-alone
    public void A_check_is_read_as_a_body_would_be() => ConfigTexts.Read(
            """{"check":{"id":"c","name":"n","service_id":"web","token":"t","status":"warning","notes":"o","ttl":"15s","deregister_critical_service_after":"1h"}}""")
        .Definitions.Checks.Should().ContainSingle().Which.Should().BeEquivalentTo(new CheckRequest
        {
            CheckId = "c",
            Name = "n",
            ServiceId = "web",
            Token = "t",
            Status = "warning",
            Notes = "o",
            Definition = new CheckDefinition { Ttl = TimeSpan.FromSeconds(15), DeregisterCriticalServiceAfter = TimeSpan.FromHours(1) },
        });

    [Theory]
    [InlineData("""{"service":{"port":1}}""", "service \"\": Missing service name")]
    [InlineData("""{"check":{"name":"c","ttl":"zz"}}""", "1 error occurred:\n\t* check[].ttl: invalid duration: \"zz\": time: invalid duration \"zz\"\n\n")] // check-bad-duration
    [InlineData("""{"check":{"name":"c","ttl":5}}""", "failed to parse 0.json: 1 error(s) decoding:\n\n* 'check.ttl' expected type 'string', got unconvertible type 'float64', value: '5'")]
    public void What_breaks_a_rule_stops_the_start(string json, string error) =>
        json.Invoking(static text => ConfigTexts.Read(text)).Should().Throw<ConfigurationException>().WithMessage(error);

    [Fact] // docs/limits.md: bodies are bounded, the operator's own files are not
    public void A_file_may_hold_more_than_a_body() => ConfigTexts.Read($$$"""{"service":{"name":"a","tags":[{{{string.Join(',', Enumerable.Repeat("\"t\"", 2000))}}}]}}""")
        .Definitions.Services[0].Service.Tags.Should().HaveCount(2000);
}
