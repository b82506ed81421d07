using ConnectAgent.Agent.Roots;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Timing;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Leaves;

/// <summary>Whose leaf (leaf-certificates LEAF-20).</summary>
/// <param name="Datacenter">After defaulting.</param>
/// <param name="Token">After defaulting.</param>
/// <param name="Service">Case kept.</param>
internal sealed record LeafRequest(string Datacenter, string Token, string Service) : CacheRequest(Datacenter, Token)
{
    /// <summary>What the key begins with; the service follows.</summary>
    public const string KeyPrefix = "service:";

    public override string Key => KeyPrefix + Service;

    /// <summary>The right to write the service, at every read and not only at the signing (leaf-certificates LEAF-90, acl ACL-SEC-4).</summary>
    public override IReadOnlyList<AccessRequest> Needs => [new(AclResource.Service, Service, AclAccess.Write)];
}

/// <summary>
/// The cache type <c>connect-ca-leaf</c>. It is due when the leaf must be replaced (its renewal instant, or a rotation of the roots), and a fetch
/// issues the next one, so the engine's refresh loop is the renewal (LEAF-56).
/// </summary>
internal sealed class LeafKind(
    LeafIssuer issuer, RootsService roots, RootsWatch rotations, LeafMetrics metrics, TimeProvider clock, Random random, LeafOptions options, ILogger<LeafKind> logger) : CacheKind<LeafRequest, LeafCertificate>
{
    // Measured: a leaf beside its texts, what its renewal remembers, and some of the answer that is kept rendered from the second read on.
    private const int SizeOfLeaf = 150;

    private readonly DelegatedLeafWatch _delegated = new(issuer, clock, random);

    public override string Name => "connect-ca-leaf";

    public override SealedCodec<LeafRequest, LeafCertificate> Sealing => LeafCodec.Instance;

    public override bool AgesFromFetch => true;

    public override bool Revalidates => true;

    /// <summary>LEAF-81: an expired leaf is given to nobody.</summary>
    public override bool IsUsable(LeafCertificate value) => clock.GetUtcNow() < value.ValidBefore;

    public override long SizeOf(LeafCertificate value) =>
        SizeOfLeaf + value.CertPem.Length + value.PrivateKeyPem.Length + (sizeof(char) * (value.ServiceUri.Length + value.Service.Length));

    public override LeafView Describe(LeafCertificate value, FetchState state)
    {
        var known = state.Peek<LeafState>();
        return new LeafView(
            value.SerialNumber,
            value.ServiceUri,
            value.ValidBefore,
            known?.Plan.NextTry is { } at && at > default(DateTimeOffset) ? at : null,
            known?.Issued ?? 0,
            known is not { Issued: > 0 } ? string.Empty : known.ElsewhereIndex is null ? "signed" : "delegated");
    }

    /// <summary>LEAF-41 and LEAF-45: not overdue, and signed by the key that signs now.</summary>
    public override bool IsCurrent(LeafRequest request, LeafCertificate value)
    {
        var now = clock.GetUtcNow();
        return now <= LeafRenewal.HardLimit(FactsOf(value, value.ValidAfter))
            && roots.Peek(request.Datacenter)?.Active?.SigningKeyId == value.AuthorityKeyId;
    }

    public override bool IsScheduled => true;

    /// <summary>
    /// The renewal instant, a change of the roots or of the contact, another leaf that the servers keep, a reader who asks, or the end of the leaf,
    /// whichever comes first (LEAF-40 to LEAF-47).
    /// </summary>
    public override async Task DueAsync(FetchContext<LeafRequest, LeafCertificate> context, CancellationToken cancellationToken)
    {
        var (state, leaf) = (context.State.Get<LeafState>(), context.Value!);
        while (true)
        {
            LeafLook look;
            try
            {
                look = await LookAsync(context, state, leaf, cancellationToken);
            }
            catch (ServerException)
            {
                // Whoever acts meets it again, and tells it.
                return;
            }

            if (look.IsCheck || IsDue(state, look) || (!IsUsable(leaf) && !state.IsEndLogged))
            {
                return;
            }

            var pause = state.Plan.NextTry - look.Now;
            var longest = LeafRenewal.LongestHold(look.Facts);
            using (var alarm = new LeafAlarm(
                context.State, rotations, context.Request.Datacenter, look.Trusted, pause < longest ? pause : longest, clock, cancellationToken))
            {
                await (state.ElsewhereIndex is null ? alarm.Task : _delegated.WaitAsync(alarm.Task, context, state, look.Trusted, cancellationToken));
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Issues the first leaf or the next one, if it is due; else tells a reader who asks that the one that is held is current (LEAF-50).</summary>
    public override async Task<ServerRead<LeafCertificate>?> FetchAsync(
        FetchContext<LeafRequest, LeafCertificate> context, CancellationToken cancellationToken)
    {
        var state = context.State.Get<LeafState>();
        if (context.Value is not { } leaf)
        {
            return await IssueAsync(context, state, await RootsAsync(context, state, cancellationToken), cancellationToken);
        }

        while (true)
        {
            var look = await LookAsync(context, state, leaf, cancellationToken);
            if (look.IsCheck && context.State.TakeForce())
            {
                // An operator's renewal; still no two within a second (section 9, test 4), and none later because the clock went back.
                var rest = state.IssuedAt + LeafRenewal.LeastPause - look.Now;
                await clock.PauseAsync(rest < LeafRenewal.LeastPause ? rest : LeafRenewal.LeastPause, cancellationToken);
                return await IssueAsync(context, state, look.Trusted, cancellationToken);
            }

            if (IsDue(state, look) && await RenewAsync(context, state, leaf, look, cancellationToken) is { } renewed)
            {
                return renewed;
            }

            if (!IsUsable(leaf) && (look.IsCheck || !state.IsEndLogged))
            {
                // Who blocks is told once, who asks each time; between them nothing is fetched until the servers come back (LEAF-82).
                state.IsEndLogged = true;
                throw state.LastError?.ToThrow() ?? new ServerException(FailureKind.Failed, "the leaf certificate has expired");
            }

            if (look.IsCheck && IsDueSoonAfterRotation(look.Facts, state.Plan, look.SigningKey, look.Now))
            {
                // LEAF-45: who looks after a rotation gets a new leaf; only the least pause between two issues is waited for.
                await clock.PauseAsync(state.Plan.IssueAt - look.Now, cancellationToken);
                continue;
            }

            if (look.IsCheck)
            {
                state.Instant = null;
            }
            else
            {
                context.State.Defer();
            }

            return null;
        }
    }

    private static bool IsDue(LeafState state, LeafLook look) => state.Plan.IssueAt <= look.Now || state.IsReplaced;

    /// <summary>Looks at a leaf, and plans its next renewal anew.</summary>
    private async Task<LeafLook> LookAsync(
        FetchContext<LeafRequest, LeafCertificate> context, LeafState state, LeafCertificate leaf, CancellationToken cancellationToken)
    {
        var facts = FactsOf(leaf, state.IssuedAt);
        state.Instant ??= LeafRenewal.Instant(facts, clock.GetUtcNow(), random.NextDouble());
        var trusted = await RootsAsync(context, state, cancellationToken);
        var now = clock.GetUtcNow();
        var isCheck = context.State.IsHurried;
        if (state.WasUnreachable && trusted.InContact)
        {
            state.Plan = LeafRenewal.AfterReconnection(state.Plan, now, random.NextDouble());
        }

        state.WasUnreachable = !trusted.InContact;
        var signingKey = LeafRenewal.SigningKeyFor(facts, trusted.Value, areOld: state.KnewAtIssue(trusted.Value));
        state.Plan = LeafRenewal.Plan(facts, state.Plan, signingKey, isCheck, now, state.Instant.Value, options.SpreadDraw(random));
        return new LeafLook(facts, trusted, signingKey, now, isCheck);
    }

    private static LeafFacts FactsOf(LeafCertificate leaf, DateTimeOffset issuedAt) =>
        new(leaf.ValidAfter, leaf.ValidBefore, issuedAt, leaf.AuthorityKeyId);

    private static bool IsDueSoonAfterRotation(LeafFacts leaf, RenewalPlan plan, string signingKey, DateTimeOffset now) =>
        plan is { Refusals: 0, Failures: 0 } && signingKey != leaf.AuthorityKeyId
            && plan.IssueAt > now && plan.IssueAt - now <= LeafRenewal.LeastPause;

    /// <summary>Replaces a leaf; null when the old one stays (LEAF-62, LEAF-80).</summary>
    private async Task<ServerRead<LeafCertificate>?> RenewAsync(
        FetchContext<LeafRequest, LeafCertificate> context,
        LeafState state,
        LeafCertificate leaf,
        LeafLook look,
        CancellationToken cancellationToken)
    {
        if (!state.IsReplaced)
        {
            CountEarly(leaf, look.Trusted.Value, look.Now);
        }

        state.IsReplaced = false;
        try
        {
            return await IssueAsync(context, state, look.Trusted, cancellationToken);
        }
        catch (ServerException error) when (error.Kind == FailureKind.RateLimited)
        {
            state.LastError = error;
            metrics.Refused();
            state.Plan = LeafRenewal.AfterRefusal(state.Plan, clock.GetUtcNow(), random.NextDouble());
            logger.RenewalRefused(context.Request.Service, state.Plan.NotBefore);
            return null;
        }
        catch (ServerException error) when (error.Kind == FailureKind.Unreachable && (IsListed(leaf, look.Trusted, state) || !IsUsable(leaf)))
        {
            state.LastError = error;
            metrics.Failed();
            var pause = RefreshBackoff.Pause(state.Plan.Failures + 1, random.NextDouble());
            state.Plan = LeafRenewal.AfterFailure(state.Plan, clock.GetUtcNow(), pause > TimeSpan.Zero ? pause : LeafRenewal.LeastPause);
            logger.RenewalFailed(context.Request.Service, error.Message, state.Plan.NotBefore);
            return null;
        }
    }

    // No rule asks for a leaf this early, so a count above zero is an alarm.
    private void CountEarly(LeafCertificate leaf, CaRoots trusted, DateTimeOffset now)
    {
        if (trusted.Active?.SigningKeyId == leaf.AuthorityKeyId && now < LeafRenewal.Instant(FactsOf(leaf, leaf.ValidAfter), leaf.ValidAfter, 0))
        {
            metrics.Early();
        }
    }

    // LEAF-80. A leaf that is ahead of the roots counts: its root is not listed yet.
    private static bool IsListed(LeafCertificate leaf, CacheAnswer<CaRoots> trusted, LeafState state) =>
        state.KnewAtIssue(trusted.Value) || trusted.Value.Roots.Any(root => root.SigningKeyId == leaf.AuthorityKeyId);

    /// <summary>The roots from the cache; if they cannot be read, those that were read last (LEAF-80).</summary>
    private async Task<CacheAnswer<CaRoots>> RootsAsync(
        FetchContext<LeafRequest, LeafCertificate> context, LeafState state, CancellationToken cancellationToken)
    {
        try
        {
            var read = await roots.ForDatacenterAsync(context.Request.Datacenter, cancellationToken);
            state.Roots = read;
            return read;
        }
        catch (ServerException) when (context.Value is { } leaf && IsUsable(leaf) && state.Roots is not null)
        {
            return state.Roots.Value with { InContact = false };
        }
    }

    /// <summary>Issues the next leaf; null when the servers still keep the very leaf that is held.</summary>
    private async Task<ServerRead<LeafCertificate>?> IssueAsync(
        FetchContext<LeafRequest, LeafCertificate> context, LeafState state, CacheAnswer<CaRoots> trusted, CancellationToken cancellationToken)
    {
        if (trusted.Value.TrustDomain.Length == 0)
        {
            throw new ServerException(FailureKind.Failed, "cluster has no CA bootstrapped yet");
        }

        var identity = new ServiceId(trusted.Value.TrustDomain, context.Request.Datacenter, context.Request.Service);
        if (!identity.HasUri(out var error))
        {
            // CERT-21: refused before a key is made or a signer asked.
            throw new ServerException(FailureKind.Failed, error);
        }

        var (issued, elsewhereIndex) = await issuer.IssueAsync(identity, context.Request.Token, context.Index, cancellationToken);
        state.ElsewhereIndex = elsewhereIndex;
        state.IssuedAt = clock.GetUtcNow();
        if (context.Value?.CertPem == issued.Value.CertPem)
        {
            // It is theirs to replace; what would have this one replaced is looked at again a little later.
            state.Plan = LeafRenewal.AfterFailure(state.Plan, state.IssuedAt, LeafRenewal.RootChangeSpread * (1 + random.NextDouble()));
            return null;
        }

        metrics.Issued();
        state.Issued++;
        state.RootsAtIssue = trusted.Value;
        state.Plan = RenewalPlan.None;
        state.Instant = null;
        state.LastError = null;
        state.IsEndLogged = false;
        logger.Issued(context.Request.Service, issued.Value.SerialNumber, issued.Value.ValidBefore);
        return issued;
    }
}

/// <summary>What one look at a leaf found.</summary>
/// <param name="Facts">Of the leaf.</param>
/// <param name="Trusted">The roots.</param>
/// <param name="SigningKey">That should have signed it (LEAF-48).</param>
/// <param name="Now">The time of the look.</param>
/// <param name="IsCheck">Whether a reader asks now (LEAF-45).</param>
internal readonly record struct LeafLook(LeafFacts Facts, CacheAnswer<CaRoots> Trusted, string SigningKey, DateTimeOffset Now, bool IsCheck);
