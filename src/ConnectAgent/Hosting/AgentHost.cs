using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ConnectAgent.Agent;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Persistence;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Caching;
using ConnectAgent.Client.Servers;
using ConnectAgent.Configuration;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.Http.Acl;
using ConnectAgent.Http.Authorize;
using ConnectAgent.Http.Ca;
using ConnectAgent.Http.CacheInspection;
using ConnectAgent.Http.ConfigEntries;
using ConnectAgent.Http.Forwarding;
using ConnectAgent.Http.Health;
using ConnectAgent.Http.Intentions;
using ConnectAgent.Http.Leaves;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Http.Login;
using ConnectAgent.Http.Metrics;
using ConnectAgent.Http.Revocation;
using ConnectAgent.Http.Roots;
using ConnectAgent.Http.Snapshots;
using ConnectAgent.Http.Status;
using ConnectAgent.Http.Unserved;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Timing;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.Servers;
using ConnectAgent.State;
using ConnectAgent.Telemetry;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Serilog;
using Serilog.Core;
using Serilog.Formatting;

namespace ConnectAgent.Hosting;

/// <summary>Puts the daemon together.</summary>
internal static class AgentHost
{
    private const int KeepAliveSeconds = 30;

    // What is in flight gets a second to finish; blocked reads have been released before (config-and-cli PROC-6).
    [Limit("start.shutdown", "s", "calls that are still on their way are cut off")]
    private static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(1);

