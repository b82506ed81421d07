using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Protocol.Services.Rules;

/// <summary>What the catalog asks of a registration, and what it fills in (services CAT-2, CAT-4). What is wrong is a <see cref="ServerException"/>: 400.</summary>
public static class CatalogRules
{
    /// <summary>The registration as it is stored. Service names and tags of checks are the store's to fill.</summary>
    public static CatalogRegistration Complete(CatalogRegistration registration)
    {
        ArgumentNullException.ThrowIfNull(registration);
        RequireNode(registration.Node.Name);
        if (registration.Node.Id is { Length: > 0 } id && UuidError(id) is { } error)
        {
            throw ServiceRules.Invalid("Bad node ID: " + error);
        }

        if (registration.Node.Address.Length == 0 && !registration.SkipNodeUpdate)
        {
            throw ServiceRules.Invalid("Must provide address if SkipNodeUpdate is not set");
        }

        return registration with
        {
            Service = registration.Service is { } service ? Complete(service) : null,
            Checks = [.. registration.Checks.Select(check => Complete(check, registration.Node.Name))],
        };
    }

    /// <summary>A write names a node (CAT-2, CAT-8).</summary>
    public static void RequireNode(string name)
    {
        if (string.IsNullOrEmpty(name))
        {
            throw ServiceRules.Invalid("Must provide node");
        }
    }

    private static NodeService Complete(NodeService service)
    {
        if (service.Name.Length == 0)
        {
            throw ServiceRules.Invalid("Must provide service name with ID");
        }

        var (id, field) = service.Id.Length > 0 ? (service.Id, "ID") : (service.Name, "Service");
        Require(IdRules.PrintableError(field, id), "Invalid service: ");
        ServiceRules.RequireAddress(service);
        ServiceRules.RequireKind(service);
        return service with
        {
            Id = id,
            Weights = ServiceRules.Valid(service.Weights),
        };
    }

    private static HealthCheck Complete(HealthCheck check, string node)
    {
        var (id, field) = check.CheckId.Length > 0 ? (check.CheckId, "CheckID") : (check.Name, "Name");
        Require(IdRules.PrintableError(field, id), "Invalid check: ");
        return check with
        {
            Node = check.Node.Length > 0 ? check.Node : node,
            CheckId = id.Length > 0 ? id : throw ServiceRules.Invalid("Must provide check ID or name"),
            Status = check.Status.Length > 0 ? check.Status : CheckStatus.Critical,
            Type = check.Type.Length > 0 ? check.Type : CheckTypes.Of(check.Definition),
        };
    }

    // What cannot be printed would be cut at its first U+0000 by whoever keeps or shows it.
    private static void Require(string? error, string prefix)
    {
        if (error is not null)
        {
            throw ServiceRules.Invalid(prefix + error);
        }
    }

    private static string? UuidError(string id) => id.Length != 36 ? "uuid string is wrong length"
        : Guid.TryParseExact(id, "D", out _) ? null
        : "uuid is improperly formatted";
}
