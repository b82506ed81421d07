using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Agent.Servers;

/// <summary>
/// A back end that makes leaf and key by itself, for servers that have no signing call (leaf-certificates LEAF-34). At most one is registered, and only
/// where the operator chose it: the key travels.
/// </summary>
internal interface ILeafDelegate
{
    /// <summary>Reads the leaf that the back end keeps for an identity.</summary>
    /// <param name="identity">Whose.</param>
    /// <param name="query">Blocking with an index, as the reads of <see cref="IServerClient"/>.</param>
    /// <param name="accept">Takes the leaf, or throws a <see cref="LeafRefusedException"/>: the server has failed then, and another one may be asked.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ServerException">As with <see cref="IServerClient.SignLeafAsync"/>.</exception>
    Task<ServerRead<T>> ReadLeafAsync<T>(
        ServiceId identity, ServerQuery query, Func<DelegatedLeaf, T> accept, CancellationToken cancellationToken)
        where T : class;
}

/// <summary>A leaf that was made elsewhere.</summary>
/// <param name="CertificatePem">Leaf, then its intermediates.</param>
/// <param name="PrivateKeyPem">Never printed.</param>
internal sealed record DelegatedLeaf(string CertificatePem, string PrivateKeyPem)
{
    // Records print their members; the key must not reach a log that way.
    public override string ToString() => nameof(DelegatedLeaf);
}

/// <summary>What came is not what was asked for.</summary>
/// <param name="reason">One line; never holds what came.</param>
internal sealed class LeafRefusedException(string reason) : Exception(reason);
