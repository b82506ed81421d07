using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.ControlPlane.Revocation;
using ConnectAgent.Http.Embedded;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.State;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Embedded;

/// <summary>The embedded control plane behind the seam.</summary>
public sealed class EmbeddedServerClientTests : ServerClientConformance, IAsyncLifetime
{
    private readonly ServiceProvider _services;

    public EmbeddedServerClientTests()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddControlPlane(new AuthorityOptions(), BlockingLimits.Standard, new AclOptions());
        services.AddSingleton(new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.AclsDisabled));
        services.AddEmbeddedServers();
        _services = services.BuildServiceProvider();
    }

    protected override IServerClient Client => _services.GetRequiredService<IServerClient>();

    public Task InitializeAsync() => _services.GetRequiredService<AuthorityManager>().InitializeAsync();

    public async Task DisposeAsync() => await _services.DisposeAsync();

    protected override Task PutIntentionAsync(string source, string destination, string action) =>
        _services.GetRequiredService<IntentionStore>().UpsertAsync(destination, new IntentionSource(source) { Action = action }, null);

    protected override Task RevokeAsync(string serial) =>
        _services.GetRequiredService<RevocationStore>().RevokeSerialAsync(serial, "dc1", null);
}

/// <summary>The scripted one, so that what the engine's tests stand on behaves like the real ones.</summary>
public sealed class ScriptedServerClientTests : ServerClientConformance
{
    private readonly List<Intention> _intentions = [];
    private readonly ScriptedServerClient _client = new(TimeProvider.System);

    protected override IServerClient Client => _client;

    protected override Task PutIntentionAsync(string source, string destination, string action)
    {
        _intentions.Add(new Intention { SourceName = source, DestinationName = destination, Action = action });
        _client.SetIntentions([.. _intentions]);
        return Task.CompletedTask;
    }

    protected override Task RevokeAsync(string serial)
    {
        _client.SetRevoked(new RevocationEntry
        {
            SerialNumber = serial,
            Datacenter = "dc1",
            RevokedAt = DateTimeOffset.UnixEpoch,
            ExpiresAt = DateTimeOffset.UnixEpoch.AddYears(100),
        });
        return Task.CompletedTask;
    }
}

/// <summary>The embedded control plane with ACLs on.</summary>
public sealed class EmbeddedServerClientAclTests : ServerClientAclConformance, IAsyncLifetime
{
    private readonly ServiceProvider _services;

    public EmbeddedServerClientAclTests()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddControlPlane(new AuthorityOptions(), BlockingLimits.Standard, new AclOptions { Enabled = true, DefaultAllow = false });
        services.AddSingleton(new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.AclsDisabled));
        services.AddEmbeddedServers();
        _services = services.BuildServiceProvider();
    }

    protected override IServerClient Client => _services.GetRequiredService<IServerClient>();

    private AclTokenStore Tokens => _services.GetRequiredService<AclTokenStore>();

    public async Task InitializeAsync()
    {
        await Tokens.InitializeAsync(string.Empty);
        await _services.GetRequiredService<AuthorityManager>().InitializeAsync();
    }

    public async Task DisposeAsync() => await _services.DisposeAsync();

    protected override async Task<string> CreateWebTokenAsync()
    {
        var policy = await _services.GetRequiredService<AclPolicyStore>().CreateAsync(
            new AclPolicy(string.Empty, "web") { Rules = "service \"web\" { policy = \"write\" }" });
        return (await Tokens.CreateAsync(new AclTokenDraft { Policies = [new AclLink(policy.Id, string.Empty)] })).SecretId;
    }

    protected override Task StripAsync(string token) => Tokens.UpdateAsync(new AclTokenDraft { AccessorId = AccessorOf(token) });

    protected override Task DeleteAsync(string token) => Tokens.DeleteAsync(AccessorOf(token), null);

    private string AccessorOf(string token) => Tokens.FindBySecret(_services.GetRequiredService<StateStore>().Current, token)!.AccessorId;
}

/// <summary>The scripted one's health.</summary>
public sealed class ScriptedServerClientHealthTests : ServerClientHealthConformance
{
    private readonly ScriptedServerClient _client = new(TimeProvider.System);

    protected override IServerClient Client => _client;

    protected override Task PutAsync(string service, bool connect, params string[] instances)
    {
        _client.SetHealth(service, connect, instances);
        return Task.CompletedTask;
    }

    protected override Task<string> GrantAsync(string token, params AccessRequest[] rights)
    {
        _client.SetRights(token, new GrantedRights(rights));
        return Task.FromResult(token);
    }
}

/// <summary>The scripted one's catalog.</summary>
public sealed class ScriptedServerClientCatalogTests : ServerClientCatalogConformance
{
    private readonly ScriptedServerClient _client = new(TimeProvider.System);

    protected override IServerClient Client => _client;

    protected override Task PutConfigEntryAsync(string json)
    {
        _client.SetConfigEntries("service-defaults", json);
        return Task.CompletedTask;
    }

    protected override Task<(IServerClient Client, string Token)> GuardAsync(params AccessRequest[] rights)
    {
        _client.SetRights(string.Empty, new GrantedRights());
        _client.SetRights("a-token", new GrantedRights(rights));
        return Task.FromResult<(IServerClient, string)>((_client, "a-token"));
    }
}

/// <summary>The scripted one with ACLs on.</summary>
public sealed class ScriptedServerClientAclTests : ServerClientAclConformance
{
    private readonly ScriptedServerClient _client = new(TimeProvider.System);

    public ScriptedServerClientAclTests() => _client.SetRights(string.Empty, new GrantedRights());

    protected override IServerClient Client => _client;

    protected override Task<string> CreateWebTokenAsync()
    {
        _client.SetRights("web-token", GrantedRights.ToServices("web"));
        return Task.FromResult("web-token");
    }

    protected override Task StripAsync(string token)
    {
        _client.SetRights(token, new GrantedRights());
        return Task.CompletedTask;
    }

    protected override Task DeleteAsync(string token)
    {
        _client.SetRights(token, null);
        return Task.CompletedTask;
    }
}
