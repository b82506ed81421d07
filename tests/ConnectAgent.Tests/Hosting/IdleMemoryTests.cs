using ConnectAgent.Hosting;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Hosting;

/// <summary>FA-1: what a burst took is given back once the agent idles, although nothing makes the collector run.</summary>
public sealed class IdleMemoryTests : IDisposable
{
    private const long Megabyte = 1024 * 1024;
    private readonly ManualTimeProvider _clock = new();
    private readonly BlockPools _blocks = new();
    private readonly IdleMemory _memory;
    private long _made;
    private long _resident = 90 * Megabyte;
    private int _collections;

    public IdleMemoryTests() => _memory = new IdleMemory(_clock, _blocks)
    {
        Made = () => _made,
        Resident = () => _resident,
        Collect = () =>
        {
            _collections++;
            _resident -= 100 * Megabyte;
        },
    };

    public void Dispose() => _memory.Dispose();

    [Fact]
    public async Task FA_1_What_a_burst_has_left_is_given_back_when_the_agent_idles()
    {
        // Given
        await _memory.StartAsync(CancellationToken.None);
        await LookAsync();
        _collections.Should().Be(0, "there is nothing to give back");

        using var pool = (BlockPools.Pool)_blocks.Create();
        pool.Rent().Dispose();

        // When
        (_made, _resident) = (500 * Megabyte, 300 * Megabyte);
        await LookAsync();
        _collections.Should().Be(0, "it is busy");
        pool.Unused.Should().Be(1);
        await LookAsync();
        await LookAsync();

        // Then
        _collections.Should().Be(2, "buffers come back a little later");
        pool.Unused.Should().Be(0);
        await LookAsync();
        await LookAsync();
        _collections.Should().Be(2);
        await _memory.StopAsync(CancellationToken.None);
    }

    [Fact] // issue 14: a start that reads many rows keeps the collector from running
    public async Task What_a_start_has_left_is_given_back_though_nothing_grows()
    {
        using var memory = new IdleMemory(_clock, _blocks)
        {
            Made = () => _made,
            Resident = () => _resident,
            LeftByStart = static () => true,
            Collect = () => _collections++,
        };
        await memory.StartAsync(CancellationToken.None);
        await LookAsync();
        _collections.Should().Be(1);
        await memory.StopAsync(CancellationToken.None);
    }

    // The look has ended when it waits for the next one.
    private async Task LookAsync()
    {
        await _clock.ArmedAsync(1);
        _clock.Advance(IdleMemory.Pause);
        await _clock.ArmedAsync(1);
    }
}
