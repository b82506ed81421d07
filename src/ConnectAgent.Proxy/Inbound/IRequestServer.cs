using ConnectAgent.Proxy.Mesh;
using ConnectAgent.Proxy.Pumping;

namespace ConnectAgent.Proxy.Inbound;

/// <summary>Serves the requests of connections.</summary>
internal interface IRequestServer
{
    /// <summary>Serves one connection to its end.</summary>
    /// <param name="stream">After its handshake.</param>
    /// <param name="traffic">Counts.</param>
    /// <param name="end">Its socket.</param>
    Task ServeAsync(MeshStream stream, Traffic traffic, ProxyEnd end);
}
