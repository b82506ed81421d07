using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;

namespace ConnectAgent.Http.Health;

/// <summary>The health of services out of the control plane: for callers, and for the agent's own cache (services HLT-1 to HLT-5, HLT-8).</summary>
internal sealed class HealthReads(HealthViews views, BlockingReader reader, TokenResolver tokens) : IEmbeddedRead<InstancesQuery, DiscoveryList>
{
    private static readonly HealthView Nothing =
        new(StateSnapshot.Empty, new CatalogView<IReadOnlyList<InstanceHealth>>([], 1, []), nameRight: null, before: null);

    private static readonly DiscoveryList Hidden = DiscoveryList.Of([], isFiltered: true);

    private readonly Func<string, object?> _rights = tokens.TryResolve;

    public string Name => DiscoveryReads.Health.Name;

    public async Task<ServerRead<DiscoveryList>> ReadAsync(InstancesQuery request, ServerQuery query, CancellationToken cancellationToken)
    {
        var answer = await ReadAsync(request.Service, request, query.Token, query.Blocking, cancellationToken);
        return new ServerRead<DiscoveryList>(answer.List, answer.Index);
    }

    /// <summary>Reads what a token may see.</summary>
    /// <param name="name">Of the service, as it is spelled.</param>
    /// <exception cref="Protocol.Errors.ServerException">An unknown token, or a filter that is none.</exception>
    public async Task<HealthAnswer> ReadAsync(
        string name, InstancesQuery request, string token, BlockingQuery blocking, CancellationToken cancellationToken)
    {
        tokens.Resolve(token);
        var filter = ListFilter.Compile(request.Filter, ServiceFilters.InstanceHealth);
        var selects = request.Connect ? ServiceSelection.Connect : request.Ingress ? ServiceSelection.Ingress : ServiceSelection.Instances;
        var read = new Read(this, new ServiceQuery(name, selects), request, token);
        var (view, index) = await reader.ReadAsync(new BlockingOptions(blocking, _rights, token), read, cancellationToken);

        // ACL-SEC-3: as they are now.
        var rights = tokens.Resolve(token);
        return new HealthAnswer(view, ReferenceEquals(view, Nothing) ? Hidden : Narrow(view, request, filter, rights), index);
    }

    /// <summary>Whether a token may see all of it. Makes nothing.</summary>
    public static bool MaySeeAll(TokenRights rights, HealthView view)
    {
        if (ReferenceEquals(rights, TokenRights.Everything))
        {
            return true;
        }

        if (view.NameRight is { } name && !rights.Allows(name))
        {
            return false;
        }

        for (var i = 0; i < view.List.Needs.Count; i++)
        {
            var need = view.List.Needs[i];
            if (!rights.Allows(need))
            {
                return false;
            }
        }

        return true;
    }

    private static DiscoveryList Narrow(HealthView view, InstancesQuery request, FilterExpression<InstanceHealth>? filter, TokenRights rights)
    {
        var list = view.List;
        IReadOnlyList<InstanceHealth> instances = view.Instances;
        if (request.Tags.Count > 0)
        {
            KeepAt(view.With(request.Tags));
        }

        if (request.NodeMeta.Count > 0)
        {
            var meta = NodeMetaFilter.Parse(request.NodeMeta);
            Keep(instance => meta.Matches(instance.Node.Meta));
        }

        if (!MaySeeAll(rights, view))
        {
            // FILT-4: what may not be seen goes before the filter looks at it.
            if (view.NameRight is { } right && !rights.Allows(right))
            {
                return Hidden;
            }

            var denied = list.Needs.Where(need => !rights.Allows(need)).ToHashSet();
            instances = [.. instances.Where(instance => rights.NodeRead(instance.Node.Name) && rights.ServiceRead(instance.Service.Name))];
            list = list.Without(denied);
        }

        if (filter is not null)
        {
            Keep(filter.Matches);
        }

        return list;

        void Keep(Func<InstanceHealth, bool> keeps) => KeepAt([.. Enumerable.Range(0, instances.Count).Where(at => keeps(instances[at]))]);

        void KeepAt(IReadOnlyList<int> positions)
        {
            list = list.At(positions);
            instances = [.. positions.Select(at => instances[at])];
        }
    }

    private sealed class Read(HealthReads reads, ServiceQuery query, InstancesQuery request, string token) : StateRead<HealthView, (HealthView View, ulong Index)>
    {
        private readonly string _key = HealthViews.KeyOf(query);

        // Who may not see the name sees nothing, at no index, until his rights change (acl ACL-PERM-27).
        public override (HealthView Value, ulong Index) Of(StateSnapshot snapshot) =>
            request.NameRight is { } right && reads.RightsOf(token)?.Allows(right) == false
                ? (Nothing, 1)
                : reads.ViewOf(snapshot, query, _key) is var view ? (view, view.Index) : default;

        public override Topic[] TopicsOf(HealthView value) => value.Topics;

        public override bool AreSame(HealthView one, HealthView other) => ReferenceEquals(one, other) || one.SaysTheSame(other);

        public override (HealthView View, ulong Index) Answer(HealthView value, ulong index) => (value, index);
    }

    private TokenRights? RightsOf(string token) => tokens.TryResolve(token);

    private HealthView ViewOf(StateSnapshot snapshot, ServiceQuery query, string key) => views.Of(snapshot, query, key);
}

/// <summary>What a read of health answers.</summary>
/// <param name="View">Where it is from.</param>
/// <param name="List">What of it was asked for and may be seen.</param>
internal sealed record HealthAnswer(HealthView View, DiscoveryList List, ulong Index)
{
    /// <summary>Its body.</summary>
    public RenderedBody BodyOf(bool passing) => ReferenceEquals(View.List, List)
        ? passing ? View.Passing : View.Body
        : new RenderedBody((passing ? List.Passing : List).Json);
}
