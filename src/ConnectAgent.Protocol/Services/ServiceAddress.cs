namespace ConnectAgent.Protocol.Services;

/// <summary>An address of a service under a name such as <c>wan</c> (services DATA-1).</summary>
/// <param name="Address">An IP address or a name.</param>
/// <param name="Port">0 for none.</param>
public sealed record ServiceAddress(string Address, int Port);
