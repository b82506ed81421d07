using System.Buffers;
using System.IO.Compression;

namespace ConnectAgent.Http.Wire;

/// <summary>A body that is written as it comes; compressed from its first byte when the caller takes it so (http-conventions GZIP-1).</summary>
internal sealed class LiveStream : IAsyncDisposable
{
    private readonly ArrayBufferWriter<byte> _unsent = new();
    private readonly HttpContext _context;
    private readonly GZipStream? _compressed;

    private LiveStream(HttpContext context, bool isCompressed)
    {
        _context = context;
        _compressed = isCompressed ? new GZipStream(context.Response.Body, CompressionLevel.Fastest, leaveOpen: true) : null;
    }

    /// <summary>What the next flush sends.</summary>
    public IBufferWriter<byte> Unsent => _unsent;

    /// <summary>Its length.</summary>
    public int UnsentBytes => _unsent.WrittenCount;

    /// <summary>Sends the head: clients wait for it before they do what they want to see.</summary>
    public static async Task<LiveStream> StartAsync(WireRequest request, string contentType)
    {
        var response = request.Context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = contentType;
        var isCompressed = WireReply.AcceptsGzip(request.Context.Request.Headers.AcceptEncoding.ToString());
        if (isCompressed)
        {
            response.Headers.ContentEncoding = "gzip";
        }

        await response.StartAsync(request.Aborted);
        await response.BodyWriter.FlushAsync(request.Aborted);
        return new LiveStream(request.Context, isCompressed);
    }

    /// <summary>Sends what is there.</summary>
    public async Task FlushAsync()
    {
        var aborted = _context.RequestAborted;
        await (_compressed ?? _context.Response.Body).WriteAsync(_unsent.WrittenMemory, aborted);
        _unsent.ResetWrittenCount();
        if (_compressed is not null)
        {
            await _compressed.FlushAsync(aborted);
        }
    }

    public ValueTask DisposeAsync() => _compressed?.DisposeAsync() ?? ValueTask.CompletedTask;
}
