using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Http.Wire;

/// <summary>
/// Answers that go on until the caller leaves or the agent ends (services AG-24). Each holds a connection, and what is made for it, so there are only so
/// many.
/// </summary>
internal sealed class LiveStreams
{
    [Limit(LimitName, "streams", "refused: 429", Refuses = true)]
    public const int Most = 64;

    public const string LimitName = "http.live_streams";

    private int _open;

    /// <summary>Answers 200 with what is written as it comes.</summary>
    /// <param name="request">Whose answer it is.</param>
    /// <param name="contentType">Of the body.</param>
    /// <param name="write">Writes it; the head is with the caller before that.</param>
    /// <exception cref="WireException">429.</exception>
    public async Task AnswerAsync(WireRequest request, string contentType, Func<LiveStream, Task> write)
    {
        try
        {
            if (Interlocked.Increment(ref _open) > Most)
            {
                throw new WireException(StatusCodes.Status429TooManyRequests, $"Too many streams at once, at most {Most} are open") { Limit = LimitName };
            }

            await using var stream = await LiveStream.StartAsync(request, contentType);
            await write(stream);
        }
        catch (OperationCanceledException) when (request.Aborted.IsCancellationRequested)
        {
            // The caller has seen enough.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
