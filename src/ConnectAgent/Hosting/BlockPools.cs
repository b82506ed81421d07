using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace ConnectAgent.Hosting;

/// <summary>
/// The buffers of the web server's connections. Its own pools let go of 5 % of what is unused every ten seconds, so that 16 MB were seen to stay for
/// minutes after a burst (FA-1); these let go of all of it when they are asked to.
/// </summary>
internal sealed class BlockPools : IMemoryPoolFactory<byte>
{
    private readonly ConcurrentBag<Pool> _pools = [];

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null)
    {
        var pool = new Pool();
        _pools.Add(pool);
        return pool;
    }

    /// <summary>Leaves what no connection uses to the collector.</summary>
    public void Trim()
    {
        foreach (var pool in _pools)
        {
            pool.Trim();
        }
    }

    internal sealed class Pool : MemoryPool<byte>
    {
        // As those of the web server.
        private const int BlockSize = 4096;
        private readonly ConcurrentQueue<Block> _unused = new();

        public override int MaxBufferSize => BlockSize;

        /// <summary>Blocks that nobody uses.</summary>
        public int Unused => _unused.Count;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
            return _unused.TryDequeue(out var block) ? block : new Block(this);
        }

        public void Trim() => _unused.Clear();

        protected override void Dispose(bool disposing) => Trim();

        private sealed class Block(Pool pool) : IMemoryOwner<byte>
        {
            // The kernel writes into it, so it must not move.
            public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true), 0, BlockSize);

            public void Dispose() => pool._unused.Enqueue(this);
        }
    }
}
