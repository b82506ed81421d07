using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using static ConnectAgent.ControlPlane.Acl.Rules.AclRefusal;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>What a caller says of a token (acl ACL-TOK-1); what the server sets is not among it.</summary>
internal sealed record AclTokenDraft
{
    public string AccessorId { get; init; } = string.Empty;

    public string SecretId { get; init; } = string.Empty;

    public string Description { get; init; } = string.Empty;

    public IReadOnlyList<AclLink> Policies { get; init; } = [];

    public IReadOnlyList<AclLink> Roles { get; init; } = [];

    public IReadOnlyList<ServiceIdentity> ServiceIdentities { get; init; } = [];

    public IReadOnlyList<NodeIdentity> NodeIdentities { get; init; } = [];

    public bool Local { get; init; }

    public string AuthMethod { get; init; } = string.Empty;

    public string Rules { get; init; } = string.Empty;

    public DateTimeOffset? ExpirationTime { get; init; }

    public ExactDuration? ExpirationTtl { get; init; }

    public override string ToString() => $"draft of token {AccessorId}";
}

/// <summary>Tokens (acl sections 5.1 and 5.2).</summary>
internal sealed class AclTokenStore(StateStore store, TimeProvider clock)
{
    public static readonly TimeSpan ShortestLife = TimeSpan.FromMinutes(1);
    [Limit(LifeLimit, "s", "refused", Refuses = true)]
    public static readonly TimeSpan LongestLife = TimeSpan.FromHours(24);
    private const string LifeLimit = "acl.token_life";

    /// <summary>A live token by its accessor.</summary>
    /// <exception cref="ServerException">A malformed accessor (ACL-TOK-7).</exception>
    public AclToken? Find(StateSnapshot state, string accessor) => AclIds.WhyMalformed(accessor) is { } reason
        ? throw Failed("failed acl token lookup: " + reason)
        : Live(state.Find(AclTables.Tokens, accessor));

    /// <summary>A live token by its secret.</summary>
    public AclToken? FindBySecret(StateSnapshot state, string secret) => FindBySecret(state, secret, clock.GetUtcNow());

    /// <inheritdoc cref="FindBySecret(StateSnapshot, string)"/>
    internal static AclToken? FindBySecret(StateSnapshot state, string secret, DateTimeOffset now) =>
        state.FindBySecond(AclTables.BySecret, AclIds.DigestOf(secret)).FirstOrDefault(token => !token.IsExpired(now));

    /// <summary>Makes a token.</summary>
    /// <exception cref="ServerException">ACL-TOK-8 to ACL-TOK-22.</exception>
    public Task<AclToken> CreateAsync(AclTokenDraft draft) => store.WriteAsync(writer =>
    {
        var accessor = draft.AccessorId.Length > 0 ? draft.AccessorId : AclIds.Make();
        if (draft.AccessorId.Length > 0)
        {
            if (AclIds.WhyMalformed(accessor) is { } reason)
            {
                throw Failed("Failed acl token lookup by accessor: failed acl token lookup: " + reason);
            }

            RequireFree(writer.State, accessor, "AccessorID");
        }

        if (draft.SecretId.Length > 0)
        {
            Require(AclIds.IsUuid(draft.SecretId), "Invalid Token: SecretID is not a valid UUID");
            RequireFree(writer.State, draft.SecretId, "SecretID");
        }

        Require(draft.AuthMethod.Length == 0, "AuthMethod field is disallowed outside of Login");
        AclBounds.RequireRoom(writer, AclTables.Tokens, AclBounds.Tokens);
        var now = clock.GetUtcNow();
        var token = new AclToken(accessor, draft.SecretId.Length > 0 ? draft.SecretId : AclIds.Make())
        {
            Local = draft.Local,
            CreateTime = now,
            ExpirationTime = ExpirationOf(draft, now),
            CreateIndex = writer.Index,
        };
        return Put(writer, Filled(writer.State, token, draft));
    });

