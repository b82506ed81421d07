using System.Globalization;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Protocol.Schema;

/// <summary>How many there may be of something.</summary>
/// <param name="Name">Of its <see cref="Limits.LimitAttribute"/>.</param>
/// <param name="Most">More are refused.</param>
public sealed record CountBound(string Name, int Most)
{
    /// <summary>Refuses more.</summary>
    /// <exception cref="ServerException">There are more: 400.</exception>
    public void Require(int count, string path)
    {
        if (count > Most)
        {
            throw new ServerException(FailureKind.Invalid, $"{path} has {count} entries, more than the {Most} that are taken") { Limit = Name };
        }
    }

    /// <summary>As docs/limits.md shows it.</summary>
    public override string ToString() => Most.ToString(CultureInfo.InvariantCulture);
}
