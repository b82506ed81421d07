using ConnectAgent.Agent.Identity;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ConnectAgent.Tests.Http.LocalAgent;

/// <summary>Which tokens the agent uses (acl section 5.9).</summary>
public sealed class AgentTokensTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AgentIdentity _agent = new("dc1", "node1", true, "default", DefaultDecision.AclsDisabled);

    public void Dispose() => _folder.Dispose();

    [Fact] // ACL-AGT-6, services AE-5
    public void The_agents_own_token_is_used_before_the_default_one()
    {
        var tokens = Load(Options("default", "agent"));
        (_agent.DefaultToken, _agent.AgentToken).Should().Be(("default", "agent"));
        tokens.TrySet("agent", string.Empty).Should().BeTrue();
        _agent.AgentToken.Should().Be("default");
        tokens.TrySet("acl_agent_token", "other").Should().BeTrue();
        (_agent.DefaultToken, _agent.AgentToken).Should().Be(("default", "other"));
    }

    [Fact] // ACL-AGT-7
    public void A_kept_token_of_the_agent_beats_the_configured_one_also_after_a_reload()
    {
        Load(Options("default", "agent")).TrySet("agent", "kept").Should().BeTrue();
        _agent.UseAgentToken(string.Empty);
        var tokens = Load(Options("default", "agent"));
        _agent.AgentToken.Should().Be("kept");
        tokens.Configured(Options("default", "newer"));
        _agent.AgentToken.Should().Be("kept");
        tokens.TrySet("agent", string.Empty).Should().BeTrue();
        tokens.Configured(Options("default", "newer"));
        _agent.AgentToken.Should().Be("newer");
    }

    private AgentTokenOptions Options(string defaultToken, string agentToken) => new(AreAclsOn: true, defaultToken, agentToken, string.Empty, _folder.Path);

    private AgentTokens Load(AgentTokenOptions options)
    {
        var tokens = new AgentTokens(options, _agent, new RecoveryToken("node1"), NullLogger<AgentTokens>.Instance);
        tokens.Load();
        return tokens;
    }
}
