using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Agent.Servers;

/// <summary>
/// The one seam between the agent and its servers. Exactly one is registered. The embedded control plane and a remote cluster pass the
/// same conformance suite (<c>ServerClientConformance</c> in the TestKit).
/// </summary>
/// <remarks>
/// Every call fails with <see cref="ServerException"/>, or with <see cref="OperationCanceledException"/> when the caller's token is
/// cancelled, and with nothing else.
/// </remarks>
public interface IServerClient
{
    /// <summary>Reads once, or holds the read until the value has another index.</summary>
    /// <param name="kind">What is read, and how it is asked.</param>
    /// <param name="request">Which one.</param>
    /// <param name="query">On whose behalf, where, and from which index on.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>
    /// When <see cref="ServerQuery.Blocking"/> blocks, the call is held until the value's index is greater, or its wait plus up to a sixteenth of it has
    /// passed; the index may then be any, even a lower one.
    /// </returns>
    /// <exception cref="ServerException">
    /// <see cref="FailureKind.Unreachable"/>: worth retrying; <see cref="FailureKind.UnknownToken"/> and
    /// <see cref="FailureKind.PermissionDenied"/>: the token; <see cref="FailureKind.Failed"/>: for instance an unknown datacenter;
    /// <see cref="FailureKind.Invalid"/>: for instance a filter that is none; <see cref="FailureKind.Unsupported"/>: this back end does not have this
    /// kind of read, and never will while it runs.
    /// </exception>
    Task<ServerRead<TValue>> ReadAsync<TRequest, TValue>(
        IServerReadKind<TRequest, TValue> kind, TRequest request, ServerQuery query, CancellationToken cancellationToken)
        where TValue : class;

    /// <summary>Tells what a token may do. Asked before each answer from the cache, so it must be quick (agent-cache TOKC-2).</summary>
    /// <param name="token">The caller's token after defaulting; empty for none.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ServerException"><see cref="FailureKind.UnknownToken"/>: <c>ACL not found</c>.</exception>
    ValueTask<TokenRights> ResolveTokenAsync(string token, CancellationToken cancellationToken);

    /// <summary>Whether a token exists, as far as it is known without asking anybody; true while ACLs are off.</summary>
    bool Knows(string token);

    /// <summary>
    /// Completes when rights that were resolved before may not hold any more: a resolution from then on tells the present ones. A change after the
    /// call is never missed, so take the task before the look that it is to end.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A timestamp of the clock: since when what was resolved may have been out of date (acl ACL-SEC-6).</returns>
    Task<long> RightsChangedAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Whether the back end said lately that it has no ACLs, so that the agent is open although its own are on (acl ACL-RES-8). What nobody vouches for
    /// must not write to the agent itself.
    /// </summary>
    bool AclsAreOpen => false;

    /// <summary>Whether what a token is allowed rests on what the servers said of that very token, or on ACLs that are off here.</summary>
    bool Vouches(string token) => true;

    /// <summary>
    /// What was allowed to a token in a former life of the agent. A back end that cannot always be asked takes it for the last that is known
    /// (acl ACL-RES-4); one that can has no use for it.
    /// </summary>
    void RememberRights(string token, IReadOnlyList<AccessRequest> allowed)
    {
    }

    /// <summary>Has a leaf signed for an identity (certificates CERT-73 to CERT-75, leaf-certificates LEAF-30).</summary>
    /// <param name="identity">The name that the caller is authorized for; the certificate's only name.</param>
    /// <param name="certificateRequest">PKCS#10, DER; its key and its proof of possession count, its names must not contradict.</param>
    /// <param name="token">The caller's ACL token; empty for none.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ServerException">
    /// Also <see cref="FailureKind.RateLimited"/> (LEAF-17) and <see cref="FailureKind.Invalid"/> for a bad CSR.
    /// </exception>
    Task<SignedLeaf> SignLeafAsync(
        ServiceId identity, ReadOnlyMemory<byte> certificateRequest, string token, CancellationToken cancellationToken);

    /// <summary>Writes a node, and what is on it, to the catalog: all of it or nothing (services CAT-1 to CAT-4, CAT-7).</summary>
    /// <param name="registration">What is to be there afterwards. What is there already is no change (CAT-5), so it may be sent again.</param>
    /// <param name="token">The caller's after defaulting; empty for none.</param>
    /// <param name="cancellationToken">Ends the call early; whether it was done is not known then.</param>
    /// <exception cref="ServerException">
    /// Also <see cref="FailureKind.Invalid"/> and <see cref="FailureKind.Failed"/>: this registration, and no other; <see cref="FailureKind.Unsupported"/>: the
    /// servers have no catalog.
    /// </exception>
    Task RegisterAsync(CatalogRegistration registration, string token, CancellationToken cancellationToken);

    /// <summary>Takes a service with its checks, a check, or a node with everything out of the catalog (services CAT-8). What is not there is no failure.</summary>
    /// <inheritdoc cref="RegisterAsync"/>
    Task DeregisterAsync(CatalogDeregistration deregistration, string token, CancellationToken cancellationToken);
}

/// <summary>The options of one read.</summary>
/// <param name="Datacenter">Never empty; defaulting is done.</param>
/// <param name="Token">The caller's token after defaulting; empty for none.</param>
/// <param name="Blocking">Whether to hold the answer; with a wait of more than 0 s and at most 10 min.</param>
public readonly record struct ServerQuery(string Datacenter, string Token, BlockingQuery Blocking);

/// <summary>A certificate as the signer returned it.</summary>
/// <param name="CertificatePem">Leaf, then its intermediates (CERT-80).</param>
/// <param name="Index">The control plane's index at the moment of signing (LEAF-33).</param>
public sealed record SignedLeaf(string CertificatePem, ulong Index);
