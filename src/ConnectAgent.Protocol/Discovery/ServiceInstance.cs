namespace ConnectAgent.Protocol.Discovery;

/// <summary>One instance of a service with its node and its checks (services HLT-1), as the servers wrote it.</summary>
/// <param name="Node">The name of its node.</param>
/// <param name="Service">Its own name; a proxy's is not that of the service behind it (services HLT-2).</param>
/// <param name="IsPassing">Whether each of its checks is <c>passing</c>; without checks it is (services HLT-3).</param>
/// <param name="Json">All of it, fields that nobody here knows included.</param>
public readonly record struct ServiceInstance(string Node, string Service, bool IsPassing, ReadOnlyMemory<byte> Json);
