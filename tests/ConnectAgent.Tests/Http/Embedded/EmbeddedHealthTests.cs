using System.Text.Json.Nodes;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Http.Embedded;
using ConnectAgent.Http.Health;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.State;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Tests.Http.Health;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Embedded;

/// <summary>The health of services out of the control plane behind the seam.</summary>
public sealed class EmbeddedHealthTests : ServerClientHealthConformance, IAsyncLifetime
{
    private readonly ServiceProvider _open = Services(new AclOptions());
    private readonly ServiceProvider _guarded = Services(new AclOptions { Enabled = true, DefaultAllow = false });

    protected override IServerClient Client => _open.GetRequiredService<IServerClient>();

    protected override IServerClient Guarded => _guarded.GetRequiredService<IServerClient>();

    protected override bool KeepsWhatItDoesNotKnow => false;

    public Task InitializeAsync() => _guarded.GetRequiredService<AclTokenStore>().InitializeAsync(string.Empty);

    public async Task DisposeAsync()
    {
        await _open.DisposeAsync();
        await _guarded.DisposeAsync();
    }

    protected override async Task PutAsync(string service, bool connect, params string[] instances)
    {
        foreach (var instance in instances.Select(text => JsonNode.Parse(text)!))
        {
            await _open.GetRequiredService<CatalogStore>().PutAsync(instance, connect ? service : null);
            await _guarded.GetRequiredService<CatalogStore>().PutAsync(instance, connect ? service : null);
        }
    }

    protected override async Task<string> GrantAsync(string token, params AccessRequest[] rights)
    {
        var rules = rights.Select(right => $"{right.Resource} \"{right.Segment}\" {{ policy = \"{right.Access}\" }}".ToLowerInvariant());
        var policy = await _guarded.GetRequiredService<AclPolicyStore>().CreateAsync(new AclPolicy(string.Empty, token) { Rules = string.Join('\n', rules) });
        return (await _guarded.GetRequiredService<AclTokenStore>().CreateAsync(new AclTokenDraft { Policies = [new AclLink(policy.Id, string.Empty)] })).SecretId;
    }

    private static ServiceProvider Services(AclOptions acl)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddControlPlane(new AuthorityOptions(), BlockingLimits.Standard, acl);
        services.AddSingleton(new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.AclsDisabled));
        services.AddEmbeddedServers().AddHealthApi();
        return services.BuildServiceProvider();
    }
}
