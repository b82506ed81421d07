using ConnectAgent.Protocol.Services;

namespace ConnectAgent.ControlPlane.PreparedQueries;

/// <summary>How a query is executed, besides what it says itself.</summary>
/// <param name="Token">The caller's; empty for none.</param>
/// <param name="Limit">The most instances; 0 for all.</param>
/// <param name="Connect">Whether what mesh connections go to is wanted, whatever the query says.</param>
/// <param name="Near">The node that the caller wants to be near to; empty for what the query says.</param>
internal sealed record QueryOptions(string Token, int Limit = 0, bool Connect = false, string Near = "");

/// <summary>What a query found (services PQ-4).</summary>
/// <param name="Service">Its service.</param>
/// <param name="Nodes">The instances, in the order in which they are to be tried.</param>
/// <param name="DnsTtl">As in the query.</param>
/// <param name="Datacenter">The one that answered, or the last that was asked.</param>
/// <param name="Failovers">How many others were asked.</param>
/// <param name="IsFiltered">Whether something is left out that the token has no right to.</param>
internal sealed record QueryResult(
    string Service, IReadOnlyList<InstanceHealth> Nodes, string DnsTtl, string Datacenter, int Failovers, bool IsFiltered);
