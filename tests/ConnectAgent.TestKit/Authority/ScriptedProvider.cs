using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.Authority.BuiltIn;

namespace ConnectAgent.TestKit.Authority;

/// <summary>
/// A provider as one that keeps its keys elsewhere and signs leaves with an intermediate, and fails where the test says so. Roots are told apart by
/// the key <c>Path</c> of the configuration.
/// </summary>
internal sealed class ScriptedProviderFactory(TimeProvider clock) : ICertificateProviderFactory
{
    private long _serial = 1_000_000;

    public string Name => "scripted";

    public string DisplayName => "Scripted";

    public bool SupportsCrossSigning { get; set; } = true;

    /// <summary>The operation that fails, by the interface's name; null for none.</summary>
    public string? FailingAt { get; set; }

    public ProviderFault Fault { get; set; }

    /// <summary>Holds <c>GenerateChainAsync</c> until it completes.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Completes when a call waits at the gate.</summary>
    public TaskCompletionSource AtGate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<ScriptedProvider> Made { get; } = new();

    /// <summary>What is kept elsewhere.</summary>
    internal ConcurrentDictionary<string, ProviderRow> Elsewhere { get; } = new(StringComparer.Ordinal);

    public ICertificateProvider Create()
    {
        var provider = new ScriptedProvider(this, clock);
        Made.Enqueue(provider);
        return provider;
    }

    internal ulong TakeSerial() => (ulong)Interlocked.Increment(ref _serial);

    internal void Check(string operation)
    {
        if (FailingAt == operation)
        {
            throw new ProviderException($"scripted failure of {operation}", Fault);
        }
    }
}

internal sealed class ScriptedProvider(ScriptedProviderFactory script, TimeProvider clock) : ICertificateProvider
{
    private readonly BuiltInProvider _root = new(script.TakeSerial, clock);
    private readonly BuiltInProvider _signer = new(script.TakeSerial, clock);
    private string _path = string.Empty;
    private bool _isPrimary;

    public CaSettings Settings => _root.Settings;

    public IReadOnlyDictionary<string, string>? State => new Dictionary<string, string>(StringComparer.Ordinal) { ["path"] = _path };

    public ProviderRow? Row => null;

    public bool SupportsCrossSigning => script.SupportsCrossSigning;

    public bool IsStopped { get; private set; }

    public bool IsCleanedUp { get; private set; }

    public async Task ConfigureAsync(ProviderSetup setup, CancellationToken cancellationToken)
    {
        script.Check(nameof(ConfigureAsync));
        using var configuration = System.Text.Json.JsonDocument.Parse(setup.Configuration);
        _path = configuration.RootElement.TryGetProperty("Path", out var path) ? path.GetString()! : string.Empty;
        _isPrimary = setup.IsPrimary;
        await _root.ConfigureAsync(setup with { FindRow = _ => setup.Renew ? null : Find("root") }, cancellationToken);
        await _signer.ConfigureAsync(setup with { IsPrimary = false, FindRow = _ => setup.Renew ? null : Find("signer") }, cancellationToken);
    }

    public async Task<string> GenerateChainAsync(CancellationToken cancellationToken)
    {
        script.AtGate.TrySetResult();
        await script.Gate;
        script.Check(nameof(GenerateChainAsync));
        var chain = await _root.GenerateChainAsync(cancellationToken);
        script.Elsewhere[_path + "/root"] = _root.Row!;
        if ((await _signer.ActiveLeafSigningCertAsync(cancellationToken)).Length == 0)
        {
            await GenerateLeafSigningCertAsync(cancellationToken);
        }

        return chain;
    }

    public async Task GenerateLeafSigningCertAsync(CancellationToken cancellationToken)
    {
        script.Check(nameof(GenerateLeafSigningCertAsync));
        var request = await _signer.GenerateIntermediateCsrAsync(cancellationToken);
        await _signer.SetIntermediateAsync(
            await _root.SignIntermediateAsync(request.Request, cancellationToken),
            await _root.ActiveLeafSigningCertAsync(cancellationToken),
            request.Opaque,
            cancellationToken);
        script.Elsewhere[_path + "/signer"] = _signer.Row!;
    }

    public Task<string> ActiveLeafSigningCertAsync(CancellationToken cancellationToken) => _signer.ActiveLeafSigningCertAsync(cancellationToken);

    public Task<IntermediateRequest> GenerateIntermediateCsrAsync(CancellationToken cancellationToken) =>
        (_isPrimary ? _root : _signer).GenerateIntermediateCsrAsync(cancellationToken);

    public Task SetIntermediateAsync(string intermediate, string root, string opaque, CancellationToken cancellationToken) =>
        (_isPrimary ? _root : _signer).SetIntermediateAsync(intermediate, root, opaque, cancellationToken);

    public ValueTask<string> SignAsync(LeafOrder order, CancellationToken cancellationToken)
    {
        script.Check(nameof(SignAsync));
        return _signer.SignAsync(order, cancellationToken);
    }

    public Task<string> SignIntermediateAsync(string request, CancellationToken cancellationToken) =>
        _root.SignIntermediateAsync(request, cancellationToken);

    public Task<string> CrossSignAsync(X509Certificate2 root, TimeSpan life, CancellationToken cancellationToken)
    {
        script.Check(nameof(CrossSignAsync));
        return _root.CrossSignAsync(root, life, cancellationToken);
    }

    public Task CleanUpAsync(bool providerChanges, string otherConfiguration, CancellationToken cancellationToken)
    {
        script.Check(nameof(CleanUpAsync));
        IsCleanedUp = true;
        return Task.CompletedTask;
    }

    public void CheckUpdate(string oldConfiguration, string newConfiguration) => script.Check(nameof(CheckUpdate));

    public void Stop() => IsStopped = true;

    public void Dispose()
    {
        _root.Dispose();
        _signer.Dispose();
    }

    private ProviderRow? Find(string part) => script.Elsewhere.GetValueOrDefault($"{_path}/{part}");
}
