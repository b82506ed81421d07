using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.Revocation;
using ConnectAgent.Http.Embedded;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;
using ConnectAgent.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ConnectAgent.Tests.ControlPlane.Revocation;

/// <summary>The control plane on a manual clock, in memory or in a folder that outlives it.</summary>
internal sealed class RevocationFixture : IAsyncDisposable
{
    public const string Cluster = "11111111-2222-3333-4444-555555555555";
    public const string Domain = Cluster + ".consul";

    private readonly ServiceProvider _services;

    private RevocationFixture(string? folder, ManualTimeProvider clock, TimeSpan leafLife)
    {
        Clock = clock;
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(clock);
        services.AddControlPlane(
            new AuthorityOptions
            {
                ClusterId = Cluster,
                Configuration = $$"""{"CSRMaxPerSecond":0,"LeafCertTTL":"{{GoDuration.Format(leafLife)}}","SkipValidate":true}""",
            },
            BlockingLimits.Standard,
            new AclOptions(),
            folder);
        services.AddSingleton(new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.AclsDisabled));
        services.AddEmbeddedServers();
        _services = services.BuildServiceProvider();
    }

    public ManualTimeProvider Clock { get; }

    public DateTimeOffset Now => Clock.GetUtcNow();

    public StateStore State => _services.GetRequiredService<StateStore>();

    public RevocationStore Revocations => _services.GetRequiredService<RevocationStore>();

    public RevocationListSigner Lists => _services.GetRequiredService<RevocationListSigner>();

    public CertificateAuthority Authority => _services.GetRequiredService<CertificateAuthority>();

    public IHostedService Upkeep => _services.GetServices<IHostedService>().OfType<RevocationUpkeepService>().Single();

    public static async Task<RevocationFixture> StartAsync(
        string? folder = null, ManualTimeProvider? clock = null, TimeSpan? leafLife = null)
    {
        var fixture = new RevocationFixture(folder, clock ?? new(), leafLife ?? TimeSpan.FromHours(72));
        await fixture._services.GetRequiredService<AuthorityManager>().InitializeAsync();
        return fixture;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    public static ServiceId Id(string service, string datacenter = "dc1", string host = Domain) => new(host, datacenter, service);

    /// <summary>Has a leaf signed, and gives its serial.</summary>
    public async Task<string> SignAsync(string service)
    {
        using var leaf = X509Certificate2.CreateFromPem(await IssueAsync(service));
        return ColonHex.FormatSerial(leaf.SerialNumberBytes.Span);
    }

    /// <summary>Has a leaf signed, and gives its chain.</summary>
    public async Task<string> IssueAsync(string service)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (await _services.GetRequiredService<IServerClient>().SignLeafAsync(
            Id(service), LeafIssuer.CreateRequest(Id(service), key), string.Empty, CancellationToken.None)).CertificatePem;
    }

    /// <summary>Replaces the root by one with another kind of key.</summary>
    public Task RotateAsync(string type, int bits) => _services.GetRequiredService<AuthorityManager>().ConfigureAsync(
        new CaConfigurationChange("consul", $$"""{"CSRMaxPerSecond":0,"LeafCertTTL":"72h","PrivateKeyType":"{{type}}","PrivateKeyBits":{{bits}},"SkipValidate":true}""", null, false, 0),
        CancellationToken.None);

    public Task<RevocationEntry> RevokeAsync(string service, DateTimeOffset? issuedBefore = null) =>
        Revocations.RevokeIdentityAsync(Id(service), "dc1", issuedBefore, CancellationToken.None);

    public async Task<IReadOnlyList<RevocationEntry>> ListAsync() =>
        (await Revocations.ListAsync(default, CancellationToken.None)).List.Revoked;
}
