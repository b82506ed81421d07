using System.Collections.Immutable;
using ConnectAgent.State;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>All services and checks of this agent at one moment. Immutable: readers take no lock, and keep it as long as they like.</summary>
internal sealed class LocalView
{
    private readonly ImmutableDictionary<string, RowKeys> _named;
    private readonly ImmutableDictionary<string, RowKeys> _checksOf;

    private LocalView(
        ImmutableSortedDictionary<string, LocalService> services,
        ImmutableSortedDictionary<string, LocalCheck> checks,
        ImmutableDictionary<string, RowKeys> named,
        ImmutableDictionary<string, RowKeys> checksOf) =>
        (Services, Checks, _named, _checksOf) = (services, checks, named, checksOf);

    /// <summary>Counts the views of this process.</summary>
    public ulong Index { get; private init; } = 1;

    public static LocalView Empty { get; } = new(
        ImmutableSortedDictionary.Create<string, LocalService>(StringComparer.Ordinal),
        ImmutableSortedDictionary.Create<string, LocalCheck>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, RowKeys>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, RowKeys>(StringComparer.Ordinal));

    /// <summary>By service ID, in ordinal order.</summary>
    public ImmutableSortedDictionary<string, LocalService> Services { get; }

    /// <summary>By check ID, in ordinal order.</summary>
    public ImmutableSortedDictionary<string, LocalCheck> Checks { get; }

    public LocalService? Service(string id) => Services.GetValueOrDefault(id);

    public LocalCheck? Check(string id) => Checks.GetValueOrDefault(id);

    /// <summary>The instances of a name, by ID.</summary>
    public IEnumerable<LocalService> Named(string name) => IdsOf(_named, name).Select(id => Services[id]);

    /// <summary>The checks of a service, by ID; those of the node for an empty ID.</summary>
    public IEnumerable<LocalCheck> ChecksOf(string serviceId) => IdsOf(_checksOf, serviceId).Select(id => Checks[id]);

    public Builder ToBuilder() => new(this);

    private static IEnumerable<string> IdsOf(ImmutableDictionary<string, RowKeys> index, string key) =>
        index.GetValueOrDefault(key, RowKeys.None).All();

    /// <summary>Makes the next view out of one.</summary>
    internal sealed class Builder(LocalView from)
    {
        private readonly ImmutableSortedDictionary<string, LocalService>.Builder _services = from.Services.ToBuilder();
        private readonly ImmutableSortedDictionary<string, LocalCheck>.Builder _checks = from.Checks.ToBuilder();
        private readonly ImmutableDictionary<string, RowKeys>.Builder _named = from._named.ToBuilder();
        private readonly ImmutableDictionary<string, RowKeys>.Builder _checksOf = from._checksOf.ToBuilder();

        public LocalService? Service(string id) => _services.GetValueOrDefault(id);

        public LocalCheck? Check(string id) => _checks.GetValueOrDefault(id);

        public IEnumerable<string> CheckIdsOf(string serviceId) => _checksOf.GetValueOrDefault(serviceId, RowKeys.None).All();

        public void Put(LocalService service)
        {
            var before = Service(service.Id);
            if (before is null || !ReferenceEquals(before.Stored, service.Stored))
            {
                Unlist(before);
                Add(_named, service.Stored.Name, service.Id);
            }

            _services[service.Id] = service;
        }

        public void Put(LocalCheck check)
        {
            if (Check(check.Id) is not { } before)
            {
                Add(_checksOf, check.Registered.ServiceId, check.Id);
            }
            else if (before.Registered.ServiceId != check.Registered.ServiceId)
            {
                Remove(_checksOf, before.Registered.ServiceId, check.Id);
                Add(_checksOf, check.Registered.ServiceId, check.Id);
            }

            _checks[check.Id] = check;
        }

        public void RemoveService(string id)
        {
            Unlist(Service(id));
            _services.Remove(id);
        }

        public void RemoveCheck(string id)
        {
            if (Check(id) is { } check)
            {
                Remove(_checksOf, check.Registered.ServiceId, id);
                _checks.Remove(id);
            }
        }

        public LocalView ToView() => new(
            _services.ToImmutable(), _checks.ToImmutable(), _named.ToImmutable(), _checksOf.ToImmutable())
        {
            Index = from.Index + 1,
        };

        private void Unlist(LocalService? service)
        {
            if (service is not null)
            {
                Remove(_named, service.Stored.Name, service.Id);
            }
        }

        private static void Add(ImmutableDictionary<string, RowKeys>.Builder index, string key, string id) =>
            index[key] = index.GetValueOrDefault(key, RowKeys.None).With(id, 0);

        private static void Remove(ImmutableDictionary<string, RowKeys>.Builder index, string key, string id)
        {
            var left = index.GetValueOrDefault(key, RowKeys.None).Without(id, 0);
            if (left.Count == 0)
            {
                index.Remove(key);
            }
            else
            {
                index[key] = left;
            }
        }
    }
}
