using ConnectAgent.Agent.Leaves;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Tests.Agent;
using FluentAssertions;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ConnectAgent.Tests.Caching;

/// <summary>What goes wrong in the engine is heard, and hangs nobody.</summary>
public sealed class CacheFailureTests : IDisposable
{
    private readonly AgentFixture _agent = new();

    public void Dispose() => _agent.Dispose();

    [Fact] // FA-34: the error of an attempt before the call is no answer to it
    public async Task FA_34_A_forced_renewal_tries_and_does_not_answer_an_old_error()
    {
        // Given: a leaf that is good, and whose last attempt to be renewed failed
        var leaf = await _agent.LeafAsync();
        _agent.Servers.SignFailure = new ServerException(FailureKind.Failed, "the signer is broken");
        _agent.Clock.Advance(TimeSpan.FromSeconds(2));
        await FluentActions.Awaiting(RenewAsync).Should().ThrowAsync<ServerException>().WithMessage("the signer is broken");
        var failed = _agent.Servers.Signatures;

        // When
        _agent.Servers.SignFailure = null;
        var renewed = await RenewAsync().WaitAsync(AgentFixture.Patience);

        // Then
        renewed.Value.SerialNumber.Should().NotBe(leaf.Value.SerialNumber);
        _agent.Servers.Signatures.Should().BeGreaterThan(failed);
    }

    [Fact] // FA-34: nor may the clock that went back keep it waiting
    public async Task FA_34_A_forced_renewal_does_not_wait_for_a_clock_that_went_back()
    {
        var leaf = await _agent.LeafAsync();
        _agent.Clock.SetWallClock(-TimeSpan.FromHours(1));
        var renewing = RenewAsync();
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(1));
        _agent.Clock.Advance(TimeSpan.FromSeconds(1));
        (await renewing.WaitAsync(AgentFixture.Patience)).Value.SerialNumber.Should().NotBe(leaf.Value.SerialNumber);
    }

    [Fact] // FA-34: a bug outside of a fetch ends neither in silence nor in readers that hang
    public async Task FA_34_A_refresh_that_breaks_is_heard_and_hangs_nobody()
    {
        // Given
        var first = await _agent.RootsAsync();
        var blocked = _agent.RootsAsync(first.Index);
        _agent.Watch.OnStored = _ => throw new InvalidOperationException("a bug");

        // When
        _agent.Servers.Rotate();

        // Then: who waits has what came, and log and numbers tell
        (await blocked.WaitAsync(AgentFixture.Patience)).Index.Should().BeGreaterThan(first.Index);
        _agent.Logs.Events.Should().ContainSingle(logged => logged.Id == 1008 && logged.Level == LogLevel.Error);
        (_agent.Cache.Errors, _agent.Cache.Count).Should().Be((1, 0));

        // and the next reader starts over
        _agent.Watch.OnStored = static _ => { };
        (await _agent.RootsAsync().WaitAsync(AgentFixture.Patience)).Value.Roots.Should().HaveCount(2);
    }

    private Task<CacheAnswer<ConnectAgent.Protocol.Certificates.LeafCertificate>> RenewAsync() =>
        _agent.Get<LeafService>().RenewAsync(new LeafRequest("dc1", string.Empty, "web"), CancellationToken.None);
}
