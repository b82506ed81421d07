using System.Text;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>Serial numbers, which revocations are found by (certificates CERT-53).</summary>
internal sealed class SerialNumberFuzz : FuzzTarget
{
    public override string Name => "serial-number";

    public override IReadOnlyList<string> Words => [":", "::", "00", "00:", "ff", "FF", "0", "g", " ", "-", "+", "0x", "0X", "\0", "\t", "\u00a0", "\uff10"];

    public override bool Run(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        if (!SerialNumber.TryNormalize(text, out var normal))
        {
            Require(!SerialNumber.IsNormal(text) && !SerialNumber.TryCount(text, out _), "a normal form, or a number, that is not read");
            return false;
        }

        Require(SerialNumber.IsNormal(normal), $"{normal} is not normal");
        Require(SerialNumber.TryNormalize(normal, out var again) && again == normal, $"{normal} is read as {again}");
        Require(!SerialNumber.IsNormal(text) || text == normal, $"{text} is normal, and so is {normal}");
        Require(SerialNumber.TryNormalize(text.ToUpperInvariant(), out var upper) && upper == normal, "letter case makes another number");
        Require(SerialNumber.TryCount(text, out var count) == (normal.Length < 3 * sizeof(ulong)), "what fits into 64 bits counts, and nothing else");
        Require(normal.Length >= 3 * sizeof(ulong) || SerialNumber.Format(count) == normal, "it counts as another number");
        foreach (var spelling in new[] { "0x" + normal, $" 00:{normal}\n", normal.Replace(':', '-'), normal.Replace(":", string.Empty, StringComparison.Ordinal) })
        {
            Require(SerialNumber.TryNormalize(spelling, out var other) && other == normal, $"{spelling} is read as {other}");
        }

        return true;
    }
}
