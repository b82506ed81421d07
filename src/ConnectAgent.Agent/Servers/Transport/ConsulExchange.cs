using System.Net.Http.Headers;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>
/// One call at one server, from its sending to the last byte of its answer. Whatever goes wrong in between, time limits of the transport included,
/// becomes a <see cref="ServerException"/> of kind <see cref="FailureKind.Unreachable"/>.
/// </summary>
internal sealed class ConsulExchange : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly TimeSpan _firstLimit;
    private readonly CancellationToken _caller;
    private readonly CancellationToken _released;
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationTokenSource _ends;
    private HttpResponseMessage _response = null!;
    private Stream? _body;

    private ConsulExchange(string server, TimeSpan limit, TimeSpan hold, TimeProvider clock, CancellationToken released, CancellationToken caller)
    {
        // The server adds up to a sixteenth to the hold (http-conventions IDX-4).
        (Server, _limit, _firstLimit, _released, _caller) = (server, limit, limit + hold + (hold / 16), released, caller);
        _deadline = new CancellationTokenSource(_firstLimit, clock);
        _ends = CancellationTokenSource.CreateLinkedTokenSource(caller, _deadline.Token, released);
    }

    /// <summary>Who answers, for error texts.</summary>
    public string Server { get; }

    public int Status => (int)_response.StatusCode;

    public HttpResponseHeaders Headers => _response.Headers;

    public HttpContentHeaders ContentHeaders => _response.Content.Headers;

    /// <summary>Sends a call; completes when the head of the answer is there.</summary>
    /// <param name="server">Its name.</param>
    /// <param name="limit">How long it may be silent, holds aside.</param>
    /// <param name="hold">How long it may hold the answer.</param>
    /// <param name="send">Sends; given the body of the caller's, if there is one.</param>
    /// <param name="upload">Null for none.</param>
    /// <param name="clock">Its time.</param>
    /// <param name="released">Ends the call because the server is found to be gone.</param>
    /// <param name="caller">Ends the call early.</param>
    public static async Task<ConsulExchange> OpenAsync(
        string server,
        TimeSpan limit,
        TimeSpan hold,
        Func<HttpContent?, CancellationToken, Task<HttpResponseMessage>> send,
        ConsulUpload? upload,
        TimeProvider clock,
        CancellationToken released,
        CancellationToken caller)
    {
        var exchange = new ConsulExchange(server, limit, hold, clock, released, caller);
        try
        {
            using var content = upload is null ? null : exchange.ContentOf(upload);
            exchange._response = await exchange.GuardAsync(() => send(content, exchange._ends.Token));

            // Passed on, it would end or upgrade the connection to the caller (FA-11).
            return exchange.Status is >= 200 and <= 599 ? exchange : throw exchange.Garbage($"the status {exchange.Status} is none of an answer");
        }
        catch
        {
            exchange.Dispose();
            throw;
        }
    }

    /// <summary>Reads the next piece of the body; 0 is its end. The time limit holds for each piece.</summary>
    public async Task<int> ReadAsync(Memory<byte> piece)
    {
        _deadline.CancelAfter(_limit);
        var length = await ReadOnAsync(piece);

        // What is done with it in between may be slow, for instance because the caller is.
        _deadline.CancelAfter(Timeout.InfiniteTimeSpan);
        return length;
    }

    /// <summary>Reads the whole body, within the call's own time limit: a server that drips is one that does not answer.</summary>
    /// <exception cref="ServerException">Also when it is longer than that.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAllAsync(int longest)
    {
        if (ContentHeaders.ContentLength > longest)
        {
            throw TooLong(longest);
        }

        using var body = new MemoryStream((int)(ContentHeaders.ContentLength ?? 0));
        var piece = new byte[16 * 1024];
        int length;
        while ((length = await ReadOnAsync(piece)) > 0)
        {
            if (body.Length + length > longest)
            {
                throw TooLong(longest);
            }

            body.Write(piece, 0, length);
        }

        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    /// <summary>Ends the call; an answer that was not read to its end takes its connection along.</summary>
    public void Dispose()
    {
        _response?.Dispose();
        _ends.Dispose();
        _deadline.Dispose();
    }

    private Task<int> ReadOnAsync(Memory<byte> piece) => GuardAsync(async () =>
    {
        _body ??= await _response.Content.ReadAsStreamAsync(_ends.Token);
        return await _body.ReadAsync(piece, _ends.Token);
    });

    private UploadContent ContentOf(ConsulUpload upload) =>
        new(upload, () => _deadline.CancelAfter(Timeout.InfiniteTimeSpan), () => _deadline.CancelAfter(_firstLimit));

    private async Task<T> GuardAsync<T>(Func<Task<T>> step)
    {
        try
        {
            return await step();
        }
        catch (OperationCanceledException) when (_caller.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException error) when (_released.IsCancellationRequested)
        {
            throw Unreachable("rpc error making call: ", "other calls found it failing", new ReleasedException(error));
        }
        catch (OperationCanceledException error) when (_deadline.IsCancellationRequested)
        {
            throw Unreachable("rpc error making call: ", $"no answer within {(long)_firstLimit.TotalSeconds} s", new TransportException(TransportFault.Silent, error));
        }
        catch (OperationCanceledException error)
        {
            // The transport's own limit for connecting.
            throw Unreachable(
                "rpc error getting client: failed to get conn: ",
                (error.InnerException ?? error).Message,
                new TransportException(TransportFault.NotConnected, error));
        }
        catch (HttpRequestException error)
        {
            var connecting = error.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError;
            throw Unreachable(
                connecting ? "rpc error getting client: failed to get conn: " : "rpc error making call: ",
                (error.InnerException ?? error).Message,
                new TransportException(connecting ? TransportFault.NotConnected : TransportFault.Broken, error));
        }
        catch (IOException error)
        {
            throw Unreachable("rpc error making call: ", error.Message, new TransportException(TransportFault.Broken, error));
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException)
        {
            // Something about this call or its answer; also a client that is being disposed of.
            throw Unreachable("rpc error making call: ", error.Message, error);
        }
    }

    private ServerException TooLong(int longest) => Garbage($"the answer is longer than {longest} bytes");

    private ServerException Garbage(string reason) => Unreachable("rpc error making call: ", reason, new GarbageException());

    private ServerException Unreachable(string prefix, string reason, Exception error) =>
        new(FailureKind.Unreachable, $"{prefix}{Server}: {reason}", error) { IsOfThisCall = error is not TransportException };
}
