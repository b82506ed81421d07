using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Services.Rules;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Services.Rules;

/// <summary>Services SIDE-1 to SIDE-3, SIDE-6.</summary>
public sealed class SidecarRulesTests
{
    private static readonly NodeService Web = new()
    {
        Id = "web1",
        Name = "web",
        Port = 8080,
        Tags = ["a"],
        Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["k"] = "v" },
    };

    [Fact] // SIDE-1 to SIDE-3: the ID from the parent's ID, the name from its name
    public void An_empty_sidecar_gets_all_from_its_parent() => Expand(Web, Nothing).Service.Should().BeEquivalentTo(new NodeService
    {
        Kind = ServiceKinds.ConnectProxy,
        Id = "web1-sidecar-proxy",
        Name = "web-sidecar-proxy",
        Port = 21000,
        Tags = Web.Tags,
        Meta = Web.Meta,
        Proxy = new ProxyConfig { DestinationServiceName = "web", DestinationServiceId = "web1", LocalServiceAddress = "127.0.0.1", LocalServicePort = 8080 },
    });

    [Fact] // SIDE-1 to SIDE-3
    public void What_a_sidecar_says_stays()
    {
        var given = Nothing with
        {
            Kind = "bogus",
            Name = "n",
            Address = "a",
            Tags = ["b"],
            Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["l"] = "w" },
            Weights = new ServiceWeights(2, 3),
            EnableTagOverride = true,
            Proxy = new ProxyConfig { DestinationServiceName = "x", DestinationServiceId = "y", LocalServiceAddress = "b", LocalServicePort = 7 },
        };
        Expand(Web, given).Service.Should().Be(given with { Id = "web1-sidecar-proxy", Port = 21000 });
    }

    [Theory] // SIDE-3
    [InlineData("", 0, "", "", "127.0.0.1", 8080, "")]
    [InlineData("b", 0, "", "", "b", 8080, "")]
    [InlineData("b", -1, "", "", "b", 8080, "")]
    [InlineData("", 7, "", "", "127.0.0.1", 7, "")]
    [InlineData("", 0, "/own", "/parent", "", 0, "/own")]
    [InlineData("", 0, "", "/parent", "", 0, "/parent")]
    [InlineData("b", 7, "", "/parent", "b", 7, "")]
    public void Where_the_service_listens(string address, int port, string socket, string parentSocket, string expectedAddress, int expectedPort, string expectedSocket)
    {
        var proxy = new ProxyConfig { LocalServiceAddress = address, LocalServicePort = port, LocalServiceSocketPath = socket };
        var expanded = Expand(Web with { SocketPath = parentSocket }, Nothing with { Proxy = proxy }).Service.Proxy!;
        (expanded.LocalServiceAddress, expanded.LocalServicePort, expanded.LocalServiceSocketPath).Should().Be((expectedAddress, expectedPort, expectedSocket));
    }

    [Theory] // SIDE-6: its own address if it has one, or its parent's
    [InlineData("", "", "127.0.0.1:21000")]
    [InlineData("10.1.2.3", "", "10.1.2.3:21000")]
    [InlineData("10.1.2.3", "::1", "[::1]:21000")]
    public void Without_checks_a_sidecar_gets_two(string parentAddress, string address, string target)
    {
        var sidecar = Expand(Web with { Address = parentAddress }, Nothing with { Address = address });
        CheckRules.OfService(sidecar.Service, sidecar.Checks).Should().BeEquivalentTo(
            [
                new CheckRequest
                {
                    CheckId = "service:web1-sidecar-proxy:1",
                    Name = "Connect Sidecar Listening",
                    ServiceId = "web1-sidecar-proxy",
                    Definition = new CheckDefinition { Tcp = target, Interval = TimeSpan.FromSeconds(10) },
                },
                new CheckRequest
                {
                    CheckId = "service:web1-sidecar-proxy:2",
                    Name = "Connect Sidecar Aliasing web1",
                    ServiceId = "web1-sidecar-proxy",
                    Definition = new CheckDefinition { AliasService = "web1" },
                },
            ],
            static options => options.WithStrictOrdering());
    }

    [Fact] // SIDE-6
    public void With_checks_a_sidecar_keeps_its_own()
    {
        CheckRequest[] own = [new CheckRequest { Name = "c" }];
        SidecarRules.Expand(Parent(Web, Nothing, own), 1).Checks.Should().Equal(own);
    }

    [Fact] // REG-13, REG-7
    public void The_rules_of_proxies_hold()
    {
        var upstream = new Upstream { DestinationName = "db", LocalBindPort = 1 };
        var given = Nothing with { Proxy = new ProxyConfig { Upstreams = [upstream] } };
        Expand(Web, given).Service.Proxy!.Upstreams.Should().Equal(upstream with { DestinationType = "service" });
        var twice = () => Expand(Web, given with { Proxy = given.Proxy with { Upstreams = [upstream, upstream] } });
        twice.Should().Throw<ServerException>().Where(static error => error.Kind == FailureKind.Invalid).WithMessage(
            "1 error occurred:\n\t* upstreams cannot contain duplicates of [type=\"service\", name=\"db\", namespace=\"\", datacenter=\"\"]\n\n");
    }

    [Fact] // REG-3 to REG-5
    public void The_rules_of_services_hold_but_for_weights_that_were_not_sent()
    {
        ErrorOf(Nothing with { Address = "0.0.0.0" }).Should().Be("Invalid service address");
        ErrorOf(Nothing with { Weights = new ServiceWeights(1, -1) }).Should().Be("Invalid Weights: Warning must be greater or equal than 0");
        ErrorOf(Nothing with { Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["consul-x"] = "y" } })
            .Should().StartWith("Invalid Service Meta: ");

        static string ErrorOf(NodeService sidecar)
        {
            var parent = Parent(Web, sidecar, []);
            var expand = () => SidecarRules.Expand(parent with { Sidecar = parent.Sidecar! with { HasWeights = true } }, 21000);
            return expand.Should().Throw<ServerException>().Where(static error => error.Kind == FailureKind.Invalid).Which.Message;
        }
    }

    private static NodeService Nothing => new() { Id = "", Name = "" };

    private static ServiceDefinition Expand(NodeService parent, NodeService sidecar) => SidecarRules.Expand(Parent(parent, sidecar, []), 21000);

    private static ServiceDefinition Parent(NodeService parent, NodeService sidecar, IReadOnlyList<CheckRequest> checks) =>
        new() { Service = parent, Sidecar = new ServiceDefinition { Service = sidecar, Checks = checks } };
}
