namespace ConnectAgent.Protocol.Filtering;

/// <summary>A filter that cannot be used; the message is what follows <see cref="Prefix"/> on the wire (http-conventions FLT-6).</summary>
public sealed class FilterException(string reason) : Exception(reason)
{
    /// <summary>What the API writes before the reason.</summary>
    public const string Prefix = "Failed to create boolean expression evaluator: ";

    /// <summary>The name of the bound that refused, where it was one (docs/limits.md).</summary>
    public string? Limit { get; init; }
}
