namespace ConnectAgent.Protocol.Schema;

/// <summary>Input that cannot be decoded; the message is the reference's, without the caller's prefix (intentions CE-22).</summary>
public sealed class MapstructureException(string message) : Exception(message);
