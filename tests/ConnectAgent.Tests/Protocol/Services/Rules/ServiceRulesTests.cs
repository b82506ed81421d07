using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Services.Rules;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Services.Rules;

public sealed class ServiceRulesTests
{
    private static readonly NodeService Web = new() { Id = "web", Name = "web", Port = 80 };
    private static readonly NodeService Proxy = Web with { Kind = ServiceKinds.ConnectProxy, Proxy = new ProxyConfig { DestinationServiceName = "db" } };

    public static TheoryData<string?, int, int> Weights => new()
    {
        { null, 1, 0 },
        { null, 65_535, 65_535 },
        { "Passing must be greater than 0", 0, 1 },
        { "Passing must be greater than 0", -1, -1 },
        { "Warning must be greater or equal than 0", 1, -1 },
        { "DNS Weight must be between 0 and 65535", 65_536, 1 },
        { "DNS Weight must be between 0 and 65535", 1, 65_536 },
    };

    public static TheoryData<string, NodeService> Kinds => new()
    {
        { "Proxy.DestinationServiceName must be non-empty for Connect proxy services", Of(new ProxyConfig { DestinationServiceName = " \t" }) },
        { "Proxy.DestinationServiceName must not be a wildcard for Connect proxy services", Of(new ProxyConfig { DestinationServiceName = "*" }) },
        { "Port or SocketPath must be set for a Connect proxy", Proxy with { Port = 0 } },
        { "A Proxy cannot also be Connect Native, only typical services", Proxy with { IsNative = true } },
        { "upstream destination name cannot be empty", Of(new Upstream { LocalBindPort = 1 }) },
        { "upstream destination name cannot be a wildcard", Of(new Upstream { DestinationName = "*", LocalBindPort = 1 }) },
        { "unknown upstream destination type: \"zz\"", Of(new Upstream { DestinationType = "zz" }) },
        { "upstream local bind port or local socket path must be defined and nonzero", Of(new Upstream { DestinationName = "a" }) },
        {
            "only one of upstream local bind port or local socket path can be defined and nonzero",
            Of(new Upstream { DestinationName = "a", LocalBindPort = 1, LocalBindSocketPath = "/a" })
        },
        {
            "upstreams cannot contain duplicates of [type=\"\", name=\"a\\\"\", namespace=\"\", datacenter=\"d\"]",
            Of(
                new Upstream { DestinationName = "a\"", Datacenter = "d", LocalBindPort = 1 },
                new Upstream { DestinationName = "a\"", Datacenter = "d", LocalBindPort = 2 },
                new Upstream { DestinationName = "a\"", Datacenter = "e", LocalBindPort = 3 })
        },
        {
            "upstreams cannot contain duplicates by local bind address and port or unix path; \"127.0.0.1:1\" is specified twice",
            Of(
                new Upstream { DestinationName = "a", LocalBindPort = 1 },
                new Upstream { DestinationName = "b", LocalBindPort = 1, LocalBindAddress = "127.0.0.1" },
                new Upstream { DestinationName = "c", LocalBindPort = 1, LocalBindAddress = "::1" })
        },
        {
            "upstreams cannot contain duplicates by local bind address and port or unix path; \"/a\" is specified twice",
            Of(new Upstream { DestinationName = "a", LocalBindSocketPath = "/a" }, new Upstream { DestinationName = "b", LocalBindSocketPath = "/a" })
        },
        { "expose.paths: empty path exposed", Of(new ExposePath { ListenerPort = 1 }) },
        {
            "expose.paths: duplicate listener ports exposed",
            Of(new ExposePath { Path = "/a", ListenerPort = 1 }, new ExposePath { Path = "/b", ListenerPort = 1 })
        },
        { "expose.paths: invalid listener port: 65536", Of(new ExposePath { Path = "/a", ListenerPort = 65_536 }) },
        { "protocol 'tcp' not supported for path: /a, must be in: [http http2]", Of(new ExposePath { Path = "/a", ListenerPort = 1, Protocol = "tcp" }) },
        { "Port must be non-zero for a mesh-gateway", Web with { Kind = "mesh-gateway", Port = 0 } },
        { "Port must be non-zero for a terminating-gateway", Web with { Kind = "terminating-gateway", Port = 0 } },
        {
            "The Proxy.DestinationServiceName configuration is invalid for a mesh-gateway",
            Web with { Kind = "mesh-gateway", Proxy = new ProxyConfig { DestinationServiceName = "a" } }
        },
        {
            "The Proxy.DestinationServiceID configuration is invalid for a ingress-gateway",
            Web with { Kind = "ingress-gateway", Port = 0, Proxy = new ProxyConfig { DestinationServiceId = "a" } }
        },
        { "The Proxy.LocalServiceAddress configuration is invalid for a mesh-gateway", Web with { Kind = "mesh-gateway", Proxy = new ProxyConfig { LocalServiceAddress = "a" } } },
        { "The Proxy.LocalServicePort configuration is invalid for a mesh-gateway", Web with { Kind = "mesh-gateway", Proxy = new ProxyConfig { LocalServicePort = 1 } } },
        {
            "The Proxy.LocalServiceSocketPath configuration is invalid for a mesh-gateway",
            Web with { Kind = "mesh-gateway", Proxy = new ProxyConfig { LocalServiceSocketPath = "a" } }
        },
        { "The Proxy.Upstreams configuration is invalid for a mesh-gateway", Web with { Kind = "mesh-gateway", Proxy = new ProxyConfig { Upstreams = [new Upstream()] } } },
        { "Port must be between 0 and 65535, not 70000", Web with { Port = 70_000 } }, // REG-10
        { "upstream local bind port must be between 0 and 65535, not -1", Of(new Upstream { DestinationName = "a", LocalBindPort = -1 }) },
    };

