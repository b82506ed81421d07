using ConnectAgent.Caching;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Http.Metrics;
using ConnectAgent.Http.Wire;
using ConnectAgent.State;
using Microsoft.Extensions.Hosting;

namespace ConnectAgent.Http.Hosting;

/// <summary>The start and the end of what <see cref="AgentApiServiceCollectionExtensions.AddAgentApi"/> adds.</summary>
internal static class AgentApplicationExtensions
{
    /// <summary>Makes tokens and the CA ready. What the caller puts into the agent's state comes next, then <see cref="UseAgentApi"/>.</summary>
    public static async Task PrepareAgentAsync(this WebApplication app)
    {
        var setup = app.Services.GetRequiredService<AgentSetup>();
        if (setup.ControlPlane?.Acl is { Enabled: true } acl)
        {
            await app.Services.GetRequiredService<AclTokenStore>().InitializeAsync(acl.ManagementToken);
        }

        if (setup.Tokens.AreAclsOn)
        {
            app.Services.GetRequiredService<AgentTokens>().Load();
        }

        if (setup is { ControlPlane: not null, Identity.ConnectEnabled: true })
        {
            await app.Services.GetRequiredService<AuthorityUpkeepService>().TryInitializeAsync();
        }
    }

    /// <summary>Restores the cache and serves the API; whoever is held lets go when the host stops.</summary>
    public static void UseAgentApi(this WebApplication app)
    {
        // Before anything listens, so that the first request already finds what was sealed.
        app.Services.GetService<SealedCache>()?.Restore();
        app.UseWire();
        var stopping = app.Lifetime.ApplicationStopping;
        stopping.Register(app.Services.GetRequiredService<AgentCache>().ReleaseReaders);
        stopping.Register(app.Services.GetRequiredService<MetricsReader>().Release);
        if (app.Services.GetService<BlockingReader>() is { } reader)
        {
            stopping.Register(reader.Release);
        }
    }
}
