using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace ConnectAgent.Benchmarks.Load;

/// <summary>
/// One thread, poll(2) and non-blocking sockets: for Unix sockets, which wrk cannot do, and for requests at a fixed rate. Each connection has one
/// request under way.
/// </summary>
internal sealed partial class LoadClient : IDisposable
{
    private const short ReadyToRead = 1;
    private readonly Connection[] _connections;
    private readonly PollEntry[] _polled;

    /// <summary>Connects.</summary>
    /// <param name="connect">Makes a connected socket.</param>
    /// <param name="requests">Whole requests; connections go through them in turn.</param>
    /// <param name="connections">How many.</param>
    public LoadClient(Func<Socket> connect, IReadOnlyList<byte[]> requests, int connections)
    {
        _connections = [.. Enumerable.Range(0, connections).Select(i => new Connection(connect(), requests, i))];
        _polled = [.. _connections.Select(connection => new PollEntry { Handle = connection.Handle, Events = ReadyToRead })];
    }

    /// <summary>Asks for a while.</summary>
    /// <param name="time">How long.</param>
    /// <param name="perSecond">How often; 0 for as often as it goes. A late request counts from when it was due.</param>
    public LoadResult Run(TimeSpan time, double perSecond = 0)
    {
        var latencies = new LatencyHistogram();
        var errors = 0L;
        var start = Stopwatch.GetTimestamp();
        var sent = 0L;
        Queue<Connection> idle = new(_connections);
        var busy = 0;
        while (true)
        {
            var elapsed = Stopwatch.GetElapsedTime(start);
            var isOver = elapsed >= time;
            if (isOver && busy == 0)
            {
                return new LoadResult(
                    latencies.Count / time.TotalSeconds,
                    latencies.Percentile(50),
                    latencies.Percentile(90),
                    latencies.Percentile(99),
                    latencies.Percentile(99.9),
                    errors);
            }

            while (!isOver && (perSecond == 0 || sent < elapsed.TotalSeconds * perSecond) && idle.TryDequeue(out var next))
            {
                next.Send(perSecond == 0 ? Stopwatch.GetTimestamp() : start + (long)(sent / perSecond * Stopwatch.Frequency));
                sent++;
                busy++;
            }

            // At a fixed rate a wait of nothing keeps the pace; else there is nothing to do before an answer comes.
            _ = Poll(_polled, (nuint)_polled.Length, perSecond > 0 ? 0 : 1000);
            for (var i = 0; i < _polled.Length; i++)
            {
                if (_polled[i].Returned != 0 && _connections[i].Receive() is { } isGood)
                {
                    latencies.Add(Stopwatch.GetElapsedTime(_connections[i].SentAt));
                    errors += isGood ? 0 : 1;
                    busy--;
                    idle.Enqueue(_connections[i]);
                }
            }
        }
    }

    /// <summary>Sends one request on each connection and returns when all are answered.</summary>
    /// <param name="sent">Called when all are sent.</param>
    /// <returns>When each answer was complete, as timestamps, in their order.</returns>
    public IReadOnlyList<long> AskOnce(Action sent)
    {
        foreach (var connection in _connections)
        {
            connection.Send(Stopwatch.GetTimestamp());
        }

        sent();
        List<long> answered = new(_connections.Length);
        while (answered.Count < _connections.Length)
        {
            _ = Poll(_polled, (nuint)_polled.Length, 60_000);
            for (var i = 0; i < _polled.Length; i++)
            {
                if (_polled[i].Returned != 0 && _connections[i].Receive() is not null)
                {
                    answered.Add(Stopwatch.GetTimestamp());
                }
            }
        }

        return answered;
    }

    public void Dispose() => Array.ForEach(_connections, connection => connection.Dispose());

    [LibraryImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Poll([In, Out] PollEntry[] entries, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Handle;
        public short Events;
        public short Returned;
    }

    private sealed class Connection : IDisposable
    {
        private readonly Socket _socket;
        private readonly IReadOnlyList<byte[]> _requests;
        private readonly byte[] _buffer = new byte[64 * 1024];
        private int _next;
        private int _filled;

        public Connection(Socket socket, IReadOnlyList<byte[]> requests, int first)
        {
            (_socket, _requests, _next) = (socket, requests, first % requests.Count);
            socket.Blocking = false;
        }

        public int Handle => (int)_socket.Handle;

        public long SentAt { get; private set; }

        public void Send(long at)
        {
            SentAt = at;
            _socket.Send(_requests[_next]);
            _next = (_next + 1) % _requests.Count;
        }

        /// <summary>Takes what is there; null while the answer is not complete, else whether it is a 200.</summary>
        public bool? Receive()
        {
            _filled += _socket.Receive(_buffer.AsSpan(_filled), SocketFlags.None, out var error);
            if (error is not (SocketError.Success or SocketError.WouldBlock) || (_filled == 0 && error == SocketError.Success))
            {
                throw new IOException($"the connection broke: {error}");
            }

            var received = _buffer.AsSpan(0, _filled);
            var end = received.IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                return null;
            }

            var head = received[..end];
            var name = head.IndexOf("\r\nContent-Length: "u8);
            var digits = head[(name + 18)..];
            var stop = digits.IndexOf((byte)'\r');
            var length = int.Parse(stop < 0 ? digits : digits[..stop], NumberStyles.None, CultureInfo.InvariantCulture);
            if (_filled < end + 4 + length)
            {
                return null;
            }

            _filled = 0;
            return head[9..12].SequenceEqual("200"u8);
        }

        public void Dispose() => _socket.Dispose();
    }
}
