using System.Text.Json.Nodes;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.Http.Embedded;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.State;
using ConnectAgent.TestKit.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.Tests.Http.Embedded;

/// <summary>The catalog of the embedded control plane behind the seam.</summary>
public sealed class EmbeddedCatalogTests : ServerClientCatalogConformance, IAsyncDisposable
{
    private readonly ServiceProvider _open = Services(new AclOptions());
    private readonly ServiceProvider _guarded = Services(new AclOptions { Enabled = true, DefaultAllow = false });

    protected override IServerClient Client => _open.GetRequiredService<IServerClient>();

    public async ValueTask DisposeAsync()
    {
        await _open.DisposeAsync();
        await _guarded.DisposeAsync();
    }

    protected override async Task<(IServerClient Client, string Token)> GuardAsync(params AccessRequest[] rights)
    {
        var tokens = _guarded.GetRequiredService<AclTokenStore>();
        await tokens.InitializeAsync(string.Empty);
        var rules = rights.GroupBy(right => (right.Resource, right.Segment)).Select(one =>
            $"{one.Key.Resource} \"{one.Key.Segment}\" {{ policy = \"{one.Max(right => right.Access)}\" }}".ToLowerInvariant());
        var policy = await _guarded.GetRequiredService<AclPolicyStore>().CreateAsync(new AclPolicy(string.Empty, "p") { Rules = string.Join('\n', rules) });
        var token = await tokens.CreateAsync(new AclTokenDraft { Policies = [new AclLink(policy.Id, string.Empty)] });
        return (_guarded.GetRequiredService<IServerClient>(), token.SecretId);
    }

    protected override Task PutConfigEntryAsync(string json)
    {
        var kind = ConfigEntryKinds.Named("service-defaults");
        return _open.GetRequiredService<ConfigEntryStore>().PutAsync(kind, kind.Make((JsonObject)JsonNode.Parse(json)!), null);
    }

    private static ServiceProvider Services(AclOptions acl)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddControlPlane(new AuthorityOptions(), BlockingLimits.Standard, acl);
        services.AddSingleton(new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.AclsDisabled));
        services.AddEmbeddedServers();
        return services.BuildServiceProvider();
    }
}
