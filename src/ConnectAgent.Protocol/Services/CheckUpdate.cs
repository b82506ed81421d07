namespace ConnectAgent.Protocol.Services;

/// <summary>How a TTL check is, in the words of its owner (services AG-11), decoded and not yet checked.</summary>
/// <param name="Status">To be one of <see cref="CheckStatus"/>.</param>
/// <param name="Output">May be empty.</param>
public sealed record CheckUpdate(string Status, string Output);
