using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Caching.Files;
using ConnectAgent.Configuration;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.Hosting.Systemd;
using ConnectAgent.Http.Hosting;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Logs;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.State;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Serilog;
using Serilog.Core;
using Serilog.Formatting;

namespace ConnectAgent.Hosting;

/// <summary>Puts the daemon together.</summary>
internal static class AgentHost
{
    // What is in flight gets a second to finish; blocked reads have been released before (config-and-cli PROC-6).
    [Limit("start.shutdown", "s", "calls that are still on their way are cut off")]
    private static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(1);

    /// <summary>Builds the daemon up to the point where it can listen: state opened, CA ready, routes mapped.</summary>
    /// <param name="configuration">What it starts with.</param>
    /// <param name="readAgain">Reads the configuration again, for a reload.</param>
    /// <param name="clock">The system's unless it is given.</param>
    /// <param name="add">Adds what a test has of its own.</param>
    public static async Task<WebApplication> BuildAsync(
        AgentConfiguration configuration, Func<AgentConfiguration> readAgain, TimeProvider? clock = null, Action<IServiceCollection>? add = null)
    {
        if (configuration.HttpListeners.Count + configuration.HttpsListeners.Count == 0)
        {
            throw new ConfigurationException(
                "nothing would listen: set ports.http (or -http-port), addresses.http to unix://PATH, or ports.https with cert_file and key_file");
        }

        // Before anything of the directory is opened; held to the end of the process.
        var held = configuration.StateDirectory is { } directory ? DirectoryLock.Take(directory) : null;
        StartMemory.Keep(configuration.StateDirectory);
        var current = new CurrentConfiguration(configuration, readAgain);
        var level = new LoggingLevelSwitch(LogLevels.Parse(configuration.LogLevel));
        var https = new HttpsListener();

        // It serves no files, and the folder that it is started in may well be closed to it.
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ApplicationName = "connect-agent", ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Listeners.Add(kestrel, configuration, current, https));
        var monitor = new LogMonitor();
        ITextFormatter formatter = configuration.LogJson ? new JsonLogFormatter() : new ConsoleLogFormatter();
        var targets = LogTargets.Open(configuration, formatter, clock ?? TimeProvider.System);
        builder.Logging.AddProvider(new PlainLogs(CreateLog(formatter, targets, level))).AddProvider(new PlainLogs(CreateLog(monitor))).SetMinimumLevel(LogLevel.Trace);

        // It would make an activity for each request, although it logs none of them: the dispatcher does.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        // It tells of failures with their stacks; AgentRun tells of them in a line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);

        // What a caller does wrong over HTTP/2 is an ERROR with a stack to it, for each request of a connection.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel.Http2", LogLevel.Critical);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTime);
        builder.Services.AddSingleton(clock ?? TimeProvider.System);
        builder.Services.AddSingleton(configuration).AddSingleton(current).AddSingleton(level).AddSingleton<FileServices>().AddSingleton(https).AddSingleton(ReloadParts.Of).AddSingleton<ConfigurationReload>().AddSingleton<ILocalAgent, LocalAgent>().AddSingleton<ILogMonitor>(monitor).AddSingleton(targets);
        builder.Services.AddSingleton<SignalLifetime>();
        if (configuration.ReloadsByItself)
        {
            builder.Services.AddHostedService<ConfigurationWatcher>();
        }

        builder.Services.AddSingleton<IHostLifetime>(services =>
        {
            if (StartMemory.IsKept)
            {
                OpenStores(services);
            }

            return services.GetRequiredService<SignalLifetime>();
        });
        builder.Services.Configure<SocketTransportOptions>(options =>
        {
            options.CreateBoundListenSocket = endpoint => Listeners.Bind(endpoint, configuration);
            options.MaxReadBufferSize = ListenerLimits.ReadAhead;
        });
        if (held is not null)
        {
            builder.Services.AddSingleton(_ => held);
        }

        builder.Services.AddDaemon(configuration);
        builder.Services.AddSystemd();
        add?.Invoke(builder.Services);
        var app = builder.Build();
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("ConnectAgent.Hosting.AgentHost");
        targets.Heard(logger.LogTargetFailed);
        await MapAsync(app);
        app.Lifetime.ApplicationStopping.Register(monitor.Release);
        app.ReportToSystemd();
        return app;
    }

    // Many rows: both files are read at once. What needs one of them would have the other one wait.
    private static void OpenStores(IServiceProvider services) => Spread.Over(2, int.MaxValue, part =>
    {
        if (part == 0)
        {
            services.GetService<StateStore>();
        }
        else
        {
            services.GetRequiredService<LocalStore>();
        }
    });

    private static async Task MapAsync(WebApplication app)
    {
        // Whoever resolves it gives it back.
        app.Services.GetService<DirectoryLock>();
        await app.PrepareAgentAsync();
        var configuration = app.Services.GetRequiredService<AgentConfiguration>();
        foreach (var entry in configuration.BootstrapEntries)
        {
            if (!await entry.WriteAsync(app.Services.GetRequiredService<ConfigEntryStore>()))
            {
                app.Logger.BootstrapEntryStays(entry.Place, entry.Kind.Name, entry.Entry.Name);
            }
        }

        await app.Services.GetRequiredService<FileServices>().RegisterAsync(configuration.Definitions);
        app.UseAgentApi();
    }

    // For those who follow the log, at whatever level they ask for.
    private static Logger CreateLog(LogMonitor monitor) => new LoggerConfiguration()
        .MinimumLevel.ControlledBy(monitor.Level)
        .MinimumLevel.Override("Microsoft", Serilog.Events.LogEventLevel.Warning)
        .WriteTo.Sink(monitor)
        .CreateLogger();

    private static Logger CreateLog(ITextFormatter formatter, LogTargets targets, LoggingLevelSwitch level)
    {
        var log = new LoggerConfiguration()
            .MinimumLevel.ControlledBy(level)
            .MinimumLevel.Override("Microsoft", Serilog.Events.LogEventLevel.Warning)
            .WriteTo.Console(formatter);
        targets.AddTo(log.WriteTo);
        return log.CreateLogger();
    }
}
