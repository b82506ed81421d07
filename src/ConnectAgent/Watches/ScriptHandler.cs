using System.ComponentModel;
using System.Globalization;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Watches;

/// <summary>
/// Runs a program at a change: the JSON on its standard input, <c>CONSUL_INDEX</c> (for what is held by its hash <c>CONSUL_HASH</c>) in its environment. It runs as the
/// agent's user; what it writes is logged.
/// </summary>
internal sealed class ScriptHandler(IReadOnlyList<string> program, TimeProvider clock) : IWatchHandler
{
    [Limit("watches.script", "s", "the program is killed with all that it started, and the log says so")]
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(10);

    /// <summary>Bytes of what a handler answers that are kept for the log.</summary>
    [Limit("watches.output", "bytes", "cut, and said so")]
    public const int OutputSize = 4096;

    public async Task<WatchOutcome> HandleAsync(WatchChange change, CancellationToken cancellationToken)
    {
        var output = new BoundedOutput(OutputSize);
        using var timer = new CancellationTokenSource(TimeLimit, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            KeyValuePair<string, string> variable = change.Hash is { } hash
                ? new("CONSUL_HASH", hash)
                : new("CONSUL_INDEX", change.Index.ToString(CultureInfo.InvariantCulture));
            using var group = ProcessGroup.Start(program, change.Body, variable);
            var code = await group.RunAsync(output, clock, end.Token);
            return new WatchOutcome(code == 0 ? null : $"exit status {code}", output.ToText());
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new WatchOutcome($"it took longer than {TimeLimit.TotalSeconds} s and was ended", output.ToText());
        }
        catch (Exception error) when (error is Win32Exception or IOException or ArgumentException)
        {
            return new WatchOutcome(error.Message, string.Empty);
        }
    }

    public void Dispose()
    {
    }
}
