using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.CentralConfig;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.TestKit.Servers;

/// <summary>What every back end of <see cref="IServerClient"/> must do about the catalog; derive a test class for each.</summary>
public abstract class ServerClientCatalogConformance
{
    private const string Id = "11111111-2222-3333-4444-555555555555";
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly CatalogNode Node = new()
    {
        Id = Id,
        Name = "host-1",
        Address = "10.0.0.1",
        Datacenter = "dc1",
        TaggedAddresses = new Dictionary<string, string> { ["lan"] = "10.0.0.1" },
        Meta = new Dictionary<string, string> { ["os"] = "linux" },
    };

    private static readonly NodeService Web = new() { Id = "web-1", Name = "web", Port = 80, Tags = ["a"] };

    private static readonly HealthCheck Check = new()
    {
        CheckId = "service:web-1",
        Name = "Service 'web' check",
        Status = CheckStatus.Passing,
        Output = "fine",
        ServiceId = "web-1",
        Type = "ttl",
    };

    // All that a registration can say, so that nothing is lost on the way.
    private static readonly NodeService Proxy = new()
    {
        Kind = ServiceKinds.ConnectProxy,
        Id = "web-1-sidecar-proxy",
        Name = "web-sidecar-proxy",
        Tags = ["a<b", "é"],
        Address = "10.0.0.2",
        TaggedAddresses = new Dictionary<string, ServiceAddress> { ["lan_ipv4"] = new("10.0.0.2", 21000) },
        Meta = new Dictionary<string, string> { ["version"] = "1" },
        Port = 21000,
        Weights = new ServiceWeights(3, 0),
        EnableTagOverride = true,
        Proxy = new ProxyConfig
        {
            DestinationServiceName = "web",
            DestinationServiceId = "web-1",
            LocalServiceAddress = "127.0.0.1",
            LocalServicePort = 80,
            Mode = "transparent",
            TransparentProxy = new TransparentProxy(15001, true),
            Config = """{"a":[1.50,null],"b":{"c":true}}""",
            MeshGatewayMode = "local",
            Expose = new ExposeConfig(true, [new ExposePath { ListenerPort = 1, Path = "/p", LocalPathPort = 2, Protocol = "http" }]),
            Upstreams =
            [
                new Upstream
                {
                    DestinationType = "service",
                    DestinationName = "db",
                    Datacenter = "dc1",
                    LocalBindAddress = "127.0.0.1",
                    LocalBindPort = 9191,
                    Config = """{"protocol":"http"}""",
                    MeshGatewayMode = "remote",
                },
            ],
        },
    };

    /// <summary>The back end, serving <c>dc1</c> with no such node and no config entries, ACLs off.</summary>
    protected abstract IServerClient Client { get; }

    /// <summary>The same kind of back end with ACLs on, a default policy of deny, and a token with these rights.</summary>
    /// <returns>The back end and the token.</returns>
    protected abstract Task<(IServerClient Client, string Token)> GuardAsync(params AccessRequest[] rights);

    /// <summary>Puts a config entry, without its indexes, into the back end.</summary>
    protected abstract Task PutConfigEntryAsync(string json);

    [Fact] // CFG-5, CENT-4
    public async Task Config_entries_of_a_kind_are_listed_and_a_blocking_read_wakes_on_a_write()
    {
        var before = await EntriesAsync("service-defaults");
        (before.Value.Count, before.Index > 0).Should().Be((0, true));
        var held = EntriesAsync("service-defaults", before.Index);
        held.IsCompleted.Should().BeFalse();
        await PutConfigEntryAsync("""{"Kind":"service-defaults","Name":"Web","Protocol":"http"}""");
        var after = (await held.WaitAsync(Patience)).Value;
        after.Count.Should().Be(1);
        after.Of("WEB").Should().NotBeSameAs(CentralEntry.None);
        after.Of("db").Should().BeSameAs(CentralEntry.None);
        (await EntriesAsync("proxy-defaults")).Value.Count.Should().Be(0);
    }

