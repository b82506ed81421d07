using System.Diagnostics.CodeAnalysis;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.Client;

/// <summary>Who a peer is, by its verified certificate.</summary>
public sealed class PeerIdentity
{
    internal PeerIdentity(ServiceId id, string uri, string serialNumber, DateTimeOffset validUntil, byte[][] chain, string root) =>
        (Id, Uri, SerialNumber, ValidUntil, Chain, Root) = (id, uri, serialNumber, validUntil, chain, root);

    /// <summary>Its SPIFFE ID.</summary>
    public ServiceId Id { get; }

    /// <summary>The service's name.</summary>
    public string Service => Id.Service;

    /// <summary>The SPIFFE ID as it stands in the certificate.</summary>
    public string Uri { get; }

    /// <summary>The certificate's serial number: hex octets joined by colons.</summary>
    public string SerialNumber { get; }

    /// <summary>When the certificate ends. A connection may outlive it.</summary>
    public DateTimeOffset ValidUntil { get; }

    /// <summary>The certificate and what else the peer sent, as DER: kept small, because each open connection has one.</summary>
    internal byte[][] Chain { get; }

    /// <summary>The thumbprint of the root that it was verified against.</summary>
    internal string Root { get; }

    /// <summary>The SPIFFE ID.</summary>
    public override string ToString() => Uri;
}

/// <summary>Why a peer was refused.</summary>
public enum PeerRefusal
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>It showed no certificate.</summary>
    NoCertificate,

    /// <summary>Its certificate does not hold exactly one URI, or that is no service's SPIFFE ID, or the certificate is a CA's.</summary>
    NoIdentity,

    /// <summary>Its SPIFFE ID is of another trust domain.</summary>
    TrustDomain,

    /// <summary>Its certificate is not valid yet or not any more.</summary>
    Expired,

    /// <summary>Its certificate's key usage does not allow this use.</summary>
    KeyUsage,

    /// <summary>Its certificate does not lead to a current root.</summary>
    Untrusted,

    /// <summary>It is not the service that was to be reached.</summary>
    OtherService,
}

/// <summary>What came of verifying a peer.</summary>
public sealed class PeerVerification
{
    internal PeerVerification(PeerIdentity peer) => Peer = peer;

    internal PeerVerification(PeerRefusal refusal, string reason) => (Refusal, Reason) = (refusal, reason);

    /// <summary>Whether the peer is who its certificate says.</summary>
    [MemberNotNullWhen(true, nameof(Peer))]
    public bool IsTrusted => Peer is not null;

    /// <summary>Who it is; null when it was refused.</summary>
    public PeerIdentity? Peer { get; }

    /// <summary>Why it was refused.</summary>
    public PeerRefusal Refusal { get; }

    /// <summary>The same in words; empty when it was not refused.</summary>
    public string Reason { get; } = string.Empty;
}
