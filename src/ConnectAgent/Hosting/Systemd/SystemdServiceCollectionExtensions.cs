namespace ConnectAgent.Hosting.Systemd;

internal static class SystemdServiceCollectionExtensions
{
    /// <summary>Reports to the service manager that started the process, if one did.</summary>
    public static IServiceCollection AddSystemd(this IServiceCollection services) => services
        .AddSingleton(static _ => ServiceManagerOptions.TakeFromEnvironment())
        .AddSingleton<NotifySocket>()
        .AddSingleton<OwnRequest>()
        .AddHostedService<Watchdog>();

    /// <summary>Has it told of the start and of the end.</summary>
    public static void ReportToSystemd(this WebApplication app)
    {
        var manager = app.Services.GetRequiredService<NotifySocket>();
        app.Lifetime.ApplicationStarted.Register(() => manager.Ready());
        app.Lifetime.ApplicationStopping.Register(manager.Stopping);
    }
}