    [Theory] // REG-4
    [MemberData(nameof(Weights))]
    public void Weights_are_checked_where_they_are_given(string? error, int passing, int warning)
    {
        var service = Web with { Weights = new ServiceWeights(passing, warning) };
        ErrorOf(new ServiceDefinition { Service = service, HasWeights = true }).Should().Be(error is null ? null : "Invalid Weights: " + error);
        ErrorOf(new ServiceDefinition { Service = service }).Should().BeNull();
    }

    [Theory] // REG-5
    [InlineData("", "v", "Key cannot be blank")]
    [InlineData("a b", "v", "Key contains invalid characters")]
    [InlineData("ä", "v", "Key contains invalid characters")]
    [InlineData("consul-wan-federation", "v", "Key prefix 'consul-' is reserved for internal use")]
    [InlineData("a-B_9", "v", null)]
    public void Meta_is_checked_pair_by_pair(string key, string value, string? error) => ErrorOf(WithMeta((key, value)))
        .Should().Be(error is null ? null : $"Invalid Service Meta: Couldn't load metadata pair ('{key}', '{value}'): {error}");

    [Fact] // REG-5
    public void Meta_has_bounds()
    {
        ErrorOf(WithMeta((new string('k', 128), new string('v', 512)))).Should().BeNull();
        LimitOf(WithMeta((new string('k', 129), "v"))).Should().Be("services.meta_key");
        LimitOf(WithMeta(("k", new string('v', 513)))).Should().Be("services.meta_value");
        LimitOf(WithMeta([.. Enumerable.Range(0, 65).Select(static n => ($"k{n}", "v"))])).Should().Be("services.meta_keys");
        ErrorOf(WithMeta([.. Enumerable.Range(0, 65).Select(static n => ($"k{n}", "v"))]))
            .Should().Be("Invalid Service Meta: Node metadata cannot contain more than 64 key/value pairs");
        ErrorOf(WithMeta((new string('k', 129), "v"))).Should().EndWith(": Key is too long (limit: 128 characters)");
        ErrorOf(WithMeta(("k", new string('v', 513)))).Should().EndWith(": Value is too long (limit: 512 characters)");
    }

    [Fact] // AG-12: its own path, and those of what is made out of it, must be names
    public void An_ID_leaves_room_for_what_is_made_out_of_it()
    {
        ErrorOf(new ServiceDefinition { Service = Web with { Id = new string('x', 4032) } }).Should().BeNull();
        LimitOf(new ServiceDefinition { Service = Web with { Id = new string('x', 4033) } }).Should().Be("services.id");
    }

