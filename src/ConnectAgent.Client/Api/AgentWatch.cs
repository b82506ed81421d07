using System.Globalization;
using System.Runtime.CompilerServices;
using ConnectAgent.Protocol.Timing;

namespace ConnectAgent.Client.Api;

/// <summary>Follows what an agent answers by blocking queries, as the reference's clients do (clients WATCH-1 to WATCH-3).</summary>
internal static class AgentWatch
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LastPause = TimeSpan.FromMinutes(3);

    /// <summary>Follows the answers of one agent, paced as the reference paces its watches.</summary>
    /// <param name="api">The agent.</param>
    /// <param name="request">Makes the request, without index.</param>
    /// <param name="failed">Is told of each failure; what it throws ends the watch.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="clock">For the pauses; the system's unless it is given.</param>
    public static IAsyncEnumerable<ApiAnswer> FollowAsync(
        this AgentApi api, Func<ApiRequest> request, Func<ApiException, Task> failed, CancellationToken cancellationToken, TimeProvider? clock = null) =>
        FollowAsync(api.SendAsync, static answer => answer, request, failed, ReferencePause, clock ?? TimeProvider.System, cancellationToken);

    /// <summary>
    /// Reads again and again: what went backwards is asked anew, what is the same is dropped, and failures are spaced out. An answer without index and hash says
    /// nothing about when to ask again: that is paced, too, and so is an agent that does not hold what it is asked.
    /// </summary>
    /// <param name="send">Asks.</param>
    /// <param name="read">Reads an answer; one that cannot be read is a failure.</param>
    /// <param name="request">Makes the request, without index.</param>
    /// <param name="failed">Is told of each failure; what it throws ends the watch.</param>
    /// <param name="pause">After so many failures in a row, or, with 0, after an answer that says nothing about when to ask again.</param>
    /// <param name="clock">For the pauses.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async IAsyncEnumerable<T> FollowAsync<T>(
        Func<ApiRequest, CancellationToken, Task<ApiAnswer>> send,
        Func<ApiAnswer, T> read,
        Func<ApiRequest> request,
        Func<ApiException, Task> failed,
        Func<int, TimeSpan> pause,
        TimeProvider clock,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (index, failures) = (0UL, 0);
        string? hash = null;
        ReadOnlyMemory<byte>? last = null;
        var pace = new RefreshPace(clock.GetTimestamp());
        while (true)
        {
            ApiAnswer? answer = null;
            (bool IsNew, T? Value) found = default;
            await clock.PauseAsync(pace.Take(FetchLimits.None, clock), cancellationToken);
            try
            {
                var next = request().With("hash", hash).With("index", hash is not null || index == 0 ? null : index.ToString(CultureInfo.InvariantCulture));
                answer = await send(next, cancellationToken);
                if (last is not { } before || !before.Span.SequenceEqual(answer.Body.Span))
                {
                    found = (true, read(answer));
                    last = answer.Body;
                }

                (index, hash) = (answer.Index < index ? 0 : answer.Index, answer.Hash);
                failures = 0;
            }
            catch (ApiException error)
            {
                answer = null;
                await failed(error);
                failures++;
            }

            if (found.IsNew)
            {
                yield return found.Value!;
            }

            if (answer is null or { Index: 0, Hash: null })
            {
                await Task.Delay(pause(failures), clock, cancellationToken);
            }
        }
    }

    private static TimeSpan ReferencePause(int failures)
    {
        var pause = FirstPause * Math.Clamp((double)failures * failures, 1, 1000);
        return pause < LastPause ? pause : LastPause;
    }
}
