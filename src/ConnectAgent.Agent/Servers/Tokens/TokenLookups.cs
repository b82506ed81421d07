using System.Threading.RateLimiting;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Agent.Servers.Tokens;

/// <summary>
/// Turns for the looks at tokens of which nothing is known. Each made-up one costs the servers two calls, so a flood of them is spread; a token that is
/// known waits for none of them.
/// </summary>
internal sealed class TokenLookups : IDisposable
{
    [Limit("acl.lookups", "lookups of unknown tokens at once", "the lookup waits")]
    public const int MostAtOnce = 8;

    [Limit(WaitingName, "lookups that wait", "refused: 429", Refuses = true)]
    public const int MostWaiting = 256;

    private const string WaitingName = "acl.lookups_waiting";

    private readonly ConcurrencyLimiter _turns = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = MostAtOnce,
        QueueLimit = MostWaiting,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    public void Dispose() => _turns.Dispose();

    /// <summary>Waits for a turn; dispose of it when the look is over.</summary>
    /// <exception cref="ServerException">Too many wait. It says nothing about the token, and nothing about the servers.</exception>
    public async ValueTask<IDisposable> TurnAsync()
    {
        var turn = await _turns.AcquireAsync(permitCount: 1, CancellationToken.None);
        if (turn.IsAcquired)
        {
            return turn;
        }

        turn.Dispose();
        throw new ServerException(FailureKind.RateLimited, "Too many unknown tokens are being looked up, please rate limit your calls")
        {
            Limit = WaitingName,
        };
    }
}
