using System.Globalization;
using System.Runtime.CompilerServices;

namespace ConnectAgent.Client.Api;

/// <summary>Follows what an agent answers by blocking queries, as the reference's clients do (clients WATCH-1 to WATCH-3).</summary>
internal static class AgentWatch
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LastPause = TimeSpan.FromMinutes(3);

    /// <summary>
    /// Reads again and again: what went backwards is asked anew, what is the same is dropped, and failures are spaced out. An answer without index and hash says
    /// nothing about when to ask again: that is paced, too.
    /// </summary>
    /// <param name="api">The agent.</param>
    /// <param name="request">Makes the request, without index.</param>
    /// <param name="failed">Is told of each failure; what it throws ends the watch.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="clock">For the pauses; the system's unless it is given.</param>
    public static async IAsyncEnumerable<ApiAnswer> FollowAsync(
        this AgentApi api, Func<ApiRequest> request, Func<ApiException, Task> failed, [EnumeratorCancellation] CancellationToken cancellationToken, TimeProvider? clock = null)
    {
        var (index, failures) = (0UL, 0);
        string? hash = null;
        ReadOnlyMemory<byte>? last = null;
        while (true)
        {
            ApiAnswer? answer = null;
            try
            {
                var next = request().With("hash", hash).With("index", hash is not null || index == 0 ? null : index.ToString(CultureInfo.InvariantCulture));
                answer = await api.SendAsync(next, cancellationToken);
                failures = 0;
            }
            catch (ApiException error)
            {
                await failed(error);
                failures++;
            }

            if (answer is not null)
            {
                (index, hash) = (answer.Index < index ? 0 : answer.Index, answer.Hash);
                if (last is not { } before || !before.Span.SequenceEqual(answer.Body.Span))
                {
                    last = answer.Body;
                    yield return answer;
                }
            }

            if (answer is null or { Index: 0, Hash: null })
            {
                var pause = FirstPause * Math.Clamp((double)failures * failures, 1, 1000);
                await Task.Delay(pause < LastPause ? pause : LastPause, clock ?? TimeProvider.System, cancellationToken);
            }
        }
    }
}
