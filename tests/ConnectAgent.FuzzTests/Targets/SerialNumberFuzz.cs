using System.Text;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>Serial numbers, which revocations are found by (certificates CERT-53).</summary>
internal sealed class SerialNumberFuzz : FuzzTarget
{
    public override string Name => "serial-number";

    public override IReadOnlyList<string> Words => [":", "::", "00", "00:", "ff", "FF", "0", "g", " ", "-", "+", "0x"];

    public override bool Run(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        if (!SerialNumber.TryNormalize(text, out var normal))
        {
            Require(!SerialNumber.IsNormal(text), "a normal form that is not read");
            return false;
        }

        Require(SerialNumber.IsNormal(normal), $"{normal} is not normal");
        Require(SerialNumber.TryNormalize(normal, out var again) && again == normal, $"{normal} is read as {again}");
        Require(!SerialNumber.IsNormal(text) || text == normal, $"{text} is normal, and so is {normal}");
        Require(SerialNumber.TryNormalize(text.ToUpperInvariant(), out var upper) && upper == normal, "letter case makes another number");
        return true;
    }
}
