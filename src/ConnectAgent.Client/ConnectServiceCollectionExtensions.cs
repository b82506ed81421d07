using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ConnectAgent.Client;

/// <summary>What an application registers to take part in the mesh.</summary>
public static class ConnectServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="ConnectClient"/> and <see cref="ConnectIdentities"/>, and has the identity of <see cref="ConnectAgentOptions.Service"/> started with the host.
    /// Calling it again only configures more.
    /// </summary>
    /// <param name="services">The application's.</param>
    /// <param name="configure">Says which agent, and which service the application is; null for what the environment says.</param>
    public static IServiceCollection AddConnectAgent(this IServiceCollection services, Action<ConnectAgentOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => new ConnectClient(OptionsOf(provider)));
        services.TryAddSingleton<ConnectIdentities>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, IdentityStarter>());
        return services;
    }

    // What the application has of a log and a clock counts where it said nothing else.
    private static ConnectClientOptions OptionsOf(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<ConnectAgentOptions>>().Value.Client;
        if (options.LoggerFactory == NullLoggerFactory.Instance && provider.GetService<ILoggerFactory>() is { } loggers)
        {
            options.LoggerFactory = loggers;
        }

        if (options.TimeProvider == TimeProvider.System)
        {
            options.TimeProvider = provider.GetRequiredService<TimeProvider>();
        }

        return options;
    }
}
