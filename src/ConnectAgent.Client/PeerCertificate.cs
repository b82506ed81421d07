using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.Client;

/// <summary>Verifies certificates of peers (certificates CERT-10, clients PROXY-4 and PROXY-5). A pure function of certificate, roots and time.</summary>
internal static class PeerCertificate
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    /// <summary>Who a certificate names: exactly one URI, which is a service's SPIFFE ID. CAs are no services.</summary>
    public static bool TryIdentify(
        X509Certificate2 certificate, [NotNullWhen(true)] out ServiceId? id, out string uri, [NotNullWhen(false)] out string? reason)
    {
        (id, uri, reason) = (null, string.Empty, null);
        try
        {
            var uris = SanExtension.Read(certificate.Extensions).Uris;
            if (uris.Count != 1)
            {
                reason = $"the certificate has {uris.Count} URIs instead of one";
            }
            else if (!SpiffeId.TryParse(uri = uris[0], out var named, out var error))
            {
                reason = error;
            }
            else if (named is not ServiceId service)
            {
                reason = $"{uri} is no service's SPIFFE ID";
            }
            else if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(static constraints => constraints.CertificateAuthority))
            {
                reason = "the certificate is a CA's";
            }
            else
            {
                id = service;
            }
        }
        catch (Exception error) when (error is AsnContentException or CryptographicException)
        {
            reason = "the certificate's names cannot be read: " + error.Message;
        }

        return id is not null;
    }

    /// <summary>Verifies a peer by its certificate and by what it sent besides.</summary>
    /// <param name="certificate">The peer's; null when it showed none.</param>
    /// <param name="sent">The intermediates that it sent.</param>
    /// <param name="trust">The current roots.</param>
    /// <param name="isClient">Whether the peer is the client of the connection.</param>
    /// <param name="clock">For the validity period.</param>
    public static PeerVerification Verify(X509Certificate2? certificate, X509Certificate2Collection? sent, TrustBundle trust, bool isClient, TimeProvider clock)
    {
        if (certificate is null)
        {
            return NoCertificate();
        }

        using var chain = new X509Chain { ChainPolicy = trust.Policy(clock) };
        chain.ChainPolicy.ExtraStore.AddRange(sent ?? []);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(isClient ? ClientUse : ServerUse));
        chain.Build(certificate);
        try
        {
            return Judge(certificate, chain, trust, clock);
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }
        }
    }

    /// <summary>Judges a certificate by a chain that was built by <see cref="TrustBundle.Policy"/>, be it here or by the handshake.</summary>
    public static PeerVerification Judge(X509Certificate2 certificate, X509Chain chain, TrustBundle trust, TimeProvider clock)
    {
        if (!TryIdentify(certificate, out var id, out var uri, out var reason))
        {
            return new(PeerRefusal.NoIdentity, reason);
        }

        if (!id.IsInTrustDomain(trust.TrustDomain))
        {
            return new(PeerRefusal.TrustDomain, $"{uri} is not of trust domain {trust.TrustDomain}");
        }

        var now = clock.GetUtcNow();
        var (from, until) = ValidityOf(certificate);
        if (now < from || now > until)
        {
            return new(PeerRefusal.Expired, FormattableString.Invariant($"the certificate of {uri} is valid from {from:O} to {until:O}"));
        }

        if (certificate.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault() is { } usage && !usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature))
        {
            return new(PeerRefusal.KeyUsage, $"the key of {uri} is not for signatures");
        }

        var status = Array.Find(chain.ChainStatus, static status => status.Status != X509ChainStatusFlags.NoError);
        if (status.Status != X509ChainStatusFlags.NoError || chain.ChainElements is not [.., var last])
        {
            var refusal = status.Status == X509ChainStatusFlags.NotValidForUsage ? PeerRefusal.KeyUsage : PeerRefusal.Untrusted;
            return new(refusal, $"the certificate of {uri} does not lead to a current root: {status.StatusInformation}");
        }

        // The chain is one that is built anywhere: it counts only when it ends in a root of ours.
        var root = last.Certificate.Thumbprint;
        return trust.Has(root)
            ? new(new PeerIdentity(id, uri, ColonHex.FormatSerial(certificate.SerialNumberBytes.Span), until, [.. chain.ChainElements.SkipLast(1).Select(static one => one.Certificate.RawData)], root))
            : new(PeerRefusal.Untrusted, $"the certificate of {uri} does not lead to a current root");
    }

    public static (DateTimeOffset From, DateTimeOffset Until) ValidityOf(X509Certificate2 certificate) =>
        (new(certificate.NotBefore.ToUniversalTime()), new(certificate.NotAfter.ToUniversalTime()));

    public static PeerVerification NoCertificate() => new(PeerRefusal.NoCertificate, "the peer showed no certificate");

    /// <summary>Whether a peer that was verified before still leads to a root; that its certificate has ended since says nothing about an open connection.</summary>
    public static bool IsStillTrusted(PeerIdentity peer, TrustBundle trust)
    {
        if (trust.Has(peer.Root))
        {
            return true;
        }

        var certificates = Array.ConvertAll(peer.Chain, static der => X509CertificateLoader.LoadCertificate(der));
        try
        {
            using var chain = new X509Chain { ChainPolicy = trust.Policy(TimeProvider.System) };
            chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
            chain.ChainPolicy.ExtraStore.AddRange(certificates);
            return peer.Id.IsInTrustDomain(trust.TrustDomain) && chain.Build(certificates[0]);
        }
        finally
        {
            Array.ForEach(certificates, static certificate => certificate.Dispose());
        }
    }
}
