using System.Diagnostics.Metrics;
using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.Testing;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ConnectAgent.Tests.Agent.Servers.Tokens;

/// <summary>Tokens of scripted servers on a manual clock; one of them may write the service web and read its intentions.</summary>
internal sealed class RemoteTokensFixture : IDisposable
{
    public const string Token = "aaaa";
    public static readonly TimeSpan Ttl = TimeSpan.FromSeconds(30);
    public static readonly AccessRequest WriteWeb = new(AclResource.Service, "web", AclAccess.Write);
    public static readonly AccessRequest ReadWebIntentions = new(AclResource.Intention, "web", AclAccess.Read);
    public static readonly AccessRequest ReadNode = new(AclResource.Node, "n1", AclAccess.Read);
    public static readonly AccessRequest ReadAcl = new(AclResource.Acl, string.Empty, AclAccess.Read);

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public RemoteTokensFixture() => Servers.Grant(Token, WriteWeb, ReadWebIntentions);

    public ManualTimeProvider Clock { get; } = new();

    public ScriptedAuthority Servers { get; } = new();

    public RecoveryToken Recovery { get; } = new("node1");

    public static async Task<bool> AllowsAsync(RemoteTokens tokens, AccessRequest question, string token = Token) =>
        await (await tokens.ResolveAsync(token, default)).AllowsAsync(question, default);

    public static async Task RefusesAsync(RemoteTokens tokens, string token) =>
        (await FluentActions.Awaiting(() => tokens.ResolveAsync(token, default).AsTask()).Should().ThrowAsync<ServerException>())
            .WithMessage("ACL not found").Which.Kind.Should().Be(FailureKind.UnknownToken);

    public RemoteTokens Create(DownPolicy policy = DownPolicy.ExtendCache, bool defaultAllow = false) => new(
        Servers,
        new RemoteTokenOptions { Enabled = true, DefaultAllow = defaultAllow, DownPolicy = policy, Ttl = Ttl },
        Recovery,
        new RemoteTokenMetrics(_services.GetRequiredService<IMeterFactory>(), Clock),
        Clock,
        NullLogger<RemoteTokens>.Instance);

    public void Dispose() => _services.Dispose();
}
