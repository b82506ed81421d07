using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using ConnectAgent.TestKit.Authority;
using ConnectAgent.TestKit.State;
using ConnectAgent.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Tests.ControlPlane.Authority;

/// <summary>The whole authority on a manual clock, with the built-in and the scripted provider.</summary>
internal sealed class AuthorityFixture : IAsyncDisposable
{
    public const string ClusterId = "11111111-2222-3333-4444-555555555555";

    private readonly ServiceProvider _services;

    private AuthorityFixture(AuthorityOptions options, SharedStateStorage storage, ManualTimeProvider clock)
    {
        (Storage, Clock) = (storage, clock);
        Scripted = new ScriptedProviderFactory(Clock);
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(Log).SetMinimumLevel(LogLevel.Trace));
        services.AddSingleton<TimeProvider>(Clock);
        services.AddControlPlane(options, BlockingLimits.Standard, new AclOptions());
        services.AddSingleton<IStateStorage>(storage).AddSingleton<ICertificateProviderFactory>(Scripted);
        _services = services.BuildServiceProvider();
    }

    public ManualTimeProvider Clock { get; }

    public SharedStateStorage Storage { get; }

    public ScriptedProviderFactory Scripted { get; }

    public ListLog Log { get; } = new();

    public StateStore Store => _services.GetRequiredService<StateStore>();

    public AuthorityManager Manager => _services.GetRequiredService<AuthorityManager>();

    public AuthorityUpkeepService Keeper => _services.GetRequiredService<AuthorityUpkeepService>();

    public CertificateAuthority Authority => _services.GetRequiredService<CertificateAuthority>();

    public AuthorityRoots Roots => Store.Current.Find(AuthorityTables.Roots, StateTable.OnlyKey)!;

    public CaRoot Active => Roots.FindActive()!.Root;

    /// <summary>Opens the state, and starts nothing.</summary>
    public static AuthorityFixture Open(
        string? config = null, SharedStateStorage? storage = null, bool autoRotate = false, string provider = "consul") => new(
        new AuthorityOptions
        {
            ClusterId = ClusterId,
            Configuration = config ?? AuthorityOptions.DefaultConfiguration,
            AutoRotate = autoRotate,
            Provider = provider,
        },
        storage ?? new SharedStateStorage(),
        new ManualTimeProvider());

    public static async Task<AuthorityFixture> StartAsync(
        string? config = null, SharedStateStorage? storage = null, bool autoRotate = false, string provider = "consul")
    {
        var fixture = Open(config, storage, autoRotate, provider);
        await fixture.Manager.InitializeAsync();
        return fixture;
    }

    public Task PutAsync(string config, string provider = "consul", bool force = false, ulong modifyIndex = 0, IReadOnlyDictionary<string, string>? state = null) =>
        Manager.ConfigureAsync(new CaConfigurationChange(provider, config, state, force, modifyIndex), CancellationToken.None);

    /// <summary>Signs a leaf; the chain's certificates, the leaf first.</summary>
    public async Task<X509Certificate2Collection> SignAsync(string service = "web")
    {
        // The default limit gives a token every 20 ms, and this clock stands still.
        Clock.Advance(TimeSpan.FromMilliseconds(20));
        var identity = new ServiceId(TrustDomain.FromClusterId(ClusterId), "dc1", service);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(SanExtension.Create(identity.ToString(), request.SubjectName));
        var (pem, _) = await Authority.SignAsync(identity, request.CreateSigningRequest(), "dc1", CancellationToken.None);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem);
        return chain;
    }

    /// <summary>What is wrong with a chain as sent for a peer that trusts one root only; null when the product and the second judge find nothing.</summary>
    public string? Problem(X509Certificate2Collection chain, CaRoot root)
    {
        using var trusted = X509Certificate2.CreateFromPem(root.RootCert);
        var problem = CertificateChains.Problem(chain[0], chain.Skip(1), trusted, Clock.GetUtcNow());
        if (problem is null)
        {
            CertificateJudge.Accept(chain.ExportCertificatePems(), root.RootCert, Clock.GetUtcNow());
        }

        return problem;
    }

    public async ValueTask DisposeAsync() => await _services.DisposeAsync();
}

/// <summary>Every line that was logged, with its level.</summary>
internal sealed class ListLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");

    public void Dispose()
    {
        // The lines stay readable.
    }
}
