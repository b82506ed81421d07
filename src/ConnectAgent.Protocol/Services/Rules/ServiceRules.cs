using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Services.Rules;

/// <summary>
/// What an agent asks of a registration (services REG-3 to REG-13), in this order: <see cref="RequireName"/>, the caller's token, <see cref="Validate"/>, the
/// caller's rights, <see cref="SidecarRules.Expand"/>, <see cref="TaggedAddressRules.Complete"/>. What is wrong is a <see cref="ServerException"/> with the
/// reference's text: 400.
/// </summary>
public static class ServiceRules
{
    private const int LettersOfDnsLabel = 63;

    /// <summary>What comes before all else (REG-3).</summary>
    public static void RequireName(ServiceDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        if (definition.Service.Name.Length == 0)
        {
            throw Invalid("Missing service name");
        }

        RequireAddress(definition.Service);
    }

    /// <summary>Fills what may be left out (REG-13): the ID, and the type of upstreams.</summary>
    public static ServiceDefinition WithDefaults(ServiceDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return definition with { Service = WithDefaults(definition.Service) };
    }

    /// <summary>The rules of the instance, the checks and those of the sidecar (REG-4 to REG-11).</summary>
    /// <param name="definition">With its defaults.</param>
    public static void Validate(ServiceDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        RequireInstance(definition);
        CheckRules.Validate(definition.Checks, "Invalid check: ");
        CheckRules.Validate(definition.Sidecar?.Checks ?? [], "Bad request: Invalid check in sidecar_service: ");
    }

    /// <summary>Weights, meta, the ID, the rules of the kind: of a sidecar they are the same (REG-4 to REG-9).</summary>
    internal static void RequireInstance(ServiceDefinition definition)
    {
        if (definition.HasWeights && WeightsError(definition.Service.Weights) is { } weights)
        {
            throw Invalid("Invalid Weights: " + weights);
        }

        if (MetaRules.Find(definition.Service.Meta, definition.Service.Kind) is { } meta)
        {
            throw new ServerException(FailureKind.Invalid, "Invalid Service Meta: " + meta.Text) { Limit = meta.Limit };
        }

        var (id, field) = (definition.Service.Id, definition.Service.Id == definition.Service.Name ? "Name" : "ID");
        ServiceBounds.Id.Require(id, field);
        if (IdRules.Error(field, id) is { } error)
        {
            throw Invalid("Invalid service: " + error);
        }

        RequireKind(definition.Service, definition.Sidecar);
    }

    /// <summary>Why weights cannot stand (REG-4); null when they can.</summary>
    public static string? WeightsError(ServiceWeights weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return weights switch
        {
            { Passing: < 1 } => "Passing must be greater than 0",
            { Warning: < 0 } => "Warning must be greater or equal than 0",
            { Passing: > ushort.MaxValue } or { Warning: > ushort.MaxValue } => "DNS Weight must be between 0 and 65535",
            _ => null,
        };
    }

    /// <summary>Whether a name can be looked up in DNS; others work, but a warning is due (REG-18).</summary>
    public static bool IsDnsName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length is > 0 and <= LettersOfDnsLabel && name.All(static character => char.IsAsciiLetterOrDigit(character) || character == '-');
    }

    /// <summary>The weights, or the default where they cannot stand and nobody is told (CAT-1).</summary>
    internal static ServiceWeights Valid(ServiceWeights weights) => WeightsError(weights) is null ? weights : ServiceWeights.Default;

    /// <summary>A service cannot be reached at any address at once (REG-3, CAT-2).</summary>
    internal static void RequireAddress(NodeService service)
    {
        if (IpLiteral.IsAny(service.Address))
        {
            throw Invalid("Invalid service address");
        }
    }

    /// <summary>The rules of the kind, all of them told at once (REG-6 to REG-10).</summary>
    public static void RequireKind(NodeService service, ServiceDefinition? sidecar = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        if (KindRules.Errors(service, sidecar) is { Count: > 0 } errors)
        {
            throw Invalid(ListError.Of(errors));
        }
    }

    internal static NodeService WithDefaults(NodeService service) => service with
    {
        Id = service.Id.Length > 0 ? service.Id : service.Name,
        Proxy = service.Proxy is { Upstreams.Count: > 0 } proxy
            ? proxy with { Upstreams = [.. proxy.Upstreams.Select(WithDefaults)] }
            : service.Proxy,
    };

    internal static ServerException Invalid(string text) => new(FailureKind.Invalid, text);

    private static Upstream WithDefaults(Upstream upstream) =>
        upstream.DestinationType.Length > 0 ? upstream : upstream with { DestinationType = UpstreamTypes.Service };
}
