using System.Net;
using System.Net.Http.Headers;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>A caller's body on its way to a server: a piece is read when the one before it has gone.</summary>
/// <param name="Source">Read once; it bounds itself.</param>
/// <param name="Length">In bytes; null when nobody said.</param>
/// <param name="ContentType">As the caller gave it; may be empty.</param>
internal sealed record ConsulUpload(Stream Source, long? Length, string ContentType);

/// <summary>The caller's body broke off or was too long: nothing that the server could be blamed for.</summary>
internal sealed class UploadException(Exception inner) : Exception("the caller's body cannot be read", inner);

/// <summary>Sends a body. The server's time limit runs while it is the server that is waited for, and stands still while it is the caller.</summary>
internal sealed class UploadContent : HttpContent
{
    private const int PieceLength = 16 * 1024;
    private readonly ConsulUpload _upload;
    private readonly Action _waitsForCaller;
    private readonly Action _waitsForServer;

    public UploadContent(ConsulUpload upload, Action waitsForCaller, Action waitsForServer)
    {
        (_upload, _waitsForCaller, _waitsForServer) = (upload, waitsForCaller, waitsForServer);
        if (upload.ContentType.Length > 0 && MediaTypeHeaderValue.TryParse(upload.ContentType, out var type))
        {
            Headers.ContentType = type;
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var piece = new byte[PieceLength];
        int length;
        while ((length = await ReadAsync(piece, cancellationToken)) > 0)
        {
            await stream.WriteAsync(piece.AsMemory(0, length), cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _upload.Length ?? 0;
        return _upload.Length is not null;
    }

    private async ValueTask<int> ReadAsync(byte[] piece, CancellationToken cancellationToken)
    {
        _waitsForCaller();
        try
        {
            return await _upload.Source.ReadAsync(piece, cancellationToken);
        }
        catch (Exception error) when (error is IOException or InvalidOperationException)
        {
            throw new UploadException(error);
        }
        finally
        {
            _waitsForServer();
        }
    }
}
