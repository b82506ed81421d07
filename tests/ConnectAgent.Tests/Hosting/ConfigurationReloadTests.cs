using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Configuration;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Hosting;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Timing;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using ConnectAgent.Tests.Agent;
using FluentAssertions;
using Microsoft.Extensions.Logging.Abstractions;
using Serilog.Core;
using Serilog.Events;
using Xunit;

namespace ConnectAgent.Tests.Hosting;

/// <summary>All of a changed configuration is taken over, or nothing (services AG-29; agent-cache CACHE-20).</summary>
public sealed class ConfigurationReloadTests : IDisposable
{
    private readonly AgentFixture _agent = new();
    private readonly AgentIdentity _identity = new("dc1", "node1", true, "old", DefaultDecision.AclsDisabled);
    private readonly StateStore _state = new(new MemoryStateStorage(), ControlPlaneTables.All);
    private readonly LoggingLevelSwitch _level = new();
    private readonly OwnNode _node = new(new CatalogNode { Name = "node1" });
    private ConfigValues _values = new ConfigValues().Set(NodeKeys.NodeName, "node1").Set(AclKeys.DefaultToken, "old").Set(NodeKeys.LogLevel, "INFO");

    public void Dispose()
    {
        _agent.Dispose();
        _state.Dispose();
    }

    [Fact]
    public void What_may_change_is_taken_over()
    {
        var reload = Create();
        _values = new ConfigValues().Set(NodeKeys.NodeName, "other").Set(AclKeys.DefaultToken, "new").Set(NodeKeys.LogLevel, "trace").Set(CacheKeys.FetchRate, 5.0).Set(CacheKeys.FetchMaxBurst, 3)
            .Set(NodeKeys.NodeMeta, new Dictionary<string, string> { ["rack"] = "7" });
        reload.Run();
        _agent.Cache.FetchLimits.Should().Be(new FetchLimits(5, 3));
        _identity.DefaultToken.Should().Be("new");
        _level.MinimumLevel.Should().Be(LogEventLevel.Verbose);
        _node.Current.Meta.Should().Contain("rack", "7");
    }

    [Fact]
    public void A_bad_value_changes_nothing_although_others_are_good()
    {
        var reload = Create();
        _values = new ConfigValues().Set(AclKeys.DefaultToken, "new").Set(NodeKeys.LogLevel, "trace").Set(CacheKeys.FetchRate, 5.0).Set(CacheKeys.FetchMaxBurst, 0);
        reload.Invoking(run => run.Run()).Should().Throw<ConfigurationException>()
            .WithMessage("cache.entry_fetch_max_burst must be strictly positive, was: 0");
        (_agent.Cache.FetchLimits, _identity.DefaultToken, _level.MinimumLevel).Should().Be((FetchLimits.None, "old", LogEventLevel.Information));
    }

    private ConfigurationReload Create()
    {
        var current = new CurrentConfiguration(AgentConfiguration.Build(_values, devMode: true), () => AgentConfiguration.Build(_values, devMode: true));
        var tokens = new AgentTokens(
            AgentConfiguration.Build(_values, devMode: true).Tokens,
            _identity,
            new RecoveryToken("node1"),
            NullLogger<AgentTokens>.Instance);
        return new ConfigurationReload(current, _agent.Cache, tokens, _node, _level, NullLogger<ConfigurationReload>.Instance);
    }
}
