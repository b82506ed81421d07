using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.PreparedQueries;

/// <summary>What a prepared query must be to be stored (services PQ-3, PQ-7, PQ-8): 500, as the rule asks.</summary>
internal static class PreparedQueryRules
{
    /// <summary>What stands where a token is not shown.</summary>
    public const string Hidden = "<hidden>";

    [Limit("prepared_queries.entries", "queries", "refused: 400", Refuses = true)]
    private static readonly CountBound Queries = new("prepared_queries.entries", 10_000);

    /// <summary>Looks at the query by itself.</summary>
    /// <exception cref="ServerException">The first thing that is wrong.</exception>
    public static void Check(PreparedQuery query)
    {
        Require(query.Name.Length > 0 || query.IsTemplate || query.Session.Length > 0, "Must be bound to a session");
        Require(
            query.Token != Hidden, $"Bad Token '{Hidden}', it looks like a query definition with a redacted token was submitted");
        Require(query.Service.Service.Length > 0, "Must provide a Service name to query");
        Require(query.Service.NearestN >= 0, $"Bad NearestN '{query.Service.NearestN}', must be >= 0");
        if (query.DnsTtl.Length > 0)
        {
            Require(
                GoDuration.TryParseNanoseconds(query.DnsTtl, out var lifetime, out var error),
                $"Bad DNS TTL '{query.DnsTtl}': {error}");
            Require(lifetime >= 0, $"Bad DNS TTL '{query.DnsTtl}', must be >= 0");
        }

        if (query.IsTemplate)
        {
            TemplateRendering.Check(query);
        }
    }

    /// <summary>Looks at the query beside the others.</summary>
    /// <exception cref="ServerException">It would be mistaken for another.</exception>
    public static void Check(StateSnapshot state, PreparedQuery query)
    {
        var isNew = state.Find(PreparedQueryTables.Queries, NameKey.Of(query.Id)) is null;
        Queries.Require(state.Rows(PreparedQueryTables.Queries).Count + (isNew ? 1 : 0), "prepared-queries");
        var name = NameKey.Of(query.Name);
        if (query.Name.Length > 0)
        {
            RequireApplied(!Others(PreparedQueryTables.ByName), $"name '{query.Name}' aliases an existing query name");
            RequireApplied(
                !Guid.TryParseExact(query.Name, "D", out _) || state.Find(PreparedQueryTables.Queries, name) is null,
                $"name '{query.Name}' aliases an existing query ID");
        }
        else if (query.IsTemplate)
        {
            RequireApplied(!Others(PreparedQueryTables.Templates), "a query template with an empty name already exists");
        }

        // There are no sessions here that one could be bound to.
        RequireApplied(query.Session.Length == 0, "invalid session");

        bool Others(SecondKey<PreparedQuery> key) => state.FindBySecond(key, name).Any(other => other.Id != query.Id);
    }

    private static void Require(bool holds, string text)
    {
        if (!holds)
        {
            throw new ServerException(FailureKind.Mistake, "Invalid prepared query: " + text);
        }
    }

    private static void RequireApplied(bool holds, string text)
    {
        if (!holds)
        {
            throw new ServerException(FailureKind.Mistake, "raft apply failed: " + text);
        }
    }
}
