using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Timing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.CentralConfig;

/// <summary>
/// Follows the config entries that apply to local proxies and gateways, out of the agent's cache, and lays them over the local state (services CENT-1 to CENT-4). Nobody is
/// asked before there is a service that they apply to.
/// </summary>
internal sealed class CentralConfigWatcher : BackgroundService, ICentralConfigurationSource
{
    private const string ProxyDefaults = "proxy-defaults";
    private const string ServiceDefaults = "service-defaults";
    private const string Global = "global";

    [Limit("central.first_read", "s", "a proxy is registered with what is known")]
    private static readonly TimeSpan PrepareTime = TimeSpan.FromSeconds(3);

    // The cache refuses at once, for instance while a token is unknown.
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(3);

    private readonly AgentCache _cache;
    private readonly ConfigEntriesKind _kind;
    private readonly LocalState _local;
    private readonly AgentIdentity _agent;
    private readonly TimeProvider _clock;
    private readonly ILogger<CentralConfigWatcher> _logger;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _needed = NewSignal();
    private readonly Followed _proxies = new(ProxyDefaults);
    private readonly Followed _services = new(ServiceDefaults);
    private readonly IDisposable _subscription;

    public CentralConfigWatcher(
        AgentCache cache, ConfigEntriesKind kind, LocalState local, AgentIdentity agent, TimeProvider clock, ILogger<CentralConfigWatcher> logger)
    {
        (_cache, _kind, _local, _agent, _clock, _logger) = (cache, kind, local, agent, clock, logger);

        // Without an entry, too, there is something to merge: upstreams inherit the mode of their proxy (CENT-3).
        Merge();
        _subscription = local.Subscribe(change =>
        {
            if (change.Services.Any(id => change.Now.Service(id) is { } service && CentralConfiguration.Covers(service.Stored)))
            {
                _needed.TrySetResult();
            }
        });
        if (local.Current.Services.Values.Any(static service => CentralConfiguration.Covers(service.Stored)))
        {
            _needed.TrySetResult();
        }
    }

    /// <inheritdoc/>
    public async ValueTask PrepareAsync(NodeService service, CancellationToken cancellationToken)
    {
        // Before the start nothing is read.
        if (!CentralConfiguration.Covers(service) || ExecuteTask is null)
        {
            return;
        }

        _needed.TrySetResult();
        try
        {
            await Task.WhenAll(_proxies.First.Task, _services.First.Task).WaitAsync(PrepareTime, _clock, cancellationToken);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            // CENT-4: it is merged later.
        }
    }

    public override void Dispose()
    {
        _subscription.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _needed.Task.WaitAsync(stoppingToken);
        await await Task.WhenAny(FollowAsync(_proxies, stoppingToken), FollowAsync(_services, stoppingToken));
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task FollowAsync(Followed followed, CancellationToken cancellationToken)
    {
        while (true) // stopping leaves through an await
        {
            // Taken first, so that no change of the tokens is missed.
            var tokens = _agent.TokensChanged;
            var request = new ConfigEntriesRequest(_agent.Datacenter, _agent.AgentToken, followed.Kind);
            using var turn = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var ends = EndAsync(tokens, turn);
            try
            {
                var answer = await _cache.GetAsync(_kind, request, default, turn.Token);
                Apply(followed, answer.Value);
                await _cache.ChangedAsync(_kind, request, answer, turn.Token);
            }
            catch (ServerException error)
            {
                Failed(followed, error);
                await Task.WhenAny(tokens, _clock.PauseAsync(AfterFailure, turn.Token));
                cancellationToken.ThrowIfCancellationRequested();
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Another token sees other entries.
            }
            finally
            {
                await turn.CancelAsync();
                await ends;
            }
        }
    }

    private static async Task EndAsync(Task signal, CancellationTokenSource turn)
    {
        await signal.WaitAsync(turn.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await turn.CancelAsync();
    }

    private void Apply(Followed followed, ConfigEntryList entries)
    {
        lock (_gate)
        {
            followed.Failure = null;
            if (!followed.Entries.SaysTheSame(entries))
            {
                followed.Entries = entries;
                Merge();
            }
        }

        followed.First.TrySetResult();
    }

    private void Merge()
    {
        var central = new CentralConfiguration(_proxies.Entries.Of(Global), _services.Entries.Of);
        _local.UseCentralConfiguration(service => Merge(central, service));
    }

    // Who looks the same is the same object, so that nobody wakes for it.
    private static NodeService Merge(CentralConfiguration central, LocalService service)
    {
        var merged = central.Merge(service.Stored);
        return CatalogForm.AreSame(merged, service.Visible) ? service.Visible : merged;
    }

    private void Failed(Followed followed, ServerException error)
    {
        if (followed.Failure != error.Message)
        {
            followed.Failure = error.Message;
            _logger.EntriesUnreadable(followed.Kind, error.Message);
        }

        followed.First.TrySetResult();
    }

    /// <summary>The entries of one kind as they were known last.</summary>
    private sealed class Followed(string kind)
    {
        public string Kind => kind;

        public ConfigEntryList Entries { get; set; } = ConfigEntryList.None;

        /// <summary>Completes when they are known, or cannot be.</summary>
        public TaskCompletionSource First { get; } = NewSignal();

        /// <summary>What the last failure said, while it lasts.</summary>
        public string? Failure { get; set; }
    }
}
