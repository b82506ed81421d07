namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>The servers, in the order of the configuration; at least one.</summary>
internal sealed class ServerSet(ConsulServerOptions options, TimeProvider clock, Random random) : IDisposable
{
    public ConsulServer[] Servers { get; } = [.. options.Servers.Select(address => new ConsulServer(address, options, clock, random))];

    public void Dispose() => Array.ForEach(Servers, static server => server.Dispose());
}
