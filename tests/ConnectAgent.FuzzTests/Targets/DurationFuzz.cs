using System.Text;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>Durations, as queries, bodies and configuration write them (http-conventions IDX-2).</summary>
internal sealed class DurationFuzz : FuzzTarget
{
    public override string Name => "duration";

    public override IReadOnlyList<string> Words => ["h", "m", "s", "ms", "us", "µs", "ns", ".", "-", "+", "0", "1.5h", "9223372036854775807ns", "2562047h47m16s"];

    public override bool Run(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        if (!GoDuration.TryParseNanoseconds(text, out var nanoseconds, out var error))
        {
            // Each byte may be told as four letters, in the text and in its unit.
            Require(error.StartsWith("time: ", StringComparison.Ordinal) && error.Length <= (8 * Encoding.UTF8.GetByteCount(text)) + 50, "an error of its own kind");
            return false;
        }

        var shown = GoDuration.FormatNanoseconds(nanoseconds);
        Require(GoDuration.TryParseNanoseconds(shown, out var again, out _), $"{shown} is not read again");
        Require(again == nanoseconds, $"{shown} is read again as {again}, not {nanoseconds}");
        Require(GoDuration.TryParse(text, out var duration, out _) && (duration == TimeSpan.Zero) == (nanoseconds == 0), "a duration is cut to zero");
        return true;
    }
}
