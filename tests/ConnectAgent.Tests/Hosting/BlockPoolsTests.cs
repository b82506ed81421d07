using ConnectAgent.Hosting;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Hosting;

/// <summary>FA-1: buffers that a burst took are used again, and let go when they are no longer used.</summary>
public sealed class BlockPoolsTests
{
    [Fact]
    public void FA_1_What_is_unused_is_used_again_until_it_is_let_go()
    {
        // Given
        var pools = new BlockPools();
        using var pool = (BlockPools.Pool)pools.Create();
        var held = pool.Rent(4096);
        var given = pool.Rent();

        // When
        given.Dispose();

        // Then
        pool.Unused.Should().Be(1);
        pool.Rent().Should().BeSameAs(given);
        held.Dispose();
        given.Dispose();
        pools.Trim();
        pool.Unused.Should().Be(0);
        pool.Rent().Should().NotBeSameAs(given).And.NotBeSameAs(held);
        pool.Invoking(one => one.Rent(4097)).Should().Throw<ArgumentOutOfRangeException>("more is not pooled here");
    }
}
