using System.Globalization;
using System.Text;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Schema;

/// <summary>How long a text may be.</summary>
/// <param name="Name">Of its <see cref="Limits.LimitAttribute"/>.</param>
/// <param name="Most">In bytes of UTF-8; longer ones are refused.</param>
public sealed record LengthBound(string Name, int Most)
{
    /// <summary>Refuses a longer one.</summary>
    /// <exception cref="ServerException">It is longer: 400.</exception>
    public void Require(string text, string path)
    {
        if (TextLength.Exceeds(text, Most))
        {
            throw new ServerException(FailureKind.Invalid, $"{path} has {Encoding.UTF8.GetByteCount(text)} bytes, more than the {Most} that are taken") { Limit = Name };
        }
    }

    /// <summary>As docs/limits.md shows it.</summary>
    public override string ToString() => Most.ToString(CultureInfo.InvariantCulture);
}
