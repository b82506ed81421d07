using System.Globalization;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Telemetry;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>The certificate authority's daily work: the roots document and signed leaves.</summary>
internal sealed class CertificateAuthority(
    StateStore store, BlockingReader reader, ActiveSigner signer, AuthorityMetrics metrics, TimeProvider clock) : IDisposable
{
    private SigningLimits? _limits;
    private long _refused;

    /// <summary>How many leaves wait for their turn to be signed, and how many were refused one since the start.</summary>
    public (int Waiting, long Refused) Turns => (Volatile.Read(ref _limits)?.Waiting ?? 0, Interlocked.Read(ref _refused));

    /// <summary>Reads the roots document; blocking (ca CA-8, CA-9).</summary>
    /// <exception cref="ServerException">The CA is not ready (CA-11).</exception>
    public async Task<(CaRoots Roots, ulong Index)> ReadRootsAsync(BlockingOptions blocking, CancellationToken cancellationToken) =>
        await reader.ReadAsync(
            blocking,
            [Topic.Any(AuthorityTables.Roots), Topic.Any(AuthorityTables.Configuration)],
            static state => (RootDocument.Of(Ready(state)), Math.Max(state.IndexOf(AuthorityTables.Roots), state.IndexOf(AuthorityTables.Configuration))),
            static (_, _) => false,
            cancellationToken);

    /// <summary>Signs a leaf for an authorized identity (CERT-73 to CERT-75).</summary>
    /// <param name="identity">The certificate's only name, whatever the CSR asks for.</param>
    /// <param name="certificateRequest">PKCS#10, DER.</param>
    /// <param name="datacenter">This control plane's datacenter.</param>
    /// <param name="cancellationToken">Ends the wait for a turn (CA-70).</param>
    /// <returns>The chain (CERT-80) and the index of the signing (LEAF-33).</returns>
    /// <exception cref="ServerException">With the texts of CERT-73; <see cref="FailureKind.Invalid"/> for a bad CSR.</exception>
    public async ValueTask<(string CertificatePem, ulong Index)> SignAsync(
        ServiceId identity, ReadOnlyMemory<byte> certificateRequest, string datacenter, CancellationToken cancellationToken)
    {
        using var activity = AgentTrace.Start("ca.sign");
        var publicKey = CsrVerification.Verify(identity, certificateRequest.Span, datacenter);
        var authority = await signer.GetAsync(cancellationToken) ?? throw NotReady();
        if (!identity.IsInTrustDomain(authority.TrustDomain))
        {
            throw new ServerException(
                FailureKind.Invalid, $"SPIFFE ID in CSR from a different trust domain: {identity.Host}, we are {authority.TrustDomain}");
        }

        using var turn = await EnterAsync(authority.Provider.Settings, cancellationToken);
        RequireAlive("root", authority.Active.Root.NotAfter);
        RequireAlive("intermediate", authority.Intermediate?.NotAfter);
        try
        {
            var leaf = await authority.Provider.SignAsync(new LeafOrder(identity, publicKey, certificateRequest), cancellationToken);
            var index = store.TakeIndex();
            metrics.Signed();
            return (leaf + authority.ChainTail, index);
        }
        catch (ProviderException error)
        {
            activity.Failed(error);
            metrics.Failed();
            throw error.Fault == ProviderFault.RateLimited
                ? SigningLimits.Refusal() : new ServerException(FailureKind.Failed, error.Message, error);
        }
    }

    public void Dispose() => _limits?.Dispose();

    private static AuthorityRoots Ready(StateSnapshot state) => state.Find(AuthorityTables.Roots, StateTable.OnlyKey)
        ?? throw new ServerException(FailureKind.Failed, "CA has not finished initializing");

    // CERT-73 #10.
    private static ServerException NotReady() =>
        new(FailureKind.Failed, "CA is uninitialized and unable to sign certificates yet: provider is nil");

    private async ValueTask<SigningLimits.Turn> EnterAsync(CaSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            return await LimitsOf(settings).EnterAsync(cancellationToken);
        }
        catch (ServerException)
        {
            Interlocked.Increment(ref _refused);
            metrics.Limited();
            throw;
        }
    }

    // CA-72: a changed limit starts with a full bucket. Two signings that see the change at once may each make one; the last stays.
    private SigningLimits LimitsOf(CaSettings settings)
    {
        var limits = Volatile.Read(ref _limits);
        if (limits is null || !limits.AreOf(settings))
        {
            limits = new SigningLimits(settings.CsrMaxPerSecond, settings.CsrMaxConcurrent, clock);
            Volatile.Write(ref _limits, limits);
        }

        return limits;
    }

    // CERT-73 #14; the text ends in a space.
    private void RequireAlive(string name, DateTimeOffset? notAfter)
    {
        if (notAfter is { } end && clock.GetUtcNow() > end)
        {
            var date = end.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss '+0000 UTC'", CultureInfo.InvariantCulture);
            throw new ServerException(FailureKind.Failed, $"{name} expired: certificate expired, expiration date: {date} ");
        }
    }
}