    /// <summary>Replaces what a token says; its IDs, its locality and its life stay.</summary>
    /// <exception cref="ServerException">ACL-TOK-18 to ACL-TOK-28.</exception>
    public Task<AclToken> UpdateAsync(AclTokenDraft draft) => store.WriteAsync(writer =>
    {
        var accessor = draft.AccessorId;
        if (AclIds.WhyMalformed(accessor) is { } reason)
        {
            throw Failed("Failed acl token lookup by accessor: failed acl token lookup: " + reason);
        }

        var before = Live(writer.State.Find(AclTables.Tokens, accessor)) ?? throw Failed($"Cannot find token {GoQuote.Of(accessor)}");
        if (ReservedTokens.IsRootName(draft.SecretId))
        {
            throw new ServerException(FailureKind.PermissionDenied, "Permission denied: Cannot modify root ACL");
        }

        Require(draft.SecretId.Length == 0 || draft.SecretId == before.SecretId, "Changing a tokens SecretID is not permitted");
        Require(draft.Local == before.Local || (!draft.Local && accessor == AclIds.AnonymousAccessor), $"cannot toggle local mode of {accessor}");
        Require(draft.AuthMethod.Length == 0 || draft.AuthMethod == before.AuthMethod, $"Cannot change AuthMethod of {accessor}");
        Require(
            draft.ExpirationTtl is null or { Nanoseconds: 0 } && (draft.ExpirationTime is null || draft.ExpirationTime == before.ExpirationTime),
            $"Cannot change expiration time of {accessor}");
        return Put(writer, Filled(writer.State, before, draft));
    });

    /// <summary>Copies a token under new IDs (section 5.2).</summary>
    /// <param name="accessor">Of the token.</param>
    /// <param name="description">Empty keeps the old one.</param>
    /// <returns>Null when there is no such token.</returns>
    /// <exception cref="ServerException">ACL-TOK-30.</exception>
    public Task<AclToken?> CloneAsync(string accessor, string description) => store.WriteAsync(writer =>
    {
        if (Find(writer.State, accessor) is not { } token)
        {
            return null;
        }

        AclBounds.Check(new AclTokenDraft { Description = description });
        Require(token.AuthMethod.Length == 0, "Cannot clone a token created from an auth method");
        AclBounds.RequireRoom(writer, AclTables.Tokens, AclBounds.Tokens);
        return Put(writer, token with
        {
            AccessorId = AclIds.Make(),
            SecretId = AclIds.Make(),
            Description = description.Length > 0 ? description : token.Description,
            IsManagement = false,
            CreateTime = clock.GetUtcNow(),
            CreateIndex = writer.Index,
        });
    });

    /// <summary>Removes a token; removing nothing is no error.</summary>
    /// <param name="accessor">Of the token.</param>
    /// <param name="own">The accessor of the token that asks for it.</param>
    /// <exception cref="ServerException">ACL-TOK-29.</exception>
    public Task DeleteAsync(string accessor, string? own) => store.WriteAsync(writer =>
    {
        Require(AclIds.IsUuid(accessor), "Accessor ID is missing or an invalid UUID");
        Require(accessor != AclIds.AnonymousAccessor, "Delete operation not permitted on the anonymous token");
        Require(own is null || AclIds.KeyOf(accessor) != AclIds.KeyOf(own), "Deletion of the request's authorization token is not permitted");
        return Remove(writer, accessor);
    });

    /// <summary>Removes the tokens whose time is over (ACL-TOK-33), a bounded number of them.</summary>
    /// <returns>How many.</returns>
    public Task<int> ReapAsync(int most)
    {
        var now = clock.GetUtcNow();
        return store.Current.Rows(AclTables.Tokens).Values.Any(token => token.IsExpired(now))
            ? store.WriteAsync(writer => writer.State.Rows(AclTables.Tokens).Values.Where(token => token.IsExpired(now)).Take(most)
                .ToList().Count(token => Remove(writer, token.AccessorId)))
            : Task.FromResult(0);
    }

    /// <summary>Makes the first management token, once (ACL-BOOT-1 to ACL-BOOT-4).</summary>
    /// <param name="secret">The secret asked for; empty: a random one.</param>
    /// <param name="resetIndex">What the reset file says; 0 for none.</param>
    /// <param name="used">Called before the attempt when the reset is what allows it: it counts once.</param>
    /// <exception cref="ServerException">403 once it was done; 500 for a secret that is none, or a wrong reset.</exception>
    public Task<AclToken> BootstrapAsync(string secret, ulong resetIndex, Action used) => store.WriteAsync(writer =>
    {
        var done = writer.State.Find(AclTables.Bootstraps, StateTable.OnlyKey);
        if (done is not null && done.ResetIndex != resetIndex)
        {
            throw resetIndex == 0
                ? new ServerException(
                    FailureKind.PermissionDenied, $"Permission denied: ACL bootstrap no longer allowed (reset index: {done.ResetIndex})")
                : Failed($"Invalid bootstrap reset index (specified {resetIndex}, reset index: {done.ResetIndex})");
        }

        Require(secret.Length == 0 || AclIds.IsUuid(secret), "Provided token is not a valid UUID");
        Require(
            secret.Length == 0 || FindBySecret(writer.State, secret) is null,
            "Provided token cannot be used because a token with that secret already exists.");
        if (done is not null)
        {
            used();
        }

        writer.Put(AclTables.Bootstraps, new AclBootstrap(writer.Index));
        return Put(writer, Management(writer, secret.Length > 0 ? secret : AclIds.Make(), "Bootstrap Token (Global Management)"));
    });

