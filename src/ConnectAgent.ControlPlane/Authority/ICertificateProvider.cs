using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>
/// What holds the CA's key and signs (ca section 6). Many kinds may be registered, exactly one instance is active; all pass
/// <c>CertificateProviderConformance</c>. A provider writes nothing into the state: what it needs at the next start is its <see cref="Row"/>, stored in
/// the write that makes it active, so a change that fails leaves nothing behind (CA-42).
/// </summary>
internal interface ICertificateProvider : IDisposable
{
    /// <summary>What all providers read of the configuration; after <see cref="ConfigureAsync"/>.</summary>
    CaSettings Settings { get; }

    /// <summary>Public facts stored with the configuration and shown by it; null for none, and never a secret (CA-81).</summary>
    IReadOnlyDictionary<string, string>? State { get; }

    /// <summary>What to keep for the next start; null when the provider keeps its keys elsewhere.</summary>
    ProviderRow? Row { get; }

    /// <summary>Whether it can sign another root's key with its own (ca CA-90).</summary>
    bool SupportsCrossSigning { get; }

    /// <summary>Takes and checks the configuration; the first call on any instance; may be called again; changes none of its inputs (CA-80).</summary>
    /// <exception cref="ProviderException">With the texts of CA-31.</exception>
    Task ConfigureAsync(ProviderSetup setup, CancellationToken cancellationToken);

    /// <summary>The primary's CA, made where there is none; idempotent (CA-82).</summary>
    /// <returns>PEM; the first block signs intermediates, the last is the trusted root.</returns>
    /// <exception cref="ProviderException">In a secondary: <c>provider is not the root certificate authority</c>.</exception>
    Task<string> GenerateChainAsync(CancellationToken cancellationToken);

    /// <summary>Makes a new intermediate the signer, for providers whose root does not sign leaves (CA-83).</summary>
    Task GenerateLeafSigningCertAsync(CancellationToken cancellationToken);

    /// <summary>The certificate that signs leaves, PEM; empty when there is none yet (CA-84).</summary>
    Task<string> ActiveLeafSigningCertAsync(CancellationToken cancellationToken);

    /// <summary>A secondary's new key, and the request for its certificate (CA-85).</summary>
    /// <exception cref="ProviderException">In the primary.</exception>
    Task<IntermediateRequest> GenerateIntermediateCsrAsync(CancellationToken cancellationToken);

    /// <summary>Takes what the primary made of the request, and signs with it from now on (CA-86, CERT-77).</summary>
    /// <param name="intermediate">PEM.</param>
    /// <param name="root">PEM; the primary's active root.</param>
    /// <param name="opaque">From the request.</param>
    /// <exception cref="ProviderException">With the texts of CERT-77; in the primary always.</exception>
    Task SetIntermediateAsync(string intermediate, string root, string opaque, CancellationToken cancellationToken);

    /// <summary>Signs one leaf (CA-87). Called by many threads at once.</summary>
    /// <returns>PEM, without its chain.</returns>
    /// <exception cref="ProviderException"><see cref="ProviderFault.RateLimited"/> when it may be tried again later.</exception>
    ValueTask<string> SignAsync(LeafOrder order, CancellationToken cancellationToken);

    /// <summary>Signs a secondary's CA with path length 0 (CA-88, CERT-42, CERT-76).</summary>
    /// <param name="request">PKCS#10, PEM.</param>
    Task<string> SignIntermediateAsync(string request, CancellationToken cancellationToken);

    /// <summary>Signs another provider's root, so that who trusts only ours trusts it, too (CA-89, CERT-41).</summary>
    /// <param name="root">The new root.</param>
    /// <param name="life">How long at most; never past our own end.</param>
    /// <returns>PEM; same subject, key and names.</returns>
    Task<string> CrossSignAsync(X509Certificate2 root, TimeSpan life, CancellationToken cancellationToken);

    /// <summary>Signs a list of revoked certificates with the key that signs leaves (RFC 5280 section 5).</summary>
    /// <returns>DER; null where this kind signs none.</returns>
    Task<byte[]?> SignRevocationListAsync(RevocationListOrder order, CancellationToken cancellationToken) => Task.FromResult<byte[]?>(null);

