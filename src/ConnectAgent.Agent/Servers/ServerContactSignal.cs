using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Caching;

namespace ConnectAgent.Agent.Servers;

/// <summary>Tells the cache that servers can be reached again, and is told by it that they have another state.</summary>
internal sealed class ServerContactSignal(ServerContact contact) : IContactSignal
{
    public Task Back => contact.Back;

    public void StartedOver() => contact.IsRestored();
}