    [Theory] // the state's text ends at a U+0000; an agent names both in the body of a deregistration (CAT-8), so slashes and dots are well
    [InlineData("a\0", "b", "Invalid service: ID \"a\\x00\" has a character that is not printable")]
    [InlineData("a", "b\u200b", "Invalid check: CheckID \"b\\u200b\" has a character that is not printable")]
    [InlineData("..", "a//b", null)]
    public void A_catalog_takes_IDs_that_can_be_printed(string serviceId, string checkId, string? error) => TextOf(() => CatalogRules.Complete(
        new CatalogRegistration(new CatalogNode { Name = "n", Address = "a" })
        {
            Service = Web with { Id = serviceId },
            Checks = [new HealthCheck { CheckId = checkId }],
        })).Should().Be(error);

    [Fact] // REG-5
    public void A_mesh_gateway_may_say_that_it_is_for_federation()
    {
        var definition = WithMeta(("consul-wan-federation", "1"));
        ErrorOf(definition with { Service = definition.Service with { Kind = ServiceKinds.MeshGateway } }).Should().BeNull();
    }

    [Theory] // REG-6 to REG-8, REG-10
    [MemberData(nameof(Kinds))]
    public void Each_rule_of_a_kind_has_its_text(string error, NodeService service) =>
        ErrorOf(new ServiceDefinition { Service = service }).Should().Be($"1 error occurred:\n\t* {error}\n\n");

    [Fact] // REG-8, REG-9
    public void A_gateway_has_no_sidecar() =>
        ErrorOf(new ServiceDefinition { Service = Web with { Kind = "mesh-gateway" }, Sidecar = new ServiceDefinition { Service = Web with { Id = "" } } })
            .Should().Be("1 error occurred:\n\t* A mesh-gateway cannot have a sidecar service defined\n\n");

    [Theory] // REG-7: what may stand
    [InlineData("service")]
    [InlineData("prepared_query")]
    [InlineData("")]
    public void A_proxy_may_have_such_upstreams(string type) =>
        ErrorOf(new ServiceDefinition { Service = Of(new Upstream { DestinationType = type, DestinationName = "a", LocalBindPort = 1 }) }).Should().BeNull();

    [Fact] // REG-10
    public void An_unknown_kind_is_taken() => ErrorOf(new ServiceDefinition { Service = Web with { Kind = "bogus" } }).Should().BeNull();

    [Theory] // REG-18
    [InlineData("web-1", true)]
    [InlineData("web_1", false)]
    [InlineData("a.b", false)]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234", false)]
    public void Some_names_cannot_be_looked_up_in_DNS(string name, bool isOne) => ServiceRules.IsDnsName(name).Should().Be(isOne);

    [Theory] // REG-12
    [InlineData("10.0.0.1", "lan_ipv4,wan_ipv4")]
    [InlineData("::ffff:10.0.0.1", "lan_ipv4,wan_ipv4")]
    [InlineData("2001:db8::1", "lan_ipv6,wan_ipv6")]
    [InlineData("web.example", "")]
    [InlineData("10.0.0", "")]
    [InlineData("010.0.0.1", "")]
    [InlineData("fe80::1%eth0", "")]
    [InlineData("", "")]
    public void Tagged_addresses_follow_from_the_address(string address, string tags)
    {
        var complete = TaggedAddressRules.Complete(Web with { Address = address });
        complete.TaggedAddresses.Keys.Order(StringComparer.Ordinal).Should().Equal(tags.Split(',', StringSplitOptions.RemoveEmptyEntries));
        complete.TaggedAddresses.Values.Should().AllBeEquivalentTo(new ServiceAddress(address, 80));
    }

    [Fact] // REG-12
    public void A_tagged_address_that_was_given_stays()
    {
        var given = new Dictionary<string, ServiceAddress>(StringComparer.Ordinal) { ["lan_ipv4"] = new("10.0.0.9", 9), ["virtual"] = new("x", 1) };
        TaggedAddressRules.Complete(Web with { Address = "10.0.0.1", TaggedAddresses = given }).TaggedAddresses.Should().BeEquivalentTo(
            new Dictionary<string, ServiceAddress>(given, StringComparer.Ordinal) { ["wan_ipv4"] = new("10.0.0.1", 80) });
    }

