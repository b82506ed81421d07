using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ConnectAgent.ControlPlane.Acl.Rules;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>
/// Resolves a token to its rights from the live state: a deletion, a new link or a changed rule acts on the next request (acl ACL-RES-1). What it
/// has worked out is kept until one of the ACL tables changes.
/// </summary>
internal sealed class TokenResolver(StateStore store, AclOptions options, RecoveryToken recovery, TimeProvider clock)
{
    // Each is a token that there is, and no token is longer than TokenText says, so this bounds the bytes as well. What is unknown makes no entry.
    [Limit("acl.resolved", "tokens", "all are dropped and worked out again")]
    private const int MostResolved = 4096;

    private static readonly TimeSpan ShortestRound = TimeSpan.FromSeconds(1);

    private readonly ConditionalWeakTable<AclPolicy, PolicyRules> _parsed = [];
    private Generation _generation = new(StateSnapshot.Empty, null);

    /// <summary>What a token may do.</summary>
    /// <param name="token">The secret; empty stands for the anonymous token (acl ACL-REQ-2).</param>
    /// <exception cref="ServerException"><c>ACL not found</c> (ACL-ERR-3), <c>Cannot resolve root ACL</c> (ACL-ERR-4).</exception>
    public TokenRights Resolve(string token)
    {
        if (!options.Enabled)
        {
            return TokenRights.Everything;
        }

        if (TokenText.IsTooLong(token))
        {
            // Not even its digest is worth working out.
            throw TokenText.TooLong();
        }

        var generation = Volatile.Read(ref _generation);
        var state = store.Current;
        if (!generation.IsOf(state))
        {
            // Two that find it out at once make two; the later one stays. Both are right.
            generation = new Generation(state, generation);
            Volatile.Write(ref _generation, generation);
        }

        if (generation.Resolved.TryGetValue(token, out var known) && !(known.ExpirationTime <= clock.GetUtcNow()))
        {
            return known.Rights;
        }

        return Work(generation, state, token);
    }

    /// <summary>What a token may do, the same object as long as nothing about it changes; null when there is no such token.</summary>
    public TokenRights? TryResolve(string token)
    {
        try
        {
            return Resolve(token);
        }
        catch (ServerException)
        {
            return null;
        }
    }

    /// <summary>Completes when what any token may do may have changed, and at the latest after <see cref="AclOptions.TokenTtl"/>: a token's time may
    /// be over without anybody having removed it.</summary>
    /// <returns>A timestamp of the clock: since when it may be.</returns>
    public async Task<long> ChangedAsync(CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        using var watch = store.Watches.Watch([.. AclTables.Rights.Select(Topic.Any)]);
        try
        {
            await watch.Changed.WaitAsync(!options.Enabled ? Timeout.InfiniteTimeSpan : options.TokenTtl > ShortestRound ? options.TokenTtl : ShortestRound, clock, cancellationToken);
            return clock.GetTimestamp();
        }
        catch (TimeoutException)
        {
            return start;
        }
    }

    /// <summary>The token itself, for the endpoints that show it; null when there is none, it is over, or it is the recovery token.</summary>
    public AclToken? Find(string token) => AclTokenStore.FindBySecret(store.Current, token, clock.GetUtcNow());

    /// <summary>What a token of a state may do that is not in use.</summary>
    /// <exception cref="ServerException">The rules of a policy cannot be read.</exception>
    public TokenRights RightsIn(StateSnapshot state, AclToken token) => Authorizer(token, SourcesOf(state, token));

    private RuleAuthorizer Authorizer(AclToken row, List<object> sources) => new(PolicyRules.Merge(RulesOf(row, sources)), options.DefaultAllow);

    private TokenRights Work(Generation generation, StateSnapshot state, string token)
    {
        if (ReservedTokens.IsRootName(token))
        {
            throw new ServerException(FailureKind.Mistake, "Cannot resolve root ACL");
        }

        var row = Find(token.Length == 0 ? ReservedTokens.Anonymous : token);
        if (row is null)
        {
            // Only what no stored token has is compared with the agent's own.
            return recovery.RightsOf(token) ?? throw new ServerException(FailureKind.UnknownToken, "ACL not found");
        }

        var sources = SourcesOf(state, row);
        var rights = generation.Former?.Resolved.GetValueOrDefault(token) is { } former && former.Sources.SequenceEqual(sources)
            ? former.Rights
            : Authorizer(row, sources);
        if (generation.Resolved.Count >= MostResolved)
        {
            generation.Resolved.Clear();
        }

        generation.Resolved[token] = new Resolution(rights, sources, row.ExpirationTime);
        return rights;
    }

    // Rows are replaced when they change: the same rows give the same rights.
    private static List<object> SourcesOf(StateSnapshot state, AclToken token)
    {
        var roles = token.Roles.Select(id => state.Find(AclTables.Roles, id)).OfType<AclRole>().ToList();
        return [token, .. roles, .. token.Policies.Concat(roles.SelectMany(role => role.Policies))
            .Select(id => state.Find(AclTables.Policies, id)).OfType<AclPolicy>()];
    }

    // ACL-MERGE-1; a policy that is linked twice counts once.
    private IEnumerable<PolicyRules> RulesOf(AclToken token, List<object> sources)
    {
        var roles = sources.OfType<AclRole>().ToList();
        var policies = sources.OfType<AclPolicy>().Distinct()
            .Where(policy => policy.Datacenters.Count == 0 || policy.Datacenters.Contains(options.Datacenter, StringComparer.Ordinal))
            .Select(policy => _parsed.GetValue(policy, static stored => PolicyRulesReader.Read(stored.Rules)));
        var services = token.ServiceIdentities.Concat(roles.SelectMany(role => role.ServiceIdentities))
            .Where(identity => identity.CountsIn(options.Datacenter)).Select(identity => identity.Rules());
        var nodes = token.NodeIdentities.Concat(roles.SelectMany(role => role.NodeIdentities))
            .Where(identity => identity.CountsIn(options.Datacenter)).Select(identity => identity.Rules());
        return policies.Concat(services).Concat(nodes);
    }

    /// <summary>What was worked out from one state of the ACL tables.</summary>
    private sealed record Generation
    {
        private readonly object _tokens;
        private readonly object _policies;
        private readonly object _roles;

        public Generation(StateSnapshot state, Generation? former)
        {
            _tokens = state.Rows(AclTables.Tokens);
            _policies = state.Rows(AclTables.Policies);
            _roles = state.Rows(AclTables.Roles);

            // One back, not a chain of them.
            Former = former is null ? null : former with { Former = null };
        }

        /// <summary>What was worked out before, for rights that stay the same.</summary>
        public Generation? Former { get; private init; }

        public ConcurrentDictionary<string, Resolution> Resolved { get; } = new(StringComparer.Ordinal);

        public bool IsOf(StateSnapshot state) =>
            ReferenceEquals(_tokens, state.Rows(AclTables.Tokens))
            && ReferenceEquals(_policies, state.Rows(AclTables.Policies))
            && ReferenceEquals(_roles, state.Rows(AclTables.Roles));
    }

    private sealed record Resolution(TokenRights Rights, IReadOnlyList<object> Sources, DateTimeOffset? ExpirationTime);
}
