using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Configuration;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Hosting;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Timing;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using ConnectAgent.Tests.Agent;
using ConnectAgent.Tests.Configuration;
using ConnectAgent.Tests.Hosting.Systemd;
using FluentAssertions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Serilog.Core;
using Serilog.Events;
using Xunit;
using LocalAgent = ConnectAgent.Tests.Agent.LocalServices.LocalAgent;

namespace ConnectAgent.Tests.Hosting;

/// <summary>All of a changed configuration is taken over, or nothing (services AG-29; agent-cache CACHE-20).</summary>
public sealed class ConfigurationReloadTests : IAsyncDisposable
{
    private readonly AgentFixture _agent = new();
    private readonly LocalAgent _local = new();
    private readonly AgentIdentity _identity = new("dc1", "node1", true, "old", DefaultDecision.AclsDisabled);
    private readonly StateStore _state = new(new MemoryStateStorage(), ControlPlaneTables.All);
    private readonly LoggingLevelSwitch _level = new();
    private readonly FakeServiceManager _manager = new();
    private readonly OwnNode _node = new(new CatalogNode { Name = "node1" });
    private readonly WireSettings _wire = new(new WireOptions());
    private readonly FakeLog _log = new();
    private ConfigValues _values = new ConfigValues().Set(NodeKeys.NodeName, "node1").Set(AclKeys.DefaultToken, "old").Set(NodeKeys.LogLevel, "INFO");

    public async ValueTask DisposeAsync()
    {
        _agent.Dispose();
        _state.Dispose();
        _manager.Dispose();
        await _local.DisposeAsync();
    }

    [Fact]
    public async Task What_may_change_is_taken_over()
    {
        var reload = Create();
        _values = new ConfigValues().Set(NodeKeys.NodeName, "other").Set(AclKeys.DefaultToken, "new").Set(NodeKeys.LogLevel, "trace").Set(CacheKeys.FetchRate, 5.0).Set(CacheKeys.FetchMaxBurst, 3)
            .Set(NodeKeys.NodeMeta, new Dictionary<string, string> { ["rack"] = "7" }).Set(AclKeys.AgentToken, "newer");
        await reload.RunAsync();
        _agent.Cache.FetchLimits.Should().Be(new FetchLimits(5, 3));
        _identity.DefaultToken.Should().Be("new");
        _identity.AgentToken.Should().Be("newer");
        _level.MinimumLevel.Should().Be(LogEventLevel.Verbose);
        _node.Current.Meta.Should().Contain("rack", "7");
    }

    [Fact]
    public async Task A_bad_value_changes_nothing_although_others_are_good()
    {
        var reload = Create();
        _values = new ConfigValues().Set(AclKeys.DefaultToken, "new").Set(NodeKeys.LogLevel, "trace").Set(CacheKeys.FetchRate, 5.0).Set(CacheKeys.FetchMaxBurst, 0);
        (await reload.Awaiting(run => run.RunAsync()).Should().ThrowAsync<ConfigurationException>())
            .WithMessage("cache.entry_fetch_max_burst must be strictly positive, was: 0");
        (_agent.Cache.FetchLimits, _identity.DefaultToken, _level.MinimumLevel).Should().Be((FetchLimits.None, "old", LogEventLevel.Information));
    }

    [Fact] // AG-29
    public async Task Services_of_files_come_and_go_and_one_that_cannot_be_registered_changes_nothing()
    {
        var reload = Create();
        _values = ConfigTexts.Merge("""{"node_name":"node1","service":{"name":"web","check":{"ttl":"1s"}},"check":{"name":"disk","ttl":"1h"}}""");
        await reload.RunAsync();
        _local.State.Current.Services.Keys.Should().Equal("web");
        _local.State.Current.Checks.Keys.Should().Equal("disk", "service:web");
        _values = ConfigTexts.Merge("""{"node_name":"node1","log_level":"trace","services":[{"name":"db"},{"name":"api","check":{"ttl":"1s","interval":"1s"}}]}""");
        (await reload.Awaiting(run => run.RunAsync()).Should().ThrowAsync<ConfigurationException>())
            .WithMessage("Failed to register service \"api\": Invalid check: Interval and TTL cannot both be specified");
        (_local.State.Current.Services.Keys.Single(), _level.MinimumLevel).Should().Be(("web", LogEventLevel.Debug), "nothing of it was taken over");
        _values = ConfigTexts.Merge("""{"node_name":"node1"}""");
        await reload.RunAsync();
        _local.State.Current.Services.Should().BeEmpty();
        _local.State.Current.Checks.Should().BeEmpty();
    }

