using System.Text;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Services;

/// <summary>What clients send, decoded (services REG-1, REG-2, CAT-1, CAT-8; http-conventions BODY-2, BODY-3).</summary>
public sealed class ServiceBodiesTests
{
    [Fact] // REG-1: names in any letter case; the aliases
    public void A_service_is_read_with_all_its_aliases()
    {
        var read = Service("""
            {"name":"web","kind":"k","id":"w1","TAGS":["a",null],"pOrT":8080,"address":"a","socketpath":"s","meta":{"k":"v"},"token":"secret",
             "enable_tag_override":true,"tagged_addresses":{"wan":{"address":"1.2.3.4","port":5}},"weights":{"passing":7},
             "connect":{"native":true,"sidecar_service":{"port":1,"proxy":{
               "destination_service_name":"d","destination_service_id":"di","local_service_address":"la","local_service_port":2,
               "local_service_socket_path":"lp","mode":"transparent","transparent_proxy":{"OutboundListenerPort":3,"DialedDirectly":true},
               "config":{"b":null,"a":[1,{"z":1,"y":2}]},"mesh_gateway":{"mode":"local"},
               "expose":{"checks":true,"paths":[{"listener_port":4,"path":"/p","local_path_port":5,"protocol":"http","parsed_from_check":true}]},
               "upstreams":[{"destination_type":"service","destination_namespace":"n","destination_name":"db","datacenter":"dc2","local_bind_address":"l",
                 "local_bind_port":6,"local_bind_socket_path":"p","local_bind_socket_mode":"0600","config":{"c":1},"mesh_gateway":{"Mode":"remote"}}]}}}}
            """);
        read.Service.Should().BeEquivalentTo(new NodeService
        {
            Kind = "k",
            Id = "w1",
            Name = "web",
            Tags = ["a", ""],
            Port = 8080,
            Address = "a",
            SocketPath = "s",
            Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["k"] = "v" },
            EnableTagOverride = true,
            TaggedAddresses = new Dictionary<string, ServiceAddress>(StringComparer.Ordinal) { ["wan"] = new("1.2.3.4", 5) },
            Weights = new ServiceWeights(7, 0),
            IsNative = true,
        });
        (read.Token, read.HasWeights, read.Checks.Count).Should().Be(("secret", true, 0));
        read.Sidecar!.Service.Should().BeEquivalentTo(new NodeService
        {
            Id = "",
            Name = "",
            Port = 1,
            Proxy = new ProxyConfig
            {
                DestinationServiceName = "d",
                DestinationServiceId = "di",
                LocalServiceAddress = "la",
                LocalServicePort = 2,
                LocalServiceSocketPath = "lp",
                Mode = "transparent",
                TransparentProxy = new TransparentProxy(3, DialedDirectly: true),
                Config = """{"a":[1,{"y":2,"z":1}],"b":null}""", // REG-19
                MeshGatewayMode = "local",
                Expose = new ExposeConfig(
                    Checks: true,
                    [new ExposePath { ListenerPort = 4, Path = "/p", LocalPathPort = 5, Protocol = "http", ParsedFromCheck = true }]),
                Upstreams =
                [
                    new Upstream
                    {
                        DestinationType = "service",
                        DestinationNamespace = "n",
                        DestinationName = "db",
                        Datacenter = "dc2",
                        LocalBindAddress = "l",
                        LocalBindPort = 6,
                        LocalBindSocketPath = "p",
                        LocalBindSocketMode = "0600",
                        Config = """{"c":1}""",
                        MeshGatewayMode = "remote",
                    },
                ],
            },
        });
        read.Sidecar.Sidecar.Should().BeNull();
    }

    [Theory] // REG-1: CamelCase wins if non-zero, wherever it stands; of one name the last counts (BODY-2)
    [InlineData("""{"DestinationName":"a","destination_name":"b"}""", "a")]
    [InlineData("""{"destination_name":"b","DestinationName":"a"}""", "a")]
    [InlineData("""{"destination_name":"b","DestinationName":""}""", "b")]
    [InlineData("""{"DestinationName":"","destination_name":"b"}""", "b")]
    [InlineData("""{"DestinationName":null,"destination_name":"b","destination_name":"c"}""", "c")]
    [InlineData("""{"DestinationName":"a","destinationname":"","destination_name":"b"}""", "b")]
    [InlineData("""{"destination_name":null}""", "")]
    public void The_first_name_of_a_field_wins_over_its_aliases(string upstream, string expected) =>
        Service($$$"""{"Name":"x","Proxy":{"Upstreams":[{{{upstream}}}]}}""").Service.Proxy!.Upstreams[0].DestinationName.Should().Be(expected);

    [Fact] // CONV-7: a null is as good as nothing
    public void Nulls_are_nothing()
    {
        var read = Service("""{"Name":null,"Tags":null,"Meta":null,"Check":null,"Checks":null,"Weights":null,"Proxy":null,"Connect":null,"TaggedAddresses":null}""");
        read.Should().BeEquivalentTo(new ServiceDefinition { Service = new NodeService { Id = "", Name = "" } });
        Service("""{"Connect":{"SidecarService":null}}""").Sidecar.Should().BeNull();
    }

    [Fact] // REG-11, REG-14
    public void Check_comes_before_Checks_unless_nothing_is_set_in_it()
    {
        Service("""{"Check":{},"Checks":[]}""").Checks.Should().BeEmpty();
        Service("""{"Check":{"Name":"","Header":{},"ScriptArgs":[]}}""").Checks.Should().BeEmpty();
        Service("""{"Checks":[{"Name":"b"},{}],"Check":{"Name":"a"}}""").Checks.Select(static check => check.Name).Should().Equal("a", "b", "");
        Service("""{"Check":{"Name":"a"},"check":{"Notes":"b"}}""").Checks.Should().ContainSingle().Which.Notes.Should().Be("b");
    }

    [Fact] // REG-2
    public void A_check_is_read_with_all_its_aliases()
    {
        const string Shared = """
            "Name":"n","Status":"passing","Notes":"o","args":["a"],"HTTP":"h","H2PING":"p","Header":{"X":["1","2"],"Y":null},"Method":"PUT","Body":"b",
            "DisableRedirects":true,"TCP":"t","UDP":"u","Interval":"1m30s","AliasNode":"an","AliasService":"as","docker_container_id":"d","Shell":"s",
            "GRPC":"g","grpc_use_tls":true,"tls_server_name":"ts","tls_skip_verify":true,"Timeout":5,"TTL":"15s","SuccessBeforePassing":1,
            "FailuresBeforeCritical":2,"FailuresBeforeWarning":3,"OSService":"os","deregister_critical_service_after":"1h","OutputMaxSize":9
            """;
        var definition = new CheckDefinition
        {
            ScriptArgs = ["a"],
            Http = "h",
            H2Ping = "p",
            Header = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["X"] = ["1", "2"], ["Y"] = [] },
            Method = "PUT",
            Body = "b",
            DisableRedirects = true,
            Tcp = "t",
            Udp = "u",
            Interval = TimeSpan.FromSeconds(90),
            AliasNode = "an",
            AliasService = "as",
            DockerContainerId = "d",
            Shell = "s",
            Grpc = "g",
            GrpcUseTls = true,
            TlsServerName = "ts",
            TlsSkipVerify = true,
            Timeout = new ExactDuration(5),
            Ttl = TimeSpan.FromSeconds(15),
            SuccessBeforePassing = 1,
            FailuresBeforeCritical = 2,
            FailuresBeforeWarning = 3,
            OsService = "os",
            DeregisterCriticalServiceAfter = TimeSpan.FromHours(1),
            OutputMaxSize = 9,
        };
        var expected = new CheckRequest { CheckId = "c", Name = "n", Status = "passing", Notes = "o", Definition = definition };
        Service($$$"""{"Check":{"CheckID":"c","ServiceID":"x","service_id":"x","ProxyHTTP":"x","ProxyGRPC":"x",{{{Shared}}}}}""").Checks
            .Should().ContainSingle().Which.Should().BeEquivalentTo(expected);
        Check($$$"""{"ID":"c","service_id":"x","Token":"secret",{{{Shared}}}}""").Should().BeEquivalentTo(expected with { ServiceId = "x", Token = "secret" });
        Check("""{"disable_redirects":true}""").Definition.DisableRedirects.Should().BeTrue();
        Check("""{"script_args":["a"],"args":["b"]}""").Definition.ScriptArgs.Should().Equal("b");
    }

    [Fact] // CAT-1
    public void A_registration_with_the_catalog_is_read()
    {
        var read = Read(ServiceBodies.CatalogRegistration, """
            {"Datacenter":"dc1","ID":"i","Node":"foo","Address":"a","TaggedAddresses":{"lan":"l"},"NodeMeta":{"k":"v"},"SkipNodeUpdate":true,
             "Service":{"Kind":"connect-proxy","ID":"r1","Service":"redis","Tags":["t"],"Address":"sa","TaggedAddresses":{"wan":{"Address":"w","Port":1}},
               "Meta":{"m":"1"},"Port":8000,"SocketPath":"p","Weights":{"Passing":0,"Warning":0},"EnableTagOverride":true,
               "Proxy":{"destination_service_name":"web","Mode":""},"Connect":{"Native":true,"SidecarService":{"a":{}}},"CreateIndex":0,"ModifyIndex":7},
             "Check":{"Node":"foo","CheckID":"c1","Name":"n","Status":"meh","Notes":"o","Output":"out","ServiceID":"r1","ServiceName":"redis","ServiceTags":["t"],
               "Type":"ttl","Interval":"1s","Timeout":"2s","ExposedPort":3,"CreateIndex":1,"ModifyIndex":1,
               "Definition":{"Interval":"10s","Timeout":0,"DeregisterCriticalServiceAfter":"0s","HTTP":"h","Header":null,"Method":"","Body":"","TLSServerName":"",
                 "TLSSkipVerify":false,"TCP":"","GRPC":"","GRPCUseTLS":false}},
             "Checks":[{"Name":"first"}],"CreateIndex":0,"ModifyIndex":0}
            """);
        read.Should().BeEquivalentTo(new CatalogRegistration(new CatalogNode
        {
            Id = "i",
            Name = "foo",
            Address = "a",
            Datacenter = "dc1",
            TaggedAddresses = new Dictionary<string, string>(StringComparer.Ordinal) { ["lan"] = "l" },
            Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["k"] = "v" },
        })
        {
            SkipNodeUpdate = true,
            Service = new NodeService
            {
                Kind = "connect-proxy",
                Id = "r1",
                Name = "redis",
                Tags = ["t"],
                Address = "sa",
                TaggedAddresses = new Dictionary<string, ServiceAddress>(StringComparer.Ordinal) { ["wan"] = new("w", 1) },
                Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["m"] = "1" },
                Port = 8000,
                SocketPath = "p",
                Weights = new ServiceWeights(0, 0),
                EnableTagOverride = true,
                Proxy = new ProxyConfig { DestinationServiceName = "web" },
                IsNative = true,
            },
            Checks =
            [
                new HealthCheck { CheckId = "", Name = "first", Status = "" },
                new HealthCheck
                {
                    Node = "foo",
                    CheckId = "c1",
                    Name = "n",
                    Status = "meh",
                    Notes = "o",
                    Output = "out",
                    ServiceId = "r1",
                    ServiceName = "redis",
                    ServiceTags = ["t"],
                    Type = "ttl",
                    Interval = "1s",
                    Timeout = "2s",
                    ExposedPort = 3,
                    Definition = new CheckDefinition { Http = "h", Interval = TimeSpan.FromSeconds(10) },
                },
            ],
        });
        Read(ServiceBodies.CatalogRegistration, """{"Node":"n"}""").Node.Should().Be(new CatalogNode { Name = "n" }, "nothing given is null (CAT-3)");
    }

    [Fact] // CAT-8
    public void A_deregistration_is_read() =>
        Read(ServiceBodies.CatalogDeregistration, """{"Datacenter":"d","Node":"n","ServiceID":"s","CheckID":"c","Address":"a"}""")
            .Should().Be(new CatalogDeregistration("d", "n", "s", "c"));

    [Theory] // CONV-7, CONV-8, CONV-9
    [InlineData("", "EOF")]
    [InlineData("{", "unexpected EOF")]
    [InlineData("""{"Name":"x","Bogus":1}""", "json: unknown field \"Bogus\"")]
    [InlineData("""{"Name":"x","Namespace":""}""", "json: unknown field \"Namespace\"")]
    [InlineData("""{"Name":"x","Partition":null}""", "json: unknown field \"Partition\"")]
    [InlineData("""{"Proxy":{"TransparentProxy":{"outbound_listener_port":1}}}""", "json: unknown field \"outbound_listener_port\"")]
    [InlineData("""{"Check":{"disable_redirects":true}}""", "json: unknown field \"disable_redirects\"")]
    [InlineData("""{"Check":{"ID":"x"}}""", "json: unknown field \"ID\"")]
    [InlineData("""{"Connect":{"SidecarService":{"Connect":{"SidecarService":{"Bogus":1}}}}}""", "json: unknown field \"Bogus\"")]
    [InlineData("""{"Check":{"TTL":"15"}}""", "time: missing unit in duration \"15\"")]
    [InlineData("""{"Check":{"TTL":"1x"}}""", "time: unknown unit \"x\" in duration \"1x\"")]
    [InlineData("""{"Check":{"Interval":"zz"}}""", "time: invalid duration \"zz\"")]
    [InlineData("""{"Name":1}""", "json: cannot unmarshal number into Go struct field ServiceDefinition.Name of type string")]
    [InlineData("""{"Port":"1"}""", "json: cannot unmarshal string into Go struct field ServiceDefinition.Port of type int")]
    [InlineData("""{"Tags":"a"}""", "json: cannot unmarshal string into Go struct field ServiceDefinition.Tags of type []string")]
    [InlineData("""{"Meta":{"a":1}}""", "json: cannot unmarshal number into Go struct field ServiceDefinition.Meta of type string")]
    [InlineData("""{"Proxy":{"Config":[]}}""", "json: cannot unmarshal array into Go struct field ServiceDefinition.Proxy.Config of type map[string]interface {}")]
    [InlineData("""{"Check":[]}""", "json: cannot unmarshal array into Go struct field ServiceDefinition.Check of type struct")]
    [InlineData("[]", "json: cannot unmarshal array into Go value of type struct")]
    public void What_is_wrong_with_a_service_is_told_as_by_Go(string body, string expected) =>
        body.Invoking(static text => Service(text)).Should().Throw<GoJsonException>().WithMessage(expected);

    [Theory] // REG-2: what only the other sort of check may have
    [InlineData("""{"CheckID":"x"}""", "json: unknown field \"CheckID\"")]
    [InlineData("""{"ProxyHTTP":"x"}""", "json: unknown field \"ProxyHTTP\"")]
    [InlineData("""{"Interval":"10"}""", "time: missing unit in duration \"10\"")]
    public void What_is_wrong_with_a_check_is_told_as_by_Go(string body, string expected) =>
        body.Invoking(static text => Check(text)).Should().Throw<GoJsonException>().WithMessage(expected);

    [Theory] // CAT-1
    [InlineData("""{"Node":"foo","Bogus":1}""", "json: unknown field \"Bogus\"")]
    [InlineData("""{"Service":{"enable_tag_override":true}}""", "json: unknown field \"enable_tag_override\"")]
    [InlineData("""{"Check":{"Definition":{"tls_skip_verify":true}}}""", "json: unknown field \"tls_skip_verify\"")]
    [InlineData("""{"Service":{"Name":"x"}}""", "json: unknown field \"Name\"")]
    [InlineData("""{"Check":{"Definition":{"TTL":"zz"}}}""", "time: invalid duration \"zz\"")]
    public void What_is_wrong_with_a_registration_is_told_as_by_Go(string body, string expected) =>
        body.Invoking(static text => Read(ServiceBodies.CatalogRegistration, text)).Should().Throw<GoJsonException>().WithMessage(expected);

    [Theory] // REG-4, REG-10: rules have words for numbers without sense
    [InlineData("70000", 70000)]
    [InlineData("-1", -1)]
    [InlineData("5000000000", int.MaxValue)]
    public void Any_number_is_a_port_until_a_rule_says_no(string port, int expected) =>
        Service($$"""{"Port":{{port}} }""").Service.Port.Should().Be(expected);

    [Fact] // a sidecar of a sidecar of a sidecar ...: no stack is exhausted
    public void Sidecars_are_not_followed_without_end()
    {
        const int Levels = 4_900;
        const string Open = """{"Connect":{"SidecarService":""";
        var read = Service(string.Concat(Enumerable.Repeat(Open, Levels)) + "{}" + string.Concat(Enumerable.Repeat("}}", Levels)));
        read.Sidecar!.Sidecar!.Sidecar.Should().NotBeNull();
        read.Sidecar.Sidecar.Sidecar!.Sidecar.Should().BeNull();
    }

    [Theory] // docs/limits.md
    [InlineData("services.entries", """{"Tags":[{0}]}""", "\"t\"", 1025)]
    [InlineData("services.entries", """{"Proxy":{"Upstreams":[{0}]}}""", "{}", 1025)]
    [InlineData("services.checks", """{"Checks":[{0}]}""", "{}", 257)]
    public void What_is_beyond_a_bound_names_it(string limit, string body, string element, int count)
    {
        Read(ServiceBodies.AgentService, body.Replace("{0}", string.Join(',', Enumerable.Repeat(element, count - 1)), StringComparison.Ordinal));
        var beyond = () => Service(body.Replace("{0}", string.Join(',', Enumerable.Repeat(element, count)), StringComparison.Ordinal));
        beyond.Should().Throw<ServerException>().Which.Should().Match<ServerException>(error => error.Limit == limit && error.Kind == FailureKind.Invalid);
    }

    [Theory] // docs/limits.md
    [InlineData("services.name", "ID", 4096)]
    [InlineData("services.text", "Meta", 65_536)]
    public void A_text_that_is_too_long_names_its_bound(string limit, string field, int most)
    {
        string Body(int length) => field == "Meta" ? $$$"""{"Meta":{"k":"{{{new string('x', length)}}}"}}""" : $$"""{"{{field}}":"{{new string('x', length)}}"}""";
        Service(Body(most));
        var beyond = () => Service(Body(most + 1));
        beyond.Should().Throw<ServerException>().Which.Should().Match<ServerException>(error => error.Limit == limit && error.Kind == FailureKind.Invalid);
    }

    [Theory] // docs/limits.md: the same wherever it stands, or an agent could not tell the catalog
    [InlineData("""{"Proxy":{"Config":{0}}}""")]
    [InlineData("""{"Connect":{"SidecarService":{"Proxy":{"Upstreams":[{"Config":{0}}]}}}}""")]
    public void What_is_nested_too_deeply_names_its_bound(string body)
    {
        string Nested(int levels) =>
            body.Replace("{0}", string.Concat(Enumerable.Repeat("{\"a\":", levels)) + "1" + new string('}', levels), StringComparison.Ordinal);
        Service(Nested(47));
        var beyond = () => Service(Nested(48));
        beyond.Should().Throw<GoJsonException>().Which.Limit.Should().Be("services.config_depth");
    }

    private static ServiceDefinition Service(string body) => Read(ServiceBodies.AgentService, body);

    private static CheckRequest Check(string body) => Read(ServiceBodies.AgentCheck, body);

    private static T Read<T>(SchemaType<T> type, string body) => GoJson.Decode(Encoding.UTF8.GetBytes(body + " "), type);
}
