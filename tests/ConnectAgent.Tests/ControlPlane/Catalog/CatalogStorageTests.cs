using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Protocol.Services;
using ConnectAgent.State.Storage;
using FluentAssertions;
using Xunit;
using static ConnectAgent.Tests.ControlPlane.Catalog.CatalogFixture;

namespace ConnectAgent.Tests.ControlPlane.Catalog;

/// <summary>What is stored of the catalog comes back as it was.</summary>
public sealed class CatalogStorageTests : IDisposable
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("connect-agent-").FullName, "state.db");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    [Fact] // DATA-5, DATA-8, DATA-9; CAT-16: no index is less than before
    public async Task A_restart_loses_nothing()
    {
        // Given
        IReadOnlyList<InstanceHealth> before;
        ulong index;
        using (var catalog = Open())
        {
            await catalog.RegisterAsync(new CatalogRegistration(Node("n", "11111111-2222-3333-4444-555555555555") with { Meta = new Dictionary<string, string>() })
            {
                Service = Full(),
                Checks = [Check("alive"), FullCheck()],
            });
            await catalog.PutAsync("bare", Service("web", "web-proxy") with { Port = 0, Weights = new ServiceWeights(1, 0) });
            (before, index) = await catalog.HealthAsync("web-proxy");
        }

        // When
        using var again = Open();
        var (after, indexAfter) = await again.HealthAsync("WEB-proxy");

        // Then
        after.Should().BeEquivalentTo(before, options => options.WithStrictOrdering());
        indexAfter.Should().BeGreaterThanOrEqualTo(index);
        var last = again.State.LastIndex;
        await again.PutAsync("n", Full(), FullCheck());
        again.State.LastIndex.Should().Be(last, "all of it is there already");
    }

    private static NodeService Full() => ProxyOf("p", "web") with
    {
        Tags = ["a", "b"],
        Address = "10.0.0.2",
        TaggedAddresses = new Dictionary<string, ServiceAddress> { ["lan"] = new("10.0.0.2", 0), ["wan"] = new(string.Empty, 5) },
        Meta = new Dictionary<string, string> { ["k"] = string.Empty, ["a"] = "b" },
        SocketPath = "/run/p.sock",
        Weights = new ServiceWeights(3, 0),
        EnableTagOverride = true,
        Proxy = new ProxyConfig
        {
            DestinationServiceName = "web",
            Mode = "transparent",
            TransparentProxy = new TransparentProxy(0, false),
            Config = """{"a":[1,null]}""",
            Upstreams = [new Upstream { DestinationName = "db", LocalBindPort = 1, Config = "{}" }],
            Expose = new ExposeConfig(false, [new ExposePath { ListenerPort = 1, Path = "/p" }]),
        },
    };

    private static HealthCheck FullCheck() => Check("c", "p", CheckStatus.Warning) with
    {
        Name = "name",
        Notes = "notes",
        Output = "output",
        Interval = "10s",
        ExposedPort = 7,
        Definition = new CheckDefinition
        {
            Http = "http://a",
            Header = new Dictionary<string, IReadOnlyList<string>> { ["x"] = ["1", "2"] },
            Interval = TimeSpan.FromSeconds(10),
            ScriptArgs = ["a"],
        },
    };

    private CatalogFixture Open() => new(new SqliteStateStorage(_file, StateMigrations.Steps));
}
