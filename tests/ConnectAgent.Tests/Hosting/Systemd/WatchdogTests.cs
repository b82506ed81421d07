using System.Net;
using System.Net.Sockets;
using ConnectAgent.Configuration;
using ConnectAgent.Hosting.Systemd;
using ConnectAgent.Testing;
using FluentAssertions;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ConnectAgent.Tests.Hosting.Systemd;

/// <summary>A sign of life follows an answer, and nothing else (sd_watchdog_enabled(3)): here of an agent that is asked every 4 s and has 2 s to answer.</summary>
public sealed class WatchdogTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly FakeServiceManager _manager = new();
    private readonly TcpListener _agent = new(IPAddress.Loopback, 0);

    public void Dispose()
    {
        _manager.Dispose();
        _agent.Dispose();
    }

    [Fact]
    public async Task Given_an_agent_that_answers_When_half_of_the_time_has_passed_Then_it_is_alive_each_time()
    {
        using var watchdog = await StartAsync();
        for (var round = 0; round < 3; round++)
        {
            await AskAsync();
            using var request = await _agent.AcceptSocketAsync();
            await request.SendAsync("HTTP/1.1 403 Forbidden\r\n\r\n"u8.ToArray());
            (await _manager.NextAsync()).Should().Be("WATCHDOG=1", "any answer is a sign of life");
        }

        await watchdog.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Given_an_agent_that_accepts_and_says_nothing_When_it_is_asked_Then_it_is_not_alive_until_it_answers()
    {
        using var watchdog = await StartAsync();
        await AskAsync();
        using var first = await _agent.AcceptSocketAsync();
        (await first.ReceiveAsync(new byte[1])).Should().Be(1, "it was asked");
        _clock.Advance(TimeSpan.FromSeconds(2));
        await _clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(1));
        _manager.IsSilent.Should().BeTrue("no answer, no sign of life");
        _clock.Advance(TimeSpan.FromSeconds(1));
        using var second = await _agent.AcceptSocketAsync();
        await second.SendAsync("H"u8.ToArray());
        (await _manager.NextAsync()).Should().Be("WATCHDOG=1");
        await watchdog.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Given_an_agent_that_no_longer_listens_When_it_is_asked_Then_it_is_not_alive()
    {
        using var watchdog = await StartAsync();
        _agent.Stop();
        await AskAsync();
        await _clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(1));
        _manager.IsSilent.Should().BeTrue();
        await watchdog.StopAsync(CancellationToken.None);
    }

    private async Task<Watchdog> StartAsync()
    {
        _agent.Start();
        var values = new ConfigValues().Set(PortKeys.KeyOf("http"), ((IPEndPoint)_agent.LocalEndpoint).Port);
        var request = new OwnRequest(AgentConfiguration.Build(values, devMode: true), _clock);
        var watchdog = new Watchdog(_manager.Options, _manager.Socket, request, _clock, NullLogger<Watchdog>.Instance);
        await watchdog.StartAsync(CancellationToken.None);
        return watchdog;
    }

    private async Task AskAsync()
    {
        await _clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(4));
        _clock.Advance(TimeSpan.FromSeconds(4));
    }
}
