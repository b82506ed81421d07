namespace ConnectAgent.Protocol.Schema;

/// <summary>A body that cannot be decoded; the message is the reference's (http-conventions BODY-3).</summary>
public sealed class GoJsonException(string message) : Exception(message)
{
    /// <summary>The name of the bound that refused, where it was one (docs/limits.md).</summary>
    public string? Limit { get; init; }
}
