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
        if (!GoDuration.TryParse(text, out var duration, out var error))
        {
            Require(error.StartsWith("time: ", StringComparison.Ordinal) && error.Length <= (2 * text.Length) + 50, "an error of its own kind");
            return false;
        }

        var shown = GoDuration.Format(duration);
        Require(GoDuration.TryParse(shown, out var again, out _), $"{shown} is not read again");
        Require((again - duration).Duration() <= Rounding(duration), $"{shown} is read again as {again}, not {duration}");
        return true;
    }

    // Read through a double, which has 53 bits.
    private static TimeSpan Rounding(TimeSpan duration) => new(1 + (Math.Abs(duration.Ticks) >> 50));
}
