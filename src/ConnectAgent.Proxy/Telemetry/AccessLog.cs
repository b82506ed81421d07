using System.Text.Json;
using System.Threading.Channels;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Proxy.Telemetry;

/// <summary>One line of JSON for each connection or request, written in the background: a slow disk slows no connection.</summary>
internal sealed class AccessLog : IAsyncDisposable
{
    private const string WaitingName = "proxy.access_log";

    [Limit(WaitingName, "lines", "dropped", Refuses = true)]
    private const int Waiting = 8192;

    private readonly Channel<AccessEntry>? _lines;
    private readonly Task _writing = Task.CompletedTask;

    /// <summary>Begins.</summary>
    /// <param name="target">Where to; it is not closed. Null: nowhere.</param>
    /// <param name="refusals">Counts the lines that found no place.</param>
    public AccessLog(Stream? target, LimitMetrics refusals)
    {
        if (target is not null)
        {
            _lines = Channel.CreateBounded<AccessEntry>(
                new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }, _ => refusals.Refused(WaitingName));
            _writing = WriteAsync(target, _lines.Reader);
        }
    }

    public bool IsOn => _lines is not null;

    public void Write(AccessEntry entry) => _lines?.Writer.TryWrite(entry);

    public async ValueTask DisposeAsync()
    {
        _lines?.Writer.Complete();
        await _writing;
    }

    private static async Task WriteAsync(Stream target, ChannelReader<AccessEntry> lines)
    {
        while (await lines.WaitToReadAsync())
        {
            try
            {
                while (lines.TryRead(out var entry))
                {
                    await target.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(entry, AccessJson.Default.AccessEntry));
                    await target.WriteAsync("\n"u8.ToArray());
                }

                await target.FlushAsync();
            }
            catch (IOException)
            {
                // A full disk: lines are lost, connections are not.
            }
        }
    }
}
