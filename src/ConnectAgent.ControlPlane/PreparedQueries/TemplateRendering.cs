using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.PreparedQueries;

/// <summary>Makes a query of a template and a name (services PQ-8).</summary>
internal static class TemplateRendering
{
    [Limit(RenderedLimit, "characters", "refused: 500", Refuses = true)]
    private const int LongestRendered = 65_536;

    private const string RenderedLimit = "prepared_queries.rendered";

    private static readonly TemplatePatterns Patterns = new();

    /// <summary>Refuses a template that could not be used.</summary>
    /// <exception cref="ServerException">With the text of the rule.</exception>
    public static void Check(PreparedQuery query)
    {
        if (query.Template.Type != QueryTemplate.NamePrefix)
        {
            throw new ServerException(FailureKind.Mistake, $"Bad Template.Type '{query.Template.Type}'");
        }

        PatternOf(query);
        Map(query.Service, static text =>
        {
            QueryText.Parse(text);
            return text;
        });
    }

    /// <summary>The query that a name stands for.</summary>
    /// <param name="query">A template.</param>
    /// <param name="name">It begins with the template's.</param>
    /// <exception cref="ServerException">The name makes it too long.</exception>
    public static PreparedQuery Render(PreparedQuery query, string name)
    {
        var given = new QueryName(name, query.Name, PatternOf(query)?.GroupsOf(name) ?? []);
        var left = LongestRendered;
        var service = Map(query.Service, text => QueryText.Parse(text).Render(given, ref left) ?? throw new ServerException(
            FailureKind.Mistake, $"the query {GoQuote.Of(query.Name)} with this name has more than {LongestRendered} characters")
        { Limit = RenderedLimit });
        return query with
        {
            Service = query.Template.RemoveEmptyTags && service.Tags is { } tags
                ? service with { Tags = [.. tags.Where(static tag => tag.Trim().Length > 0)] }
                : service,
        };
    }

    private static CapturingPattern? PatternOf(PreparedQuery query)
    {
        try
        {
            return query.Template.Regexp.Length > 0 ? Patterns.Of(query.Template.Regexp) : null;
        }
        catch (FilterException error)
        {
            throw new ServerException(FailureKind.Mistake, "Bad Regexp: " + error.Message) { Limit = error.Limit };
        }
    }

    // Every text in it; names of meta are none.
    private static QueriedService Map(QueriedService service, Func<string, string> map)
    {
        return service with
        {
            Service = Text(service.Service, "Service"),
            Datacenters = Texts(service.Datacenters, "Failover.Datacenters"),
            IgnoreCheckIds = Texts(service.IgnoreCheckIds, "IgnoreCheckIDs"),
            Near = Text(service.Near, "Near"),
            Tags = Texts(service.Tags, "Tags"),
            NodeMeta = Values(service.NodeMeta, "NodeMeta"),
            ServiceMeta = Values(service.ServiceMeta, "ServiceMeta"),
        };

        IReadOnlyList<string>? Texts(IReadOnlyList<string>? texts, string field) => texts is null ? null : [.. texts.Select(text => Text(text, field))];

        IReadOnlyDictionary<string, string>? Values(IReadOnlyDictionary<string, string>? texts, string field) =>
            texts?.ToDictionary(static pair => pair.Key, pair => Text(pair.Value, field), StringComparer.Ordinal);

        string Text(string text, string field)
        {
            try
            {
                return map(text);
            }
            catch (FormatException error)
            {
                throw new ServerException(FailureKind.Mistake, $"Bad format '{text}' in Service.{field}: {error.Message}");
            }
        }
    }
}
