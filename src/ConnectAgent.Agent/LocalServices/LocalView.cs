using System.Collections.Immutable;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>All services and checks of this agent at one moment. Immutable: readers take no lock, and keep it as long as they like.</summary>
internal sealed class LocalView
{
    private readonly ImmutableDictionary<string, ImmutableSortedSet<string>> _named;
    private readonly ImmutableDictionary<string, ImmutableSortedSet<string>> _checksOf;

    private LocalView(
        ImmutableSortedDictionary<string, LocalService> services,
        ImmutableSortedDictionary<string, LocalCheck> checks,
        ImmutableDictionary<string, ImmutableSortedSet<string>> named,
        ImmutableDictionary<string, ImmutableSortedSet<string>> checksOf) =>
        (Services, Checks, _named, _checksOf) = (services, checks, named, checksOf);

    public static LocalView Empty { get; } = new(
        ImmutableSortedDictionary.Create<string, LocalService>(StringComparer.Ordinal),
        ImmutableSortedDictionary.Create<string, LocalCheck>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, ImmutableSortedSet<string>>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, ImmutableSortedSet<string>>(StringComparer.Ordinal));

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

    private static ImmutableSortedSet<string> IdsOf(ImmutableDictionary<string, ImmutableSortedSet<string>> index, string key) =>
        index.GetValueOrDefault(key, ImmutableSortedSet<string>.Empty);

    /// <summary>Makes the next view out of one.</summary>
    internal sealed class Builder(LocalView from)
    {
        private readonly ImmutableSortedDictionary<string, LocalService>.Builder _services = from.Services.ToBuilder();
        private readonly ImmutableSortedDictionary<string, LocalCheck>.Builder _checks = from.Checks.ToBuilder();
        private readonly ImmutableDictionary<string, ImmutableSortedSet<string>>.Builder _named = from._named.ToBuilder();
        private readonly ImmutableDictionary<string, ImmutableSortedSet<string>>.Builder _checksOf = from._checksOf.ToBuilder();

        public LocalService? Service(string id) => _services.GetValueOrDefault(id);

        public LocalCheck? Check(string id) => _checks.GetValueOrDefault(id);

        public IEnumerable<string> CheckIdsOf(string serviceId) => _checksOf.GetValueOrDefault(serviceId, ImmutableSortedSet<string>.Empty);

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
            _services.ToImmutable(), _checks.ToImmutable(), _named.ToImmutable(), _checksOf.ToImmutable());

        private void Unlist(LocalService? service)
        {
            if (service is not null)
            {
                Remove(_named, service.Stored.Name, service.Id);
            }
        }

        private static void Add(ImmutableDictionary<string, ImmutableSortedSet<string>>.Builder index, string key, string id) =>
            index[key] = index.GetValueOrDefault(key, NoIds).Add(id);

        private static void Remove(ImmutableDictionary<string, ImmutableSortedSet<string>>.Builder index, string key, string id)
        {
            var left = index.GetValueOrDefault(key, NoIds).Remove(id);
            if (left.IsEmpty)
            {
                index.Remove(key);
            }
            else
            {
                index[key] = left;
            }
        }

        private static ImmutableSortedSet<string> NoIds { get; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);
    }
}