    /// <summary>Removes elsewhere what only this provider used, after another one has taken over (CA-91).</summary>
    /// <param name="providerChanges">Whether the other one is of another kind.</param>
    /// <param name="otherConfiguration">JSON.</param>
    Task CleanUpAsync(bool providerChanges, string otherConfiguration, CancellationToken cancellationToken);

    /// <summary>Refuses a change of configuration that this kind cannot make (CA-93).</summary>
    /// <exception cref="ProviderException">Why.</exception>
    void CheckUpdate(string oldConfiguration, string newConfiguration);

    /// <summary>Ends background work such as token renewal; signings under way go on (CA-92).</summary>
    void Stop();
}

/// <summary>Makes providers of one kind.</summary>
internal interface ICertificateProviderFactory
{
    /// <summary>As <c>Provider</c> and <c>connect.ca_provider</c> name it; with case.</summary>
    string Name { get; }

    /// <summary>CA-4: what the root's name begins with.</summary>
    string DisplayName { get; }

    ICertificateProvider Create();
}

/// <summary>What a provider is configured with (CA-80).</summary>
/// <param name="ClusterId">Raw, case kept.</param>
/// <param name="IsPrimary">Whether this datacenter has the root.</param>
/// <param name="Configuration">The <c>Config</c> map, JSON. May hold a key.</param>
/// <param name="FindRow">Finds what an earlier instance kept.</param>
/// <param name="Renew">Ignore what was kept, and make a new CA.</param>
internal sealed record ProviderSetup(
    string ClusterId, string Datacenter, bool IsPrimary, string Configuration, Func<string, ProviderRow?> FindRow, bool Renew = false)
{
    public override string ToString() => $"setup of {ClusterId} in {Datacenter}";
}

/// <summary>A leaf to sign: who it is for was authorized before.</summary>
/// <param name="Identity">The certificate's only name, whatever the CSR asks for.</param>
/// <param name="PublicKey">Of the CSR.</param>
/// <param name="CertificateRequest">The CSR as received, PKCS#10 DER; for providers that sign elsewhere.</param>
internal sealed record LeafOrder(ServiceId Identity, PublicKey PublicKey, ReadOnlyMemory<byte> CertificateRequest);

/// <summary>A list of revoked certificates to sign.</summary>
/// <param name="Serials">In the form of CERT-53, and when each was revoked.</param>
/// <param name="From">When it was made.</param>
/// <param name="Until">When there is another one at the latest; verifiers refuse everything with an older list.</param>
internal sealed record RevocationListOrder(IReadOnlyList<(string Serial, DateTimeOffset RevokedAt)> Serials, DateTimeOffset From, DateTimeOffset Until);

/// <summary>A secondary's request for its CA certificate.</summary>
/// <param name="Request">PKCS#10, PEM (CERT-72).</param>
/// <param name="Opaque">Handed back with the certificate; empty when not needed.</param>
internal sealed record IntermediateRequest(string Request, string Opaque);

/// <summary>What a provider keeps in the state between starts (CA-40, CA-41). Holds a private key: never printed.</summary>
/// <param name="Id">Names the configuration that it belongs to.</param>
/// <param name="PrivateKey">PKCS#8, DER.</param>
/// <param name="RootCertificate">DER; empty in a secondary without one yet.</param>
/// <param name="IntermediateCertificate">DER; null in the primary.</param>
internal sealed record ProviderRow(
    string Id, ReadOnlyMemory<byte> PrivateKey, ReadOnlyMemory<byte> RootCertificate, ReadOnlyMemory<byte>? IntermediateCertificate = null)
{
    // Records print their members; a key must not reach a log that way.
    public override string ToString() => "state of provider " + Id;
}

/// <summary>Why a provider refused.</summary>
internal enum ProviderFault
{
    Failed,

    /// <summary>What was configured cannot work, however late it is found out.</summary>
    BadConfiguration,

    /// <summary>CA-71: worth another try later.</summary>
    RateLimited,
}

/// <summary>A provider's refusal; the text holds no secret.</summary>
internal sealed class ProviderException(string text, ProviderFault fault = ProviderFault.Failed, Exception? inner = null) : Exception(text, inner)
{
    public ProviderFault Fault { get; } = fault;

    /// <summary>The name of the bound that refused (docs/limits.md); null when it was none.</summary>
    public string? Limit { get; init; }
}
