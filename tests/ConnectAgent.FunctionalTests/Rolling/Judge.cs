namespace ConnectAgent.FunctionalTests.Rolling;

/// <summary>
/// Whether one agent's answers about one thing are right. An answer is wrong when no state explains it that was, or was being, written before it came, that
/// is not older than the bound allows, and not older than what the agent had shown to anybody before the question was sent.
/// </summary>
internal sealed class Judge(StateHistory history, Func<TimeSpan, TimeSpan> bound)
{
    // What the agent is known to have had, by the time of the answer that told; both only grow.
    private readonly List<(TimeSpan At, int Generation)> _shown = [];

    /// <summary>How long a state was superseded, at most, when a question was sent that was answered by it; the best explanation counts.</summary>
    public TimeSpan LongestStaleness { get; private set; }

    /// <summary>Looks at all answers.</summary>
    /// <returns>What is wrong; empty when all is right.</returns>
    public IEnumerable<string> Of(IEnumerable<Answer> answers) =>
        answers.OrderBy(static answer => answer.End).Select(Of).OfType<string>();

    private string? Of(Answer answer)
    {
        var allowed = history.OldestAllowed(answer.Start - bound(answer.Start));
        var shown = ShownBefore(answer.Start);
        var newest = history.NewestPossible(answer.End);
        var oldest = Math.Max(allowed, shown);
        var fits = Enumerable.Range(oldest, Math.Max(0, newest - oldest + 1)).Where(state => history.Ever(state) && answer.Fits(state)).ToList();
        if (fits.Count == 0)
        {
            return $"{answer} fits no state from {oldest} to {newest} (the bound allows {allowed}, {shown} was shown before)";
        }

        _shown.Add((answer.End, Math.Max(fits[0], _shown.Count > 0 ? _shown[^1].Generation : 0)));
        var staleness = history.SupersededAt(fits[^1]) is { } superseded ? answer.Start - superseded : TimeSpan.Zero;
        LongestStaleness = staleness > LongestStaleness ? staleness : LongestStaleness;
        return null;
    }

    private int ShownBefore(TimeSpan at)
    {
        var (low, high) = (0, _shown.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _shown[middle].At <= at ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? 0 : _shown[low - 1].Generation;
    }
}
