using System.Net;
using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Http.Hosting;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ConnectAgent.Testing;

/// <summary>Puts agent and control plane together in this process: everything in memory, plain HTTP on one free port of the loopback.</summary>
internal static class MeshHost
{
    private const string Loopback = "127.0.0.1";
    private static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(1);

    // Blocking reads idle for up to 10 min 37.5 s; clients keep their connections across them.
    private static readonly TimeSpan KeepAlive = TimeSpan.FromMinutes(15);

    public static async Task<WebApplication> StartAsync(
        TestMeshOptions options, string managementToken, TimeProvider clock, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "connect-agent", ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.KeepAliveTimeout = KeepAlive;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port: 0, static listener => listener.Protocols = HttpProtocols.Http1);
        });
        options.ConfigureLogging?.Invoke(builder.Logging);
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = ShutdownTime);

        // Ctrl+C is the test runner's.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(clock).AddSingleton<ILogMonitor, NoLogMonitor>();
        var setup = SetupOf(options, managementToken);
        builder.Services.AddSingleton<ILocalAgent>(services => new MeshAgent(setup, services.GetRequiredService<IHostApplicationLifetime>()));
        builder.Services.AddAgentApi(setup).AddSingleton<MeshDecisions>();
        var app = builder.Build();
        try
        {
            await app.PrepareAgentAsync();
            app.UseAgentApi();
            await app.StartAsync(cancellationToken);
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    private static AgentSetup SetupOf(TestMeshOptions options, string managementToken)
    {
        var acl = new AclOptions
        {
            Enabled = options.HasAcls,
            DefaultAllow = !options.HasAcls,
            ManagementToken = managementToken,
            Datacenter = options.Datacenter,
        };
        var byDefault = options.HasAcls ? DefaultDecision.Deny : options.AllowsByDefault ? DefaultDecision.AclsDisabled : DefaultDecision.DenyByPolicy;
        return new AgentSetup
        {
            Identity = new AgentIdentity(options.Datacenter, options.NodeName, ConnectEnabled: true, DefaultToken: string.Empty, byDefault),
            Node = OwnNode.Describe(Guid.NewGuid().ToString(), options.NodeName, options.Datacenter, Loopback, new Dictionary<string, string>(StringComparer.Ordinal)),
            ControlPlane = new ControlPlaneSetup
            {
                Acl = acl,

                // The bucket of signings would fill up again with the clock only.
                Authority = new AuthorityOptions
                {
                    Datacenter = options.Datacenter,
                    Configuration = $$"""{"CSRMaxPerSecond":0,"IntermediateCertTTL":"8760h","LeafCertTTL":"{{(long)options.LeafLifetime.TotalSeconds}}s"}""",
                },
            },

            // A rotation replaces all leaves at once, and not somewhen in half a minute of a clock that stands.
            Leaves = new LeafOptions { RootChangeDelay = TimeSpan.Zero },
            Tokens = new AgentTokenOptions(options.HasAcls, Default: string.Empty, Agent: managementToken, Recovery: string.Empty, Directory: null),
            Blocking = BlockingLimits.Standard,
            Wire = new WireOptions { DefaultPolicy = options.HasAcls ? "deny" : "allow" },
        };
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
