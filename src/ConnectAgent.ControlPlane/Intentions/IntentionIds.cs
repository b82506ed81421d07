using System.Globalization;
using System.Text;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>IDs of intentions (IXN-13).</summary>
internal static class IntentionIds
{
    private const int Length = 36;

    public static string Make() => Guid.NewGuid().ToString("D", CultureInfo.InvariantCulture);

    /// <summary>What is wrong with the shape of an ID, before it is looked up; null for nothing.</summary>
    public static string? WhyMalformed(string id)
    {
        var bytes = Encoding.UTF8.GetBytes(id);
        if (bytes.Length != Length)
        {
            return "failed config entry lookup: index error: UUID must be 36 characters";
        }

        var digits = 0;
        foreach (var one in bytes)
        {
            if (one == (byte)'-')
            {
                continue;
            }

            if (!char.IsAsciiHexDigit((char)one))
            {
                var shown = char.IsControl((char)one) ? string.Empty : $" '{(char)one}'";
                return $"failed config entry lookup: index error: Invalid UUID: encoding/hex: invalid byte: U+{one:X4}{shown}";
            }

            digits++;
        }

        return digits % 2 == 0 ? null : "failed config entry lookup: index error: Invalid UUID: encoding/hex: odd length hex string";
    }
}
