using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace ConnectAgent.Client;

/// <summary>The identities of an application: each is started when it is first asked for, and given back with the container.</summary>
public sealed class ConnectIdentities : IAsyncDisposable, IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Task<ConnectIdentity>>> _started = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConnectClient _client;
    private readonly ConnectAgentOptions _options;

    /// <summary>Made by the container.</summary>
    /// <param name="client">What asks the agent.</param>
    /// <param name="options">Which service the application is.</param>
    public ConnectIdentities(ConnectClient client, IOptions<ConnectAgentOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_client, _options) = (client, options.Value);
    }

    /// <summary>A service's identity, started when it is not yet. The container gives it back: do not dispose it.</summary>
    /// <param name="service">The service; null: <see cref="ConnectAgentOptions.Service"/>.</param>
    /// <param name="cancellationToken">Ends the wait, not the start.</param>
    /// <exception cref="ConnectException">The agent refused, or none could be reached in time; the next call tries again.</exception>
    /// <exception cref="InvalidOperationException">No service is named.</exception>
    public async ValueTask<ConnectIdentity> GetAsync(string? service = null, CancellationToken cancellationToken = default)
    {
        var name = service ?? _options.Service ?? throw new InvalidOperationException("the application has no service: set ConnectAgentOptions.Service, or name one");
        var starting = _started.GetOrAdd(name, one => new(() => ConnectIdentity.StartAsync(_client, one, _options.Identity, _stop.Token)));
        try
        {
            return await starting.Value.WaitAsync(cancellationToken);
        }
        catch (Exception) when (starting.Value.IsFaulted || starting.Value.IsCanceled)
        {
            _started.TryRemove(new(name, starting));
            throw;
        }
    }

    /// <summary>Gives all of them back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var starting in _started.Values)
        {
            try
            {
                await (await starting.Value).DisposeAsync();
            }
            catch (Exception error) when (error is ConnectException or OperationCanceledException)
            {
                // It was never started.
            }
        }

        _stop.Dispose();
    }

    /// <summary>Gives all of them back, where the container cannot wait for it.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        foreach (var starting in _started.Values)
        {
            _ = starting.Value.ContinueWith(
                static (started, _) => started.IsCompletedSuccessfully ? started.GetAwaiter().GetResult().DisposeAsync().AsTask() : Task.CompletedTask,
                null,
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Default);
        }
    }
}

/// <summary>Has the application's own identity before it serves: without one it could neither show nor verify anything.</summary>
internal sealed class IdentityStarter(ConnectIdentities identities, IOptions<ConnectAgentOptions> options) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Service is { } service)
        {
            await identities.GetAsync(service, cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
