using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.PreparedQueries;

/// <summary>Keeps prepared queries (services PQ-1 to PQ-3, PQ-7, PQ-10).</summary>
internal sealed class PreparedQueryStore(StateStore store, BlockingReader reader)
{
    private const int LengthOfId = 36;

    /// <summary>All queries by ID; blocking.</summary>
    public Task<(IReadOnlyList<PreparedQuery> Value, ulong Index)> ListAsync(BlockingOptions blocking, CancellationToken cancellationToken) =>
        reader.ReadAsync<IReadOnlyList<PreparedQuery>>(
            blocking,
            [Topic.Any(PreparedQueryTables.Queries)],
            static state => ([.. state.Rows(PreparedQueryTables.Queries).Values], state.IndexOf(PreparedQueryTables.Queries)),
            static (_, _) => false,
            cancellationToken);

    /// <summary>One query; blocking. Null when there is none.</summary>
    /// <exception cref="ServerException">What is asked for is no ID.</exception>
    public Task<(PreparedQuery? Value, ulong Index)> GetAsync(string id, BlockingOptions blocking, CancellationToken cancellationToken)
    {
        RequireId(id);
        return reader.ReadAsync(
            blocking,
            [Topic.Row(PreparedQueryTables.Queries, NameKey.Of(id))],
            state => (state.Find(PreparedQueryTables.Queries, NameKey.Of(id)), state.IndexOf(PreparedQueryTables.Queries)),
            static (one, other) => one?.ModifyIndex == other?.ModifyIndex,
            cancellationToken);
    }

    /// <summary>The query that a caller means: by ID, else by name, else the template whose name is the longest beginning (PQ-8), filled in.</summary>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ServerException">The name makes the template too long.</exception>
    public static PreparedQuery? Resolve(StateSnapshot state, string idOrName)
    {
        var key = NameKey.Of(idOrName);
        if (state.Find(PreparedQueryTables.Queries, key) is { } one)
        {
            return one;
        }

        if (key.Length > 0 && state.FindBySecond(PreparedQueryTables.ByName, key).FirstOrDefault(static query => !query.IsTemplate) is { } named)
        {
            return named;
        }

        for (var length = key.Length; length >= 0; length--)
        {
            if (state.FindBySecond(PreparedQueryTables.Templates, key[..length]).FirstOrDefault() is { } template)
            {
                return TemplateRendering.Render(template, idOrName);
            }
        }

        return null;
    }

    /// <summary>Stores a new query.</summary>
    /// <param name="query">Without an ID.</param>
    /// <param name="rights">The writer's.</param>
    /// <returns>Its ID.</returns>
    /// <exception cref="ServerException">With the texts of PQ-3.</exception>
    public async Task<string> CreateAsync(PreparedQuery query, TokenRights rights)
    {
        if (query.Id.Length > 0)
        {
            throw new ServerException(FailureKind.Mistake, "ID must be empty when creating a new prepared query");
        }

        RequireWrite(rights, query);
        PreparedQueryRules.Check(query);
        var id = Guid.NewGuid().ToString();
        return await store.WriteAsync(writer =>
        {
            var stored = query with { Id = id, CreateIndex = writer.Index, ModifyIndex = writer.Index };
            PreparedQueryRules.Check(writer.State, stored);
            writer.Put(PreparedQueryTables.Queries, stored);
            return id;
        });
    }

    /// <summary>Puts a query in the place of the one of its ID.</summary>
    /// <inheritdoc cref="CreateAsync"/>
    public async Task UpdateAsync(PreparedQuery query, TokenRights rights)
    {
        RequireWrite(rights, query);
        Existing(store.Current, query.Id, rights);
        PreparedQueryRules.Check(query);
        await store.WriteAsync(writer =>
        {
            var before = Existing(writer.State, query.Id, rights);
            var stored = query with { Id = before.Id, CreateIndex = before.CreateIndex, ModifyIndex = writer.Index };
            PreparedQueryRules.Check(writer.State, stored);
            writer.Put(PreparedQueryTables.Queries, stored);
            return true;
        });
    }

    /// <summary>Removes a query.</summary>
    /// <inheritdoc cref="CreateAsync"/>
    public Task DeleteAsync(string id, TokenRights rights) => store.WriteAsync(writer =>
    {
        writer.Remove(PreparedQueryTables.Queries, NameKey.Of(Existing(writer.State, id, rights).Id));
        return true;
    });

    /// <summary>Whether a query may be shown (PQ-10).</summary>
    /// <param name="byId">Whether its reader knows its ID.</param>
    public static bool MayRead(TokenRights rights, PreparedQuery query, bool byId) => query.AccessName is { } name
        ? rights.Allows(AclResource.Query, name, AclAccess.Read)
        : byId || IsManagement(rights);

    /// <summary>The query as a caller is shown it: only management sees its token (PQ-7).</summary>
    public static PreparedQuery Shown(TokenRights rights, PreparedQuery query) =>
        query.Token.Length == 0 || IsManagement(rights) ? query : query with { Token = PreparedQueryRules.Hidden };

    private static bool IsManagement(TokenRights rights) => rights.Allows(AclResource.Acl, string.Empty, AclAccess.Write);

    // PQ-10: also of what is there.
    private static PreparedQuery Existing(StateSnapshot state, string id, TokenRights rights)
    {
        RequireId(id, "Prepared Query lookup failed: ");
        var query = state.Find(PreparedQueryTables.Queries, NameKey.Of(id))
            ?? throw new ServerException(FailureKind.Mistake, $"Cannot modify non-existent prepared query: '{id}'");
        RequireWrite(rights, query);
        return query;
    }

    private static void RequireWrite(TokenRights rights, PreparedQuery query)
    {
        if (query.AccessName is { } name)
        {
            rights.Require(new AccessRequest(AclResource.Query, name, AclAccess.Write));
        }
    }

    private static void RequireId(string id, string prefix = "")
    {
        if (!Guid.TryParseExact(id, "D", out _))
        {
            throw new ServerException(
                FailureKind.Mistake,
                prefix + "failed prepared query lookup: index error: "
                    + (id.Length == LengthOfId ? $"Invalid UUID: {id}" : $"UUID must be {LengthOfId} characters"));
        }
    }
}
