using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.PreparedQueries;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Http.PreparedQueries;

/// <summary>Executes prepared queries of the control plane for the agent's own cache (services PQ-9).</summary>
internal sealed class EmbeddedExecution(QueryExecution execution) : IEmbeddedRead<ExecuteQuery, DiscoveryList>
{
    public string Name => DiscoveryReads.Execute.Name;

    public async Task<ServerRead<DiscoveryList>> ReadAsync(ExecuteQuery request, ServerQuery query, CancellationToken cancellationToken)
    {
        var result = await execution.ExecuteAsync(request.Query, new QueryOptions(query.Token, request.Limit, request.Connect), cancellationToken)
            ?? throw new ServerException(FailureKind.NotFound, PreparedQueryEndpoints.Unknown);
        return new ServerRead<DiscoveryList>(PreparedQueryJson.ListOf(result, Consistency.Leader), 1);
    }
}
