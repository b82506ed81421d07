using System.Net;
using ConnectAgent.Proxy;

namespace ConnectAgent.Tests.Proxy;

/// <summary>A proxy that runs in this process until it is disposed.</summary>
internal sealed class RunningProxy : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<SidecarProxy> _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;

    public EndPoint Public { get; private set; } = null!;

    public static async Task<RunningProxy> StartAsync(ProxySetup setup, ProxyServices services)
    {
        var proxy = new RunningProxy();
        proxy._running = ProxyRun.RunAsync(setup, services, proxy._serving.SetResult, proxy._stop.Token);
        await await Task.WhenAny(proxy._running, proxy._serving.Task);
        proxy.Public = (await proxy._serving.Task).PublicAddress!;
        return proxy;
    }

    public async Task<EndPoint> UpstreamAsync(string name) => (await _serving.Task).AddressOf(name);

    /// <summary>Begins to stop.</summary>
    public Task StopAsync()
    {
        _stop.Cancel();
        return _running;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }
}