    /// <summary>At the start with ACLs on: what must be there, each only if it is not (acl ACL-CFG-7).</summary>
    /// <param name="managementSecret">The configured management token; empty for none.</param>
    public Task InitializeAsync(string managementSecret) => store.WriteAsync(writer =>
    {
        if (writer.State.Find(AclTables.Policies, BuiltinPolicy.Id) is null)
        {
            var policy = new AclPolicy(BuiltinPolicy.Id, BuiltinPolicy.Name)
            {
                Description = BuiltinPolicy.Description,
                Rules = BuiltinPolicy.Rules,
                CreateIndex = writer.Index,
                ModifyIndex = writer.Index,
            };
            writer.Put(AclTables.Policies, policy with { Hash = policy.HashNow() });
        }

        if (managementSecret.Length > 0 && FindBySecret(writer.State, managementSecret) is null)
        {
            Put(writer, Management(writer, managementSecret, "Master Token"));
            if (writer.State.Find(AclTables.Bootstraps, StateTable.OnlyKey) is null)
            {
                writer.Put(AclTables.Bootstraps, new AclBootstrap(writer.Index));
            }
        }

        if (writer.State.Find(AclTables.Tokens, AclIds.AnonymousAccessor) is null)
        {
            Put(writer, new AclToken(AclIds.AnonymousAccessor, ReservedTokens.Anonymous)
            {
                Description = "Anonymous Token",
                CreateTime = clock.GetUtcNow(),
                CreateIndex = writer.Index,
            });
        }

        return true;
    });

    private static AclToken Filled(StateSnapshot state, AclToken token, AclTokenDraft draft)
    {
        AclBounds.Check(draft);
        Require(draft.Rules.Length == 0, "Rules cannot be specified for this token");
        return token with
        {
            Description = draft.Description,
            Policies = AclLinks.Policies(state, draft.Policies, id => $"No such ACL policy with ID {GoQuote.Of(id)}"),
            Roles = AclLinks.Roles(state, draft.Roles),
            ServiceIdentities = AclLinks.Services(draft.ServiceIdentities, "token", token.Local),
            NodeIdentities = AclLinks.Nodes(draft.NodeIdentities, "token"),
        };
    }

    /// <summary>Stores a token.</summary>
    internal static AclToken Put(StateWriter writer, AclToken token)
    {
        var stored = token with { Hash = token.HashNow(), ModifyIndex = writer.Index };
        writer.Put(AclTables.Tokens, stored);
        return stored;
    }

    /// <summary>Removes a token; false when there is none.</summary>
    internal static bool Remove(StateWriter writer, string accessor) => writer.Remove(AclTables.Tokens, accessor);

    private static DateTimeOffset? ExpirationOf(AclTokenDraft draft, DateTimeOffset now)
    {
        var ttl = draft.ExpirationTtl is { Nanoseconds: not 0 } given ? given : (ExactDuration?)null;
        Require(ttl is null || ttl > ExactDuration.Zero, $"Token Expiration TTL '{ttl}' should be > 0");
        Require(ttl is null || draft.ExpirationTime is null, "Token Expiration TTL and Expiration Time cannot both be set");
        var at = ttl is { } life ? now + life.ToTimeSpan() : draft.ExpirationTime;
        if (at is not { } end)
        {
            return null;
        }

        Require(end >= now, "ExpirationTime cannot be before CreateTime");
        var left = ttl ?? end - now;
        Require(left >= ShortestLife, $"ExpirationTime cannot be less than 1m0s in the future (was {left})");
        Require(left <= LongestLife, $"ExpirationTime cannot be more than 24h0m0s in the future (was {left})", LifeLimit);
        return end;
    }

    // ACL-TOK-10, ACL-TOK-11: neither as an accessor nor as a secret of any token.
    private static void RequireFree(StateSnapshot state, string id, string field)
    {
        Require(!AclIds.IsReserved(id), "Invalid Token: UUIDs with the prefix \"00000000-0000-0000-0000-0000000000\" are reserved");
        Require(
            state.Find(AclTables.Tokens, id) is null && !state.FindBySecond(AclTables.BySecret, AclIds.DigestOf(id)).Any(),
            $"Invalid Token: {field} is already in use");
    }

    private AclToken? Live(AclToken? token) => token?.IsExpired(clock.GetUtcNow()) == true ? null : token;

    private AclToken Management(StateWriter writer, string secret, string description) => new(AclIds.Make(), secret)
    {
        Description = description,
        Policies = [BuiltinPolicy.Id],
        IsManagement = true,
        CreateTime = clock.GetUtcNow(),
        CreateIndex = writer.Index,
    };
}