    [Fact] // CAT-14, HLT-6
    public async Task An_unknown_node_is_none_and_has_no_checks()
    {
        (await NodeAsync()).Value.Should().BeSameAs(NodeView.None);
        (await NodeAsync()).Index.Should().BePositive();
        (await ChecksAsync()).Value.Should().BeEmpty();
    }

    [Fact] // CAT-1, DATA-5, DATA-8, DATA-9
    public async Task What_is_registered_is_read_as_it_was_written()
    {
        // When
        await RegisterAsync(new CatalogRegistration(Node) { Service = Web, Checks = [Check] });
        await RegisterAsync(new CatalogRegistration(Node) { SkipNodeUpdate = true, Service = Proxy });
        await RegisterAsync(new CatalogRegistration(Node) { SkipNodeUpdate = true, Checks = [new HealthCheck { CheckId = "alive", Name = "alive" }] });

        // Then
        var node = (await NodeAsync()).Value;
        CatalogForm.AreSame(node.Node!, Node).Should().BeTrue(node.ToString());
        node.Services.Keys.Should().BeEquivalentTo("web-1", "web-1-sidecar-proxy");
        CatalogForm.AreSame(node.Services["web-1"], Web).Should().BeTrue();
        CatalogForm.AreSame(node.Services["web-1-sidecar-proxy"], Proxy).Should().BeTrue();
        var checks = (await ChecksAsync()).Value;
        checks.Select(check => (check.CheckId, check.Status, check.Output, check.ServiceName, check.Type)).Should().BeEquivalentTo(
            [("alive", "critical", "", "", ""), ("service:web-1", "passing", "fine", "web", "ttl")]);
        checks.Single(check => check.ServiceId == "web-1").ServiceTags.Should().Equal("a");
    }

    [Fact] // CAT-5
    public async Task What_is_there_already_is_no_change()
    {
        await RegisterAsync(new CatalogRegistration(Node) { Service = Web, Checks = [Check] });
        var before = await NodeAsync();
        await RegisterAsync(new CatalogRegistration(Node) { Service = Web, Checks = [Check] });
        (await NodeAsync()).Index.Should().Be(before.Index);
    }

    [Fact] // CAT-3
    public async Task A_registration_may_leave_the_node_as_it_is()
    {
        await RegisterAsync(new CatalogRegistration(Node));
        await RegisterAsync(new CatalogRegistration(Node with { Address = "10.9.9.9", Meta = null }) { SkipNodeUpdate = true, Service = Web });
        (await NodeAsync()).Value.Node!.Address.Should().Be("10.0.0.1");
        await RegisterAsync(new CatalogRegistration(Node with { Address = "10.9.9.9", Meta = null }));
        var node = (await NodeAsync()).Value.Node!;
        (node.Address, node.Meta).Should().Be(("10.9.9.9", null));
    }

    [Fact] // CAT-8
    public async Task A_service_goes_with_its_checks_and_what_is_unknown_goes_without_a_word()
    {
        await RegisterAsync(new CatalogRegistration(Node) { Service = Web, Checks = [Check, new HealthCheck { CheckId = "alive", Name = "alive" }] });
        await DeregisterAsync("no-such-service");
        await DeregisterAsync(checkId: "no-such-check");
        await DeregisterAsync("web-1");
        (await NodeAsync()).Value.Services.Should().BeEmpty();
        (await ChecksAsync()).Value.Should().ContainSingle().Which.CheckId.Should().Be("alive");
        await DeregisterAsync(checkId: "alive");
        (await ChecksAsync()).Value.Should().BeEmpty();
        await DeregisterAsync();
        (await NodeAsync()).Value.Node.Should().BeNull();
    }

