using System.Net.Security;
using ConnectAgent.Client;

namespace ConnectAgent.Proxy.Mesh;

/// <summary>A stream of the mesh.</summary>
/// <param name="Stream">After its handshake.</param>
/// <param name="Peer">Who is at its other end.</param>
internal sealed record MeshStream(SslStream Stream, PeerIdentity Peer);
