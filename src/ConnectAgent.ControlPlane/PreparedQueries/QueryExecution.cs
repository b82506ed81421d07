using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.State;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.PreparedQueries;

/// <summary>Executes prepared queries (services PQ-4 to PQ-7).</summary>
internal sealed class QueryExecution(
    StateStore store,
    TokenResolver tokens,
    IOtherDatacenters others,
    CatalogOptions catalog,
    PreparedQueryMetrics metrics,
    Random random,
    ILogger<QueryExecution> logger)
{
    /// <summary>Finds a query and executes it, elsewhere if nothing is found here.</summary>
    /// <param name="idOrName">What the caller calls it.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends the calls to other datacenters.</param>
    /// <returns>Null when there is no such query.</returns>
    /// <exception cref="ServerException">The token is unknown, or a template does not fit the name.</exception>
    public async Task<QueryResult?> ExecuteAsync(string idOrName, QueryOptions options, CancellationToken cancellationToken)
    {
        var state = store.Current;
        if (PreparedQueryStore.Resolve(state, idOrName) is not { } query)
        {
            // Who is unknown is told so first.
            tokens.Resolve(options.Token);
            return null;
        }

        var result = Execute(state, query, options);
        if (result.Nodes.Count == 0)
        {
            result = await FailOverAsync(query, options, result, cancellationToken);
        }

        metrics.Executed(result);
        return result;
    }

    private QueryResult Execute(StateSnapshot state, PreparedQuery query, QueryOptions options)
    {
        var rights = tokens.Resolve(query.Token.Length > 0 ? query.Token : options.Token);
        var service = query.Service;
        var selection = service.Connect || options.Connect ? ServiceSelection.Connect : ServiceSelection.Instances;
        var selected = CatalogReads.Health(state, new ServiceQuery(service.Service, selection)).Value
            .Where(instance => QuerySelection.IsSelected(service, instance)).ToList();
        var visible = selected.Where(rights.MayRead).ToList();
        var near = options.Near.Length > 0 ? options.Near : service.Near;
        return new QueryResult(
            service.Service,
            QuerySelection.Order(visible, near, options.Limit, random),
            query.DnsTtl,
            catalog.Datacenter,
            Failovers: 0,
            IsFiltered: visible.Count < selected.Count);
    }

    // PQ-6: the nearest ones first, then those that are listed, each once.
    private async Task<QueryResult> FailOverAsync(
        PreparedQuery query, QueryOptions options, QueryResult here, CancellationToken cancellationToken)
    {
        var known = others.Nearest;
        var listed = (query.Service.Datacenters ?? []).Where(known.Contains);
        var result = here;
        var asked = 0;
        foreach (var datacenter in known.Take(query.Service.NearestN).Concat(listed).Distinct(StringComparer.Ordinal))
        {
            asked++;
            try
            {
                result = await others.ExecuteAsync(datacenter, query, options, cancellationToken);
                if (result.Nodes.Count > 0)
                {
                    break;
                }
            }
            catch (ServerException error)
            {
                result = result with { Datacenter = datacenter };
                logger.FailoverFailed(query.Id, datacenter, error.Message);
            }
        }

        return result with { Failovers = asked };
    }
}