    [Fact] // IDX-5
    public async Task Blocking_reads_of_a_node_wake_on_its_changes()
    {
        await RegisterAsync(new CatalogRegistration(Node));
        var (node, checks) = ((await NodeAsync()).Index, (await ChecksAsync()).Index);
        var heldNode = NodeAsync(node);
        var heldChecks = ChecksAsync(checks);
        (heldNode.IsCompleted, heldChecks.IsCompleted).Should().Be((false, false));
        await RegisterAsync(new CatalogRegistration(Node) { SkipNodeUpdate = true, Service = Web, Checks = [Check] });
        (await heldNode.WaitAsync(Patience)).Value.Services.Should().ContainKey("web-1");
        (await heldChecks.WaitAsync(Patience)).Value.Should().ContainSingle();
    }

    [Fact] // CAT-2
    public async Task A_registration_without_an_address_is_refused_in_the_references_words()
    {
        var failure = await FailureAsync(() => RegisterAsync(new CatalogRegistration(Node with { Address = string.Empty })));
        failure.Should().Be((FailureKind.Invalid, "Must provide address if SkipNodeUpdate is not set"));
    }

    [Fact] // DC-3
    public async Task An_unknown_datacenter_fails_with_the_references_words()
    {
        var register = await FailureAsync(() => RegisterAsync(new CatalogRegistration(Node with { Datacenter = "nowhere" })));
        register.Should().Be((FailureKind.Failed, "No path to datacenter"));
        var deregister = await FailureAsync(
            () => Client.DeregisterAsync(new CatalogDeregistration("nowhere", Node.Name), string.Empty, CancellationToken.None));
        deregister.Should().Be((FailureKind.Failed, "No path to datacenter"));
    }

    [Fact] // CAT-7
    public async Task A_registration_needs_the_rights_to_the_service_and_to_a_node_that_it_changes()
    {
        // Given
        var (client, token) = await GuardAsync(
            new(AclResource.Node, Node.Name, AclAccess.Write), new(AclResource.Node, Node.Name, AclAccess.Read), new(AclResource.Service, "web", AclAccess.Write));
        Task Register(CatalogRegistration registration, string secret) => client.RegisterAsync(registration, secret, CancellationToken.None);

        // Then
        (await FailureAsync(() => Register(new CatalogRegistration(Node), string.Empty))).Should().Be((FailureKind.PermissionDenied, "Permission denied"));
        (await FailureAsync(() => Register(new CatalogRegistration(Node), Id))).Should().Be((FailureKind.UnknownToken, "ACL not found"));
        await Register(new CatalogRegistration(Node) { Service = Web, Checks = [Check] }, token);
        (await FailureAsync(() => Register(new CatalogRegistration(Node) { SkipNodeUpdate = true, Service = Web with { Id = "db", Name = "db" } }, token)))
            .Should().Be((FailureKind.PermissionDenied, "Permission denied"));
        await client.DeregisterAsync(new CatalogDeregistration("dc1", Node.Name, "web-1"), token, CancellationToken.None);
    }

    private static async Task<(FailureKind Kind, string Message)> FailureAsync(Func<Task> call)
    {
        var failure = (await call.Should().ThrowAsync<ServerException>()).Which;
        return (failure.Kind, failure.Message);
    }

    private Task RegisterAsync(CatalogRegistration registration) => Client.RegisterAsync(registration, string.Empty, CancellationToken.None);

    private Task DeregisterAsync(string serviceId = "", string checkId = "") =>
        Client.DeregisterAsync(new CatalogDeregistration("dc1", Node.Name, serviceId, checkId), string.Empty, CancellationToken.None);

    private Task<ServerRead<NodeView>> NodeAsync(ulong index = 0) => Client.ReadNodeAsync("HOST-1", QueryAt(index), CancellationToken.None);

    private Task<ServerRead<IReadOnlyList<HealthCheck>>> ChecksAsync(ulong index = 0) =>
        Client.ReadNodeChecksAsync("host-1", QueryAt(index), CancellationToken.None);

    private Task<ServerRead<ConfigEntryList>> EntriesAsync(string kind, ulong index = 0) => Client.ReadConfigEntriesAsync(kind, QueryAt(index), CancellationToken.None);

    private static ServerQuery QueryAt(ulong index) => new("dc1", string.Empty, new BlockingQuery(index, Long));
}