    [Theory] // REG-12
    [InlineData("lan_ipv4", "::1", "ipv4")]
    [InlineData("wan_ipv4", "", "ipv4")]
    [InlineData("lan_ipv6", "1.2.3.4", "ipv6")]
    [InlineData("wan_ipv6", "x", "ipv6")]
    public void A_tagged_address_is_of_its_kind(string tag, string address, string kind)
    {
        var service = Web with { TaggedAddresses = new Dictionary<string, ServiceAddress>(StringComparer.Ordinal) { [tag] = new(address, 1) } };
        service.Invoking(static value => TaggedAddressRules.Complete(value)).Should().Throw<ServerException>()
            .WithMessage($"Service tagged address \"{tag}\" must be a valid {kind} address").Which.Kind.Should().Be(FailureKind.Invalid);
    }

    [Theory] // CAT-2, with CAT-2's order
    [InlineData("", "zz", "", null, "Must provide node")]
    [InlineData("n", "zz", "", null, "Bad node ID: uuid string is wrong length")]
    [InlineData("n", "11111111-2222-3333-4444-55555555555x", "", null, "Bad node ID: uuid is improperly formatted")]
    [InlineData("n", "11111111-2222-3333-4444-555555555555", "", null, "Must provide address if SkipNodeUpdate is not set")]
    [InlineData("n", "", "a", "", "Must provide service name with ID")]
    [InlineData("n", "", "a", "s", null)]
    public void A_registration_with_the_catalog_is_checked(string node, string id, string address, string? service, string? error)
    {
        var registration = new CatalogRegistration(new CatalogNode { Name = node, Id = id, Address = address })
        {
            Service = service is null ? null : new NodeService { Id = "i", Name = service },
        };
        TextOf(() => CatalogRules.Complete(registration)).Should().Be(error);
        if (address.Length == 0 && error!.StartsWith("Must provide address", StringComparison.Ordinal))
        {
            TextOf(() => CatalogRules.Complete(registration with { SkipNodeUpdate = true })).Should().BeNull();
        }
    }

    [Fact] // CAT-1, CAT-4
    public void A_registration_with_the_catalog_is_completed()
    {
        var complete = CatalogRules.Complete(new CatalogRegistration(new CatalogNode { Name = "n", Address = "a" })
        {
            Service = new NodeService
            {
                Id = "",
                Name = "web",
                Weights = new ServiceWeights(0, 0),
                Proxy = new ProxyConfig { Upstreams = [new Upstream { DestinationName = "db" }] },
            },
            Checks =
            [
                new HealthCheck { CheckId = "", Name = "c", Status = "", Definition = new CheckDefinition { Http = "h" } },
                new HealthCheck { CheckId = "d", Node = "m", Status = "meh", Type = "t", Definition = new CheckDefinition { Http = "h" } },
            ],
        });
        complete.Service.Should().BeEquivalentTo(new NodeService
        {
            Id = "web",
            Name = "web",
            Proxy = new ProxyConfig { Upstreams = [new Upstream { DestinationName = "db" }] }, // DATA-6: without a type
        });
        complete.Checks.Select(static check => (check.Node, check.CheckId, check.Status, check.Type))
            .Should().Equal(("n", "c", "critical", "http"), ("m", "d", "meh", "t"));
        TextOf(() => CatalogRules.Complete(complete with { Checks = [new HealthCheck { CheckId = "" }] })).Should().Be("Must provide check ID or name");
    }

    private static ServiceDefinition WithMeta(params (string Key, string Value)[] meta) =>
        new() { Service = Web with { Meta = meta.ToDictionary(static pair => pair.Key, static pair => pair.Value, StringComparer.Ordinal) } };

    private static NodeService Of(ProxyConfig proxy) => Proxy with { Proxy = proxy };

    private static NodeService Of(params Upstream[] upstreams) => Of(Proxy.Proxy! with { Upstreams = upstreams });

    private static NodeService Of(params ExposePath[] paths) => Of(Proxy.Proxy! with { Expose = new ExposeConfig(Checks: false, paths) });

    private static string? ErrorOf(ServiceDefinition definition) => TextOf(() => ServiceRules.Validate(definition));

    private static string? TextOf(Action rule)
    {
        try
        {
            rule();
            return null;
        }
        catch (ServerException error) when (error.Kind == FailureKind.Invalid)
        {
            return error.Message;
        }
    }

    private static string? LimitOf(ServiceDefinition definition) =>
        definition.Invoking(ServiceRules.Validate).Should().Throw<ServerException>().Which.Limit;
}
