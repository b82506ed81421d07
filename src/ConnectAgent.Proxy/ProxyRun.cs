using System.Net;
using ConnectAgent.Client;
using ConnectAgent.Client.Api;
using ConnectAgent.Proxy.Connections;
using ConnectAgent.Proxy.Mesh;
using ConnectAgent.Proxy.Options;
using ConnectAgent.Proxy.Registration;
using ConnectAgent.Proxy.Telemetry;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Proxy;

/// <summary>A proxy from its configuration to its end.</summary>
internal static class ProxyRun
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastPause = TimeSpan.FromSeconds(15);

    /// <summary>Runs it until it is cancelled; then it drains.</summary>
    /// <param name="setup">What it is asked to be.</param>
    /// <param name="services">What it shares with others.</param>
    /// <param name="serving">Is told once it listens.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProxyException">It cannot be so.</exception>
    /// <exception cref="ApiException">The agent does not answer for its registration.</exception>
    public static async Task RunAsync(ProxySetup setup, ProxyServices services, Action<SidecarProxy> serving, CancellationToken cancellationToken)
    {
        var logger = services.Loggers.CreateLogger("ConnectAgent.Proxy");
        using var api = AgentApi.Open(setup.Agent);
        var options = setup.ProxyId is { } id ? await RegisteredProxy.ReadAsync(api, id, setup.Given, cancellationToken) : setup.Fixed!;
        using var client = new ConnectClient(OptionsOf(setup.Agent, services));
        await using var mesh = await JoinAsync(client, options.Service, logger, services.Clock, cancellationToken);
        await using var access = new AccessLog(setup.AccessLog, services.Refusals);
        var connections = new OpenConnections(setup.Limits, services.Refusals);
        await using var proxy = new SidecarProxy(new ProxyContext
        {
            Service = options.Service,
            Mesh = mesh,
            Limits = setup.Limits,
            Connections = connections,
            Pending = new PendingHandshakes(setup.Limits, services.Refusals),
            Metrics = services.Metrics,
            Access = access,
            Clock = services.Clock,
            Loggers = services.Loggers,
            Logger = logger,
        });
        await proxy.ApplyAsync(options, isStrict: true);
        proxy.Announce();
        serving(proxy);
        try
        {
            // Whichever fails ends the other, so that a proxy that ends is not left registered.
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var registered = RegisterAsync(setup, api, options, services.Clock, logger, both.Token);
            try
            {
                await FollowAsync(setup, api, options.Service, proxy, logger, both.Token);
            }
            finally
            {
                await both.CancelAsync();
                await registered;
            }
        }
        finally
        {
            await proxy.StopAsync();
        }
    }

    private static ConnectClientOptions OptionsOf(ApiOptions agent, ProxyServices services) => new()
    {
        Address = agent.Address,
        Token = agent.Token,
        AuthorityFile = agent.AuthorityFile,
        AuthorityDirectory = agent.AuthorityDirectory,
        CertificateFile = agent.CertificateFile,
        KeyFile = agent.KeyFile,
        TlsServerName = agent.TlsName,
        VerifyTls = agent.Verify,
        UseTls = agent.IsSecure,
        TimeProvider = services.Clock,
        LoggerFactory = services.Loggers,
    };

    // A proxy often starts before its agent, or before its token is known everywhere.
    private static async Task<ServiceMesh> JoinAsync(ConnectClient client, string service, ILogger logger, TimeProvider clock, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LastPause ? pause * 2 : LastPause)
        {
            try
            {
                return await ServiceMesh.StartAsync(client, service, LastPause, cancellationToken);
            }
            catch (ConnectException error)
            {
                logger.IdentityFailed(service, error.Message, pause);
            }

            await Task.Delay(pause, clock, cancellationToken);
        }
    }

    private static async Task FollowAsync(ProxySetup setup, AgentApi api, string service, SidecarProxy proxy, ILogger logger, CancellationToken cancellationToken)
    {
        if (setup.ProxyId is null)
        {
            await UntilAsync(cancellationToken);
            return;
        }

        try
        {
            await foreach (var changed in RegisteredProxy.FollowAsync(api, setup.ProxyId, setup.Given, logger, cancellationToken))
            {
                if (changed.Service != service)
                {
                    throw new ProxyException($"{setup.ProxyId} is the proxy of {changed.Service} now, and was that of {service}");
                }

                await proxy.ApplyAsync(changed, isStrict: false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It stops.
        }
    }

    private static Task RegisterAsync(ProxySetup setup, AgentApi api, ProxyOptions options, TimeProvider clock, ILogger logger, CancellationToken cancellationToken) =>
        setup.RegisterSuffix is { } suffix && options.Inbound is { Listen: IPEndPoint address }
            ? new ProxyRegistration(api, options.Service, suffix, address, clock, logger).RunAsync(cancellationToken)
            : Task.CompletedTask;

    private static Task UntilAsync(CancellationToken cancellationToken)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cancellationToken.UnsafeRegister(static over => ((TaskCompletionSource)over!).TrySetResult(), over);
        return over.Task;
    }
}
