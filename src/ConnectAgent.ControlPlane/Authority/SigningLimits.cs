using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>How many leaves are signed: by rate, else by number at once, else without limit (ca CA-70 to CA-73). Takes no lock.</summary>
internal sealed class SigningLimits(double perSecond, int concurrent, TimeProvider clock) : IDisposable
{
    public const string RateLimit = "ca.csr_rate";
    public const string RateSetting = "connect.ca_config.csr_max_per_second";
    public const string PlacesLimit = "ca.csr_concurrent";
    public const string PlacesSetting = "connect.ca_config.csr_max_concurrent";

    /// <summary>The longest wait for a turn.</summary>
    [Limit("ca.sign_wait", "s", "refused: 429, by the rate or the number at once")]
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim? _places = perSecond <= 0 && concurrent > 0 ? new SemaphoreSlim(concurrent) : null;

    // A bucket that holds one token: when the next one is there, in the clock's own ticks.
    private readonly long _interval = perSecond > 0 ? (long)Math.Min(clock.TimestampFrequency / perSecond, long.MaxValue / 4.0) : 0;
    private long _next = long.MinValue;
    private int _waiting;

    /// <summary>How many wait for their turn now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Whether these are the limits of a configuration; a changed one gets a new, full bucket (CA-72).</summary>
    public bool AreOf(CaSettings settings) => settings.CsrMaxPerSecond.Equals(perSecond) && settings.CsrMaxConcurrent == concurrent;

    /// <summary>Waits for a turn.</summary>
    /// <returns>Gives the turn back.</returns>
    /// <exception cref="ServerException">The wait is too long (CA-71).</exception>
    public async ValueTask<Turn> EnterAsync(CancellationToken cancellationToken)
    {
        if (_interval > 0)
        {
            var wait = Reserve();
            if (wait > TimeSpan.Zero)
            {
                await WaitAsync(Task.Delay(wait, clock, cancellationToken));
            }
        }
        else if (_places is not null && !_places.Wait(0, cancellationToken))
        {
            await WaitAsync(WaitForPlaceAsync(_places, cancellationToken));
        }

        return new Turn(_places);
    }

    public void Dispose() => _places?.Dispose();

    /// <summary>The refusal; its text is how agents know it (CA-71, leaf-certificates LEAF-60), so it names no setting.</summary>
    internal static ServerException Refusal(string? limit = null, string? setting = null) =>
        new(FailureKind.RateLimited, "Rate limit reached, try again later") { Limit = limit, Setting = setting };

    private async ValueTask WaitAsync(Task turn)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await turn;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    // Refused without taking a token: a refusal must not push the next one out.
    private TimeSpan Reserve()
    {
        while (true)
        {
            var next = Volatile.Read(ref _next);
            var now = clock.GetTimestamp();
            var wait = next <= now ? TimeSpan.Zero : clock.GetElapsedTime(now, next);
            if (wait > Patience)
            {
                throw Refusal(RateLimit, RateSetting);
            }

            if (Interlocked.CompareExchange(ref _next, Math.Max(next, now) + _interval, next) == next)
            {
                return wait;
            }
        }
    }

    private async Task WaitForPlaceAsync(SemaphoreSlim places, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await places.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Refusal(PlacesLimit, PlacesSetting);
        }
    }

    /// <summary>A place among those that sign at once.</summary>
    internal readonly struct Turn(SemaphoreSlim? places) : IDisposable
    {
        public void Dispose() => places?.Release();
    }
}
