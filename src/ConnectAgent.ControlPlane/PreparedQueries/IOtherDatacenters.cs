using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.ControlPlane.PreparedQueries;

/// <summary>Where a query goes when nothing is found here (services PQ-6). Exactly one is registered.</summary>
internal interface IOtherDatacenters
{
    /// <summary>Those that can be asked, the nearest first; without this one.</summary>
    IReadOnlyList<string> Nearest { get; }

    /// <summary>Has a query executed there, without further failover.</summary>
    /// <param name="datacenter">One of <see cref="Nearest"/>.</param>
    /// <param name="query">Filled in.</param>
    /// <param name="options">With the caller's token.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ServerException">It cannot be asked, or refuses.</exception>
    Task<QueryResult> ExecuteAsync(string datacenter, PreparedQuery query, QueryOptions options, CancellationToken cancellationToken);
}

/// <summary>There are none.</summary>
internal sealed class NoOtherDatacenters : IOtherDatacenters
{
    public IReadOnlyList<string> Nearest => [];

    public Task<QueryResult> ExecuteAsync(string datacenter, PreparedQuery query, QueryOptions options, CancellationToken cancellationToken) =>
        Task.FromException<QueryResult>(ServerException.UnknownDatacenter());
}
