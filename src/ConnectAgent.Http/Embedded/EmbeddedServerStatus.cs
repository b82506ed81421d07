using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.State;

namespace ConnectAgent.Http.Embedded;

/// <summary>The control plane in this process as the one server.</summary>
internal sealed class EmbeddedServerStatus(StateStore store, BlockingReader reader, CertificateAuthority authority) : IServerStatus
{
    public IReadOnlyList<ServerView> Servers() => [new("embedded", "healthy", Current: true, null, 0, reader.Parked, store.LastIndex)];

    public SigningView? Signing() => new(authority.Turns.Waiting, authority.Turns.Refused);
}
