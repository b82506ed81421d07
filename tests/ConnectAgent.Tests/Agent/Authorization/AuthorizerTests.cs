using ConnectAgent.Agent;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ConnectAgent.Tests.Agent.Authorization;

/// <summary>intentions sections 7 and 8 in the agent.</summary>
public sealed class AuthorizerTests : IDisposable
{
    private static readonly ServiceId Web = new(ScriptedServerClient.TrustDomainName, "dc1", "web");

    private readonly RecordingLog _log = new();
    private readonly AgentFixture _agent;

    public AuthorizerTests() => _agent = new AgentFixture(services: services => services.AddSingleton<ILoggerProvider>(_log)
        .AddSingleton(new AuthorizeOptions { Strict = true }));

    public void Dispose() => _agent.Dispose();

    [Fact] // DEF-5: what cannot be verified is refused
    public async Task Given_roots_that_cannot_be_read_When_a_strict_agent_is_asked_Then_it_refuses()
    {
        // Given
        var guard = _agent.Get<PeerGuard>();
        _agent.Servers.Fail(ScriptedServerClient.Unreachable());

        // When, then
        (await guard.RefuseAsync(new Peer(Web, string.Empty), CancellationToken.None))
            .Should().Be("Trust domain cannot be verified: the roots cannot be read");

        // Given
        _agent.Servers.Fail(null);

        // When, then
        (await guard.RefuseAsync(new Peer(Web, string.Empty), CancellationToken.None)).Should().BeNull();
        _agent.Servers.Fail(ScriptedServerClient.Unreachable());
        (await guard.RefuseAsync(new Peer(Web, string.Empty), CancellationToken.None)).Should().BeNull("the roots are cached");
    }

    [Fact] // DEF-5: one of the known roots', not only the active one's
    public async Task A_former_roots_trust_domain_is_known()
    {
        var former = _agent.Servers.RootsAt(1).Value;
        var moved = former with
        {
            TrustDomain = "22222222-2222-3333-4444-555555555555.consul",
            Roots = [.. former.Roots, former.Roots[0] with { ExternalTrustDomain = "22222222-2222-3333-4444-555555555555" }],
        };
        _agent.Servers.NextRoots(_ => Task.FromResult(new ServerRead<CaRoots>(moved, 20)));
        var guard = _agent.Get<PeerGuard>();
        (await guard.RefuseAsync(new Peer(Web, string.Empty), CancellationToken.None)).Should().BeNull();
        (await guard.RefuseAsync(new Peer(Web with { Host = "22222222-2222-3333-4444-555555555555.consul" }, string.Empty), CancellationToken.None))
            .Should().BeNull();
        foreach (var host in new[] { ".consul", "consul", "3.consul", Web.Host + ":80", "x" + Web.Host })
        {
            (await guard.RefuseAsync(new Peer(Web with { Host = host }, string.Empty), CancellationToken.None))
                .Should().StartWith("Mismatched trust domains: ", host);
        }
    }

    [Fact] // DEF-14
    public async Task Permissions_that_cannot_be_evaluated_are_told_once_for_each_value()
    {
        _agent.Servers.SetIntentions(new Intention
        {
            SourceName = "we\nb",
            DestinationName = "api",
            Permissions = [Permission("/a"), Permission("("), Permission("[")],
        });
        await DecideAsync();
        await DecideAsync();
        _log.Warnings.Should().Equal(
            "Permissions that cannot be evaluated as written fail closed: source=\"we\\nb\" destination=\"api\" permissions=1,2");
    }

    [Fact] // DEF-3: off is parity, but not in silence
    public async Task A_peer_of_another_namespace_is_told_of_at_most_once_a_minute()
    {
        var foreign = Web with { Namespace = "fo\no" };
        for (var i = 0; i < 3; i++)
        {
            (await DecideAsync(foreign)).Allowed.Should().BeTrue();
        }

        _log.Warnings.Should().Equal("A peer of another namespace was allowed by default, as no intention can match it: namespace=\"fo\\no\"");
        _agent.Clock.Advance(TimeSpan.FromMinutes(1));
        await DecideAsync(foreign);
        _log.Warnings.Should().HaveCount(2);
    }

    [Theory] // intentions AUTHZ-30: a decision that is made in place is the one that is made otherwise
    [InlineData("api")]
    [InlineData("db")]
    [InlineData("none")]
    public async Task What_is_decided_in_place_is_decided_the_same_otherwise(string target)
    {
        _agent.Servers.SetIntentions(
            new Intention { SourceName = "web", DestinationName = "api", Action = "deny" },
            new Intention { SourceName = "*", DestinationName = "api", Action = "allow" },
            new Intention { SourceName = "web", DestinationName = "db", Permissions = [Permission("/a")] },
            new Intention { SourceName = "other", DestinationName = "*", Action = "deny" });
        foreach (var service in new[] { "web", "Web", "other", "*", "x" })
        {
            await _agent.Authorizer.AuthorizeAsync(target, Web with { Service = service }, string.Empty, CancellationToken.None);
            var waited = await _agent.Authorizer.AuthorizeAsync(target, Web with { Service = service }, string.Empty, CancellationToken.None);
            var entry = _agent.Authorizer.Find(string.Empty, MatchRequest.TargetPrefix + target);
            _agent.Authorizer.TryDecide(entry!, service, out var answer).Should().BeTrue();
            answer.Should().Be(waited);
        }
    }

    private static IntentionPermission Permission(string pattern) =>
        new() { Action = "allow", Http = new HttpCondition { PathRegex = pattern } };

    private async Task<IntentionDecision> DecideAsync(ServiceId? client = null) =>
        (await _agent.Authorizer.AuthorizeAsync("api", client ?? Web, null, string.Empty, CancellationToken.None)).Value;

    private sealed class RecordingLog : ILoggerProvider, ILogger
    {
        private readonly Lock _gate = new();
        private readonly List<string> _warnings = [];

        public IReadOnlyList<string> Warnings
        {
            get
            {
                lock (_gate)
                {
                    return [.. _warnings];
                }
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_gate)
            {
                _warnings.Add(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
