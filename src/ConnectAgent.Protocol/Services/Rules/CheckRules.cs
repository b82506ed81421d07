using System.Globalization;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Services.Rules;

/// <summary>What an agent asks of checks (services REG-11, AG-9), and what it makes of them (REG-14). What is wrong is a <see cref="ServerException"/>: 400.</summary>
public static class CheckRules
{
    /// <summary>A check by itself, with its ID (AG-9).</summary>
    public static CheckRequest Standalone(CheckRequest check)
    {
        ArgumentNullException.ThrowIfNull(check);
        if (check.Name.Length == 0)
        {
            throw ServiceRules.Invalid("Missing check name");
        }

        if (!IsStatus(check.Status))
        {
            throw ServiceRules.Invalid("Bad check status");
        }

        var (id, field) = check.CheckId.Length > 0 ? (check.CheckId, "ID") : (check.Name, "Name");
        return (DefinitionError(check.Definition) ?? IdRules.CheckError(field, id)) is { } error
            ? throw ServiceRules.Invalid("Invalid check: " + error)
            : check with { CheckId = id };
    }

    /// <summary>Why a check cannot be run (REG-11); null when it can.</summary>
    public static string? DefinitionError(CheckDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var isPolled = definition.ScriptArgs.Count > 0 || definition.Http.Length > 0 || definition.Tcp.Length > 0 || definition.Udp.Length > 0
            || definition.Grpc.Length > 0 || definition.H2Ping.Length > 0 || definition.OsService.Length > 0;
        var isAlias = definition.AliasNode.Length > 0 || definition.AliasService.Length > 0;
        var (hasInterval, hasTtl) = (definition.Interval > ExactDuration.Zero, definition.Ttl > ExactDuration.Zero);
        return (isPolled, isAlias) switch
        {
            _ when hasInterval && hasTtl => "Interval and TTL cannot both be specified",
            (true, _) when !hasInterval => "Interval must be > 0 for Script, HTTP, H2PING, or TCP checks",
            (true, true) => "Interval cannot be set for Alias checks",
            (_, true) when hasTtl => "TTL must be not be set for Alias checks",
            (false, false) when !hasTtl => "TTL must be > 0 for TTL checks",
            _ when definition.OutputMaxSize < 0 => "MaxOutputMaxSize must be positive",
            _ => null,
        };
    }

    /// <summary>The checks of a service with the IDs and names that they get (REG-14), bound to it.</summary>
    /// <param name="service">With its ID.</param>
    /// <param name="checks">In the order of the registration.</param>
    public static IReadOnlyList<CheckRequest> OfService(NodeService service, IReadOnlyList<CheckRequest> checks)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(checks);
        var named = new CheckRequest[checks.Count];
        for (var i = 0; i < named.Length; i++)
        {
            var check = checks[i];
            named[i] = check with
            {
                CheckId = check.CheckId.Length > 0 ? check.CheckId
                    : named.Length == 1 ? "service:" + service.Id
                    : string.Create(CultureInfo.InvariantCulture, $"service:{service.Id}:{i + 1}"),
                Name = check.Name.Length > 0 ? check.Name : $"Service '{service.Name}' check",
                ServiceId = service.Id,
            };
        }

        return named;
    }

    /// <summary>First how they are looked at and what they are called, then their statuses.</summary>
    internal static void Validate(IReadOnlyList<CheckRequest> checks, string prefix)
    {
        foreach (var check in checks)
        {
            if ((DefinitionError(check.Definition) ?? IdRules.CheckError("CheckID", check.CheckId)) is { } error)
            {
                throw ServiceRules.Invalid(prefix + error);
            }
        }

        if (checks.Any(static check => !IsStatus(check.Status)))
        {
            throw ServiceRules.Invalid("Status for checks must 'passing', 'warning', 'critical'");
        }
    }

    private static bool IsStatus(string status) => status.Length == 0 || CheckStatus.IsOne(status);
}
