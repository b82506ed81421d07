using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>One write to the local store: what it does, and which services and checks it touched.</summary>
internal sealed class LocalWrite(StateWriter writer, LocalTables tables, LocalServiceOptions options)
{
    private readonly HashSet<string> _services = new(StringComparer.Ordinal);
    private readonly HashSet<string> _checks = new(StringComparer.Ordinal);

    /// <summary>Which services came, changed or went.</summary>
    public IReadOnlyCollection<string> Services => _services;

    /// <summary>Which checks did.</summary>
    public IReadOnlyCollection<string> Checks => _checks;

    public LocalService? FindService(string id) => writer.State.Find(tables.Services, id);

    public RegisteredCheck? FindCheck(string id) => writer.State.Find(tables.Checks, id);

    /// <summary>Registers a service with its checks and its sidecar, all or nothing.</summary>
    /// <exception cref="ServerException">There is no port left for the sidecar (services SIDE-5).</exception>
    public void Register(ServiceRegistration registration, string? sidecarOf = null)
    {
        Put(new LocalService
        {
            Stored = registration.Service,
            Token = registration.Token,
            SidecarOf = sidecarOf,
            IsFromFile = registration.IsFromFile,
        });
        foreach (var check in registration.Checks)
        {
            Put(check);
        }

        if (registration.ReplacesChecks)
        {
            var mentioned = registration.Checks.Select(check => check.CheckId).ToHashSet(StringComparer.Ordinal);
            RemoveChecksOf(registration.Service.Id, check => !mentioned.Contains(check.CheckId));
        }

        if (registration.Sidecar is { } sidecar)
        {
            Register(sidecar.Port >= 1 ? sidecar.Planned : sidecar.AtPort(PortFor(sidecar.Id)), registration.Service.Id);
        }
    }

    /// <summary>Removes a service, its checks, and the sidecar that its registration made (SIDE-7).</summary>
    /// <returns>False when there is none.</returns>
    public bool RemoveService(string id)
    {
        if (!writer.Remove(tables.Services, id))
        {
            return false;
        }

        _services.Add(id);
        RemoveChecksOf(id, static _ => true);
        foreach (var sidecar in writer.State.FindBySecond(tables.SidecarsOf, id).ToList())
        {
            RemoveService(sidecar.Id);
        }

        return true;
    }

    /// <summary>Whether the service of a check is there; a check of the node has none.</summary>
    public bool HasService(RegisteredCheck check) => check.ServiceId.Length == 0 || FindService(check.ServiceId) is not null;

    /// <summary>Registers a check.</summary>
    public void Put(RegisteredCheck check)
    {
        if (FindCheck(check.CheckId) is not { } before || !IsSame(before, check))
        {
            writer.Put(tables.Checks, tables.Sealed(check));
        }

        // Touched in any case: whoever registers what is there already may want to have it pushed.
        _checks.Add(check.CheckId);
    }

    /// <summary>Removes a check.</summary>
    /// <returns>False when there is none.</returns>
    public bool RemoveCheck(string id)
    {
        writer.Remove(tables.Results, id);
        return writer.Remove(tables.Checks, id) && _checks.Add(id);
    }

    /// <summary>Puts what files define in the place of what they defined before (AG-29).</summary>
    /// <exception cref="ServerException">As for <see cref="Register"/>.</exception>
    public void ReplaceFiles(IReadOnlyList<ServiceRegistration> services, IReadOnlyList<RegisteredCheck> checks)
    {
        // All first, so that ports and checks that change hands find their places; what is gone after that is what nobody put again.
        var formerServices = writer.State.Rows(tables.Services).Values.Where(row => row.IsFromFile).Select(row => row.Id).ToList();
        var formerChecks = writer.State.Rows(tables.Checks).Values.Where(row => row.IsFromFile).Select(row => row.CheckId).ToList();
        var kept = services.SelectMany(IdsOf).ToHashSet(StringComparer.Ordinal);
        foreach (var id in formerServices.Where(id => !kept.Contains(id)))
        {
            RemoveService(id);
        }

        foreach (var service in services)
        {
            Register(service);
        }

        foreach (var check in checks)
        {
            if (!HasService(check))
            {
                throw new ServerException(FailureKind.Invalid, $"ServiceID {GoQuote.Of(check.ServiceId)} does not exist");
            }

            Put(check);
        }

        foreach (var id in formerChecks.Where(id => !_checks.Contains(id)))
        {
            RemoveCheck(id);
        }
    }

    private static IEnumerable<string> IdsOf(ServiceRegistration registration) =>
        registration.Sidecar is { } sidecar ? [registration.Service.Id, sidecar.Id] : [registration.Service.Id];

    private void Put(LocalService service)
    {
        if (FindService(service.Id) is not { } before || !IsSame(before, service))
        {
            writer.Put(tables.Services, tables.Sealed(service));
        }

        _services.Add(service.Id);
    }

    // What is registered again as it is needs no disk; many clients do so all the time. The sealed token differs each time.
    private bool IsSame(LocalService before, LocalService now) => before.Token == now.Token
        && tables.Services.Encode(before with { SealedToken = null }).AsSpan().SequenceEqual(tables.Services.Encode(now with { SealedToken = null }));

    private bool IsSame(RegisteredCheck before, RegisteredCheck now) => before.Token == now.Token
        && tables.Checks.Encode(before with { SealedToken = null }).AsSpan().SequenceEqual(tables.Checks.Encode(now with { SealedToken = null }));

    private void RemoveChecksOf(string serviceId, Func<RegisteredCheck, bool> which)
    {
        foreach (var check in writer.State.FindBySecond(tables.ChecksOf, serviceId).Where(which).ToList())
        {
            RemoveCheck(check.CheckId);
        }
    }

    // SIDE-4: the port that it has; else the lowest that no local service has.
    private int PortFor(string sidecarId)
    {
        var (first, last) = (options.SidecarMinPort, options.SidecarMaxPort);
        if (first <= 0 || last <= 0)
        {
            throw NoPort("auto-assignment disabled in config");
        }

        if (FindService(sidecarId) is { Stored.Port: var port } && port >= first && port <= last)
        {
            return port;
        }

        var taken = writer.State.Rows(tables.Services).Values.Select(service => service.Stored.Port).ToHashSet();
        for (port = first; port <= last; port++)
        {
            if (!taken.Contains(port))
            {
                return port;
            }
        }

        throw NoPort($"none left in the configured range [{first}, {last}]");
    }

    private static ServerException NoPort(string why) =>
        new(FailureKind.Invalid, "Bad request: Invalid SidecarService: no port provided for sidecar_service and " + why) { Setting = "ports.sidecar_min_port" };
}