    [Fact] // sd_notify(3)
    public async Task The_service_manager_is_told_of_the_begin_and_of_the_outcome()
    {
        var reload = Create();
        await reload.RunAsync();
        (await _manager.NextAsync()).Should().MatchRegex("^RELOADING=1\nMONOTONIC_USEC=[0-9]+\n");
        (await _manager.NextAsync()).Should().Be($"READY=1\nSTATUS={FakeServiceManager.Serving}");
        _values = new ConfigValues().Set(CacheKeys.FetchRate, 5.0).Set(CacheKeys.FetchMaxBurst, 0);
        await reload.Awaiting(run => run.RunAsync()).Should().ThrowAsync<ConfigurationException>();
        (await _manager.NextAsync()).Should().StartWith("RELOADING=1\n");
        (await _manager.NextAsync()).Should().Be($"READY=1\nSTATUS={FakeServiceManager.Serving}; the last reload failed, see the log");
    }

    [Theory] // REG-3 to REG-5, AE-6: the rules are those of the API
    [InlineData("""{"service":{"name":"web","connect":{"sidecar_service":{"meta":{"consul-x":"y"}}}}}""", "service \"web\": Invalid Service Meta: Couldn't load metadata pair ('consul-x', 'y'): Key prefix 'consul-' is reserved for internal use")]
    [InlineData("""{"service":{"name":"web","connect":{"sidecar_service":{"address":"0.0.0.0"}}}}""", "service \"web\": Invalid service address")]
    [InlineData("""{"service":{"name":"web","id":".."}}""", "service \"web\": Invalid service: ID \"..\" has \".\" or \"..\" between slashes, which clients take out of paths")]
    [InlineData("""{"check":{"name":"serfHealth","ttl":"1s"}}""", "check \"serfHealth\": Invalid check: Name \"serfHealth\" is reserved for the node's own check")]
    public async Task Services_of_files_are_judged_as_those_of_the_API(string file, string error)
    {
        var reload = Create();
        _values = ConfigTexts.Merge(file);
        (await reload.Awaiting(run => run.RunAsync()).Should().ThrowAsync<ConfigurationException>()).WithMessage("Failed to register " + error);
        (_local.State.Current.Services.Count, _local.State.Current.Checks.Count).Should().Be((0, 0));
    }

    [Fact] // issue 15: http_config
    public async Task What_guards_HTTP_is_taken_over()
    {
        var reload = Create();
        _values = ConfigTexts.Merge(
            """{"node_name":"node1","http_config":{"block_endpoints":["/v1/x"],"allow_write_http_from":["10.0.0.0/8"],"response_headers":{"a":"b"},"use_cache":false},"connect_agent":{"allowed_hosts":["h"]}}""");
        await reload.RunAsync();
        var now = _wire.Value;
        (now.BlockedPaths.Single(), now.Writers.Single().ToString(), now.UseCache, now.AllowedHosts.Single(), now.AlwaysPretty).Should().Be(("/v1/x", "10.0.0.0/8", false, "h", true));
        _wire.Headers.Should().ContainSingle().Which.Key.Should().Be("A");
    }

    [Fact] // no change is swallowed
    public async Task What_waits_for_a_restart_is_named_until_it_is_as_it_was()
    {
        var reload = Create();
        var before = _values;
        _values = ConfigTexts.Merge("""{"node_name":"other","log_json":true,"log_level":"WARN","connect":{"ca_config":{"leaf_cert_ttl":"24h"}},"acl":{"tokens":{"default":"old"}}}""");
        await reload.RunAsync();
        await reload.RunAsync();
        _log.Keys.Should().Equal("connect.ca_config", "log_json", "node_name", "connect.ca_config", "log_json", "node_name");
        _values = before;
        await reload.RunAsync();
        _log.Keys.Should().HaveCount(6);
    }

    private ConfigurationReload Create()
    {
        var current = new CurrentConfiguration(AgentConfiguration.Build(_values, devMode: true), () => AgentConfiguration.Build(_values, devMode: true));
        var tokens = new AgentTokens(
            AgentConfiguration.Build(_values, devMode: true).Tokens,
            _identity,
            new RecoveryToken("node1"),
            NullLogger<AgentTokens>.Instance);
        var parts = new ReloadParts(
            ReloadParts.Cache(_agent.Cache), ReloadParts.Tokens(tokens), ReloadParts.Node(_node), ReloadParts.Level(_level), ReloadParts.Http(_wire));
        return new ConfigurationReload(current, new FileServices(_local.Registry, new CheckOptions()), parts, _manager.Socket, _log);
    }

    /// <summary>The keys that wait for a restart.</summary>
    private sealed class FakeLog : ILogger<ConfigurationReload>
    {
        public List<string> Keys { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == 4020)
            {
                Keys.Add(formatter(state, exception).Split("key=")[1]);
            }
        }
    }
}
