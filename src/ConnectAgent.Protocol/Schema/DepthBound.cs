using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Protocol.Schema;

/// <summary>How deep JSON may be nested.</summary>
/// <param name="Name">Of its <see cref="LimitAttribute"/>.</param>
/// <param name="Most">Deeper levels are refused.</param>
internal sealed record DepthBound(string Name, int Most)
{
    /// <summary>Of any body; the reference's own bound.</summary>
    [Limit("http.body_depth", "levels", "refused: 400", Refuses = true)]
    public static readonly DepthBound Body = new("http.body_depth", 10_000);

    /// <summary>Of what is kept as it is: what is stored must be readable again, and no body may exhaust the stack.</summary>
    [Limit("http.body_document_depth", "levels", "refused: 400", Refuses = true)]
    public static readonly DepthBound Document = new("http.body_document_depth", 60);

    /// <summary>Refuses a value that stands deeper.</summary>
    /// <exception cref="GoJsonException">It does.</exception>
    public void Require(int depth)
    {
        if (depth >= Most)
        {
            throw new GoJsonException("exceeded max depth") { Limit = Name };
        }
    }

    // As docs/limits.md shows it.
    public override string ToString() => Most.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