    /// <summary>Builds the daemon up to the point where it can listen: state opened, CA ready, routes mapped.</summary>
    /// <param name="configuration">What it starts with.</param>
    /// <param name="readAgain">Reads the configuration again, for a reload.</param>
    /// <param name="clock">The system's unless it is given.</param>
    public static async Task<WebApplication> BuildAsync(
        AgentConfiguration configuration, Func<AgentConfiguration> readAgain, TimeProvider? clock = null)
    {
        if (configuration.HttpListeners.Count + configuration.HttpsListeners.Count == 0)
        {
            throw new ConfigurationException(
                "nothing would listen: set ports.http (or -http-port), addresses.http to unix://PATH, or ports.https with cert_file and key_file");
        }

        // Before anything of the directory is opened; held to the end of the process.
        var held = configuration.StateDirectory is { } directory ? DirectoryLock.Take(directory) : null;
        var current = new CurrentConfiguration(configuration, readAgain);
        var level = new LoggingLevelSwitch(LogLevels.Parse(configuration.LogLevel));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "connect-agent" });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Listen(kestrel, configuration, current));
        builder.Services.AddRoutingCore();
        builder.Logging.AddProvider(new PlainLogs(CreateLog(configuration, level))).SetMinimumLevel(LogLevel.Trace);

        // It would make an activity for each request, although it logs none of them: the dispatcher does.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        // It tells of failures with their stacks; AgentRun tells of them in a line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTime);
        builder.Services.AddSingleton(clock ?? TimeProvider.System);
        builder.Services.AddSingleton(configuration).AddSingleton(current).AddSingleton(level).AddSingleton<ConfigurationReload>();
        builder.Services.AddSingleton<SignalLifetime>();
        builder.Services.AddSingleton<IHostLifetime>(services => services.GetRequiredService<SignalLifetime>());
        builder.Services.Configure<SocketTransportOptions>(options =>
        {
            options.CreateBoundListenSocket = endpoint => Bind(endpoint, configuration);
            options.MaxReadBufferSize = ListenerLimits.ReadAhead;
        });
        if (held is not null)
        {
            builder.Services.AddSingleton(_ => held);
        }

        AddAgent(builder.Services, configuration);
        var app = builder.Build();
        await MapAsync(app);
        var lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
        lifetime.ApplicationStopping.Register(app.Services.GetRequiredService<AgentCache>().ReleaseReaders);
        if (configuration.Server)
        {
            lifetime.ApplicationStopping.Register(app.Services.GetRequiredService<BlockingReader>().Release);
        }

        return app;
    }

    private static void AddAgent(IServiceCollection services, AgentConfiguration configuration)
    {
        services.AddSingleton(new AgentIdentity(
            configuration.Datacenter,
            configuration.NodeName,
            configuration.ServesConnect,
            configuration.AclDefaultToken,
            configuration.DefaultDecision));
        services.AddSingleton(configuration.Authorize).AddSingleton(new RecoveryToken(configuration.NodeName));
        services.AddSingleton(new WireSettings(
            configuration.DevMode, configuration.UseHttpCache, configuration.AclDefaultPolicy, configuration.ResponseHeaders));
        if (configuration.Server)
        {
            AddEmbeddedServer(services, configuration);
        }
        else
        {
            services.AddConsulServers(
                ServerOptionsOf(configuration.Datacenter, configuration.Servers),
                new RemoteTokenOptions
                {
                    Enabled = configuration.AclEnabled,
                    DefaultAllow = configuration.AclDefaultPolicy == "allow",
                    DownPolicy = configuration.AclDownPolicy,
                    Ttl = new[] { configuration.AclTokenTtl, configuration.AclPolicyTtl, configuration.AclRoleTtl }.Min(),
                },
                configuration.Servers.DelegateLeaf);
            services.AddSingleton<HealthReads>().AddSingleton<IWireEndpoints, ForwardingEndpoints>();
        }

        services.AddSingleton(new LeafOptions { RootChangeDelay = configuration.RootChangeSpread });
        services.AddConnectAgent(configuration.CacheDirectory);
        services.Configure<CacheOptions>(options =>
        {
            options.MaxEntries = configuration.CacheMaxEntries;
            options.MaxEntriesPerToken = configuration.CacheMaxEntriesPerToken;
            options.MaxBytes = configuration.CacheMaxBytes;
            options.MaxBytesPerToken = configuration.CacheMaxBytesPerToken;
            options.FetchLimits = configuration.FetchLimits;
        });
        services.AddHostedService(provider => provider.GetRequiredService<TokenWarden>());
        services.AddHostedService<IdleMemory>();
        services.AddSingleton<BrowserGuard>().AddSingleton<RefusalLog>().AddSingleton<LargeRequests>();
        services.AddSingleton<LimitMetrics>().AddSingleton<AclMetrics>().AddSingleton<AclDenials>();
        services.AddSingleton<HitLane>().AddSingleton<HitReply>().AddSingleton<HitRights>();
        services.AddSingleton<IHit, AuthorizeHit>().AddSingleton<IHit, RootsHit>().AddSingleton<IHit, LeafHit>();
        services.AddSingleton<HttpMetrics>().AddSingleton<MetricsReader>().AddSingleton<AgentTokens>().AddSingleton<IntentionMatchReads>();
        services.AddSingleton<IWireEndpoints, RootsEndpoints>().AddSingleton<IWireEndpoints, LeafEndpoints>().AddSingleton<IWireEndpoints, AuthorizeEndpoints>();
        services.AddSingleton<IWireEndpoints, MetricsEndpoints>().AddSingleton<IWireEndpoints, CacheEndpoints>();
        services.AddSingleton<IWireEndpoints, AgentSelfEndpoints>().AddSingleton<IWireEndpoints, ReloadEndpoints>();
        services.AddSingleton<IWireEndpoints, AgentTokenEndpoints>();
        services.AddSingleton<IWireEndpoints, ServerStatusEndpoints>().AddSingleton<IWireEndpoints, UnservedLocalEndpoints>();
    }

    private static ConsulServerOptions ServerOptionsOf(string datacenter, ServerSettings settings) => new()
    {
        Datacenter = datacenter,
        Servers = settings.Addresses,
        RequestTime = settings.Timeout,
        Tls = PemFiles.ReadServerTls(settings),
    };

    private static void AddEmbeddedServer(IServiceCollection services, AgentConfiguration configuration)
    {
        services.AddControlPlane(
            new AuthorityOptions
            {
                ClusterId = configuration.ClusterId,
                Datacenter = configuration.Datacenter,
                Configuration = configuration.CaConfig,
                AutoRotate = configuration.CaAutoRotate,
                ShowSecrets = configuration.ShowCaSecrets,
            },
            new BlockingLimits(configuration.DefaultQueryTime, configuration.MaxQueryTime),
            new AclOptions
            {
                Enabled = configuration.AclEnabled,
                DefaultAllow = configuration.AclDefaultPolicy == "allow",
                ManagementToken = configuration.AclManagementToken,
                Datacenter = configuration.Datacenter,
                TokenTtl = configuration.AclTokenTtl,
                StrictRules = configuration.AclStrictRules,
            },
            configuration.StateDirectory);
        if (configuration.ConnectEnabled)
        {
            services.AddHostedService(provider => provider.GetRequiredService<AuthorityKeeper>());
        }

        services.AddSingleton<IServerClient, EmbeddedServerClient>().AddSingleton<IServerStatus, EmbeddedServerStatus>();
        services.AddSingleton<AclAccessGuard>().AddSingleton<IntentionIdEndpoints>();
        services.AddSingleton<IWireEndpoints, ConnectCaEndpoints>().AddSingleton<IWireEndpoints, CaConfigurationEndpoints>();
        services.AddSingleton<IWireEndpoints, SigningEndpoints>().AddSingleton<IWireEndpoints, RevocationEndpoints>();
        services.AddSingleton<IWireEndpoints, IntentionEndpoints>().AddSingleton<IWireEndpoints, ConfigEntryEndpoints>();
        services.AddSingleton<IWireEndpoints, AclEndpoints>();
        services.AddSingleton<IWireEndpoints, AclTokenEndpoints>().AddSingleton<IWireEndpoints, AclPolicyEndpoints>();
        services.AddSingleton<IWireEndpoints, AclRoleEndpoints>().AddSingleton<IWireEndpoints, SnapshotEndpoints>();
        services.AddSingleton<IWireEndpoints, AclAuthMethodEndpoints>().AddSingleton<IWireEndpoints, AclBindingRuleEndpoints>();
        services.AddSingleton<IWireEndpoints, AclLoginEndpoints>().AddSingleton<IWireEndpoints, StatusEndpoints>();
        services.AddSingleton<IWireEndpoints, UnservedEndpoints>();
    }

    private static async Task MapAsync(WebApplication app)
    {
        // Whoever resolves it gives it back.
        app.Services.GetService<DirectoryLock>();
        var configuration = app.Services.GetRequiredService<AgentConfiguration>();
        if (configuration is { Server: true, AclEnabled: true })
        {
            await app.Services.GetRequiredService<AclTokenStore>().InitializeAsync(configuration.AclManagementToken);
        }

        if (configuration.AclEnabled)
        {
            app.Services.GetRequiredService<AgentTokens>().Load();
        }

        if (configuration is { Server: true, ConnectEnabled: true })
        {
            await app.Services.GetRequiredService<AuthorityKeeper>().TryInitializeAsync();
        }

        foreach (var entry in configuration.BootstrapEntries)
        {
            if (!await entry.WriteAsync(app.Services.GetRequiredService<ConfigEntryStore>()))
            {
                app.Logger.BootstrapEntryStays(entry.Place, entry.Kind.Name, entry.Entry.Name);
            }
        }

        // Before anything listens, so that the first request already finds what was sealed.
        app.Services.GetService<CachePersistence>()?.Restore();
        foreach (var endpoints in app.Services.GetServices<IWireEndpoints>())
        {
            endpoints.Map(app);
        }

        // The dispatcher sets the endpoint; the framework's routing sees that and only carries it out.
        var mapped = new CompositeEndpointDataSource(((IEndpointRouteBuilder)app).DataSources);
        app.UseMiddleware<WireDispatcher>(mapped);
        app.UseRouting();
#pragma warning disable ASP0014 // The explicit call keeps the dispatcher in front of the framework's own matching.
        app.UseEndpoints(static _ => { });
#pragma warning restore ASP0014
    }

    private static void Listen(KestrelServerOptions kestrel, AgentConfiguration configuration, CurrentConfiguration current)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        ListenerLimits.Apply(kestrel.Limits, configuration.MaxHeaderBytes);
        RefusedRequests.Watch(kestrel.ApplicationServices);
        var limit = new ConnectionLimit(
            () => current.Value.MaxConnectionsPerClient, kestrel.ApplicationServices.GetRequiredService<LimitMetrics>());
        var heads = new LargeHeads(
            kestrel.ApplicationServices.GetRequiredService<LargeRequests>(), kestrel.ApplicationServices.GetRequiredService<LimitMetrics>());
        foreach (var unix in configuration.HttpListeners.OfType<UnixListenAddress>())
        {
            RemoveStale(unix.Path, kestrel.ApplicationServices.GetRequiredService<ILogger<SignalLifetime>>());
            kestrel.ListenUnixSocket(unix.Path, options =>
            {
                options.Protocols = HttpProtocols.Http1;
                options.Use(heads.Guard);
            });
        }

        foreach (var tcp in configuration.HttpListeners.OfType<TcpListenAddress>())
        {
            kestrel.Listen(new IPEndPoint(tcp.Address, tcp.Port), options =>
            {
                options.Protocols = HttpProtocols.Http1;
                options.Use(limit.Guard);
                options.Use(heads.Guard);
            });
        }

        foreach (var tcp in configuration.HttpsListeners.OfType<TcpListenAddress>())
        {
            kestrel.Listen(new IPEndPoint(tcp.Address, tcp.Port), options =>
            {
                options.Protocols = HttpProtocols.Http1AndHttp2;
                options.Use(limit.Guard);
                options.UseHttps(HttpsListener.OptionsOf(configuration));
                options.Use(new FirstByte(configuration.Tls.HandshakeTimeout, kestrel.ApplicationServices.GetRequiredService<TimeProvider>()).Guard);
                options.Use(heads.Guard);
            });
        }
    }

    // Nobody can connect before the socket listens, which is after this.
    private static Socket Bind(EndPoint endpoint, AgentConfiguration configuration)
    {
        Socket socket;
        try
        {
            socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        }
        catch (SocketException error)
        {
            throw StartFailure.Listening(endpoint.ToString()!, RemedyOf(endpoint, configuration), error);
        }

        if (endpoint is IPEndPoint)
        {
            // LIS-4; what is accepted inherits it.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds);
        }

        if (configuration.HttpListeners.OfType<UnixListenAddress>().FirstOrDefault(unix => unix.Path == endpoint.ToString()) is { } unix)
        {
            File.SetUnixFileMode(unix.Path, configuration.SocketMode);
        }

        return socket;
    }

    private static string RemedyOf(EndPoint endpoint, AgentConfiguration configuration) => endpoint switch
    {
        IPEndPoint tcp when configuration.HttpsListeners.OfType<TcpListenAddress>().Any(https => https.Port == tcp.Port) =>
            "choose another port with -https-port or ports.https, another address with client_addr or addresses.https",
        IPEndPoint => "choose another port with -http-port or ports.http, another address with client_addr or addresses.http",
        _ => "choose another path with addresses.http",
    };

    // LIS-2: a file that is left over goes; a socket that somebody serves is his.
    private static void RemoveStale(string path, Microsoft.Extensions.Logging.ILogger logger)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            logger.StaleRemoved(path);
            File.Delete(path);
            return;
        }

        throw new IOException($"listen unix {path}: bind: address already in use");
    }

    private static Logger CreateLog(AgentConfiguration configuration, LoggingLevelSwitch level)
    {
        ITextFormatter formatter = configuration.LogJson ? new JsonLogFormatter() : new ConsoleLogFormatter();
        return new LoggerConfiguration()
            .MinimumLevel.ControlledBy(level)
            .MinimumLevel.Override("Microsoft", Serilog.Events.LogEventLevel.Warning)
            .WriteTo.Console(formatter)
            .CreateLogger();
    }
}
