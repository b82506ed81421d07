using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Services.Rules;
using static ConnectAgent.Configuration.ConfigChecks;

namespace ConnectAgent.Configuration;

/// <summary>Services of this agent, and what files define of them (config-and-cli section 2).</summary>
internal static class ServiceKeys
{
    public static readonly KeyTable Table = new();

    private static readonly ConfigKey<List<ServiceDefinition>> Service =
        Table.Other<List<ServiceDefinition>>("service", new DefinitionsType<ServiceDefinition>(ServiceBodies.FileService, isList: false), [], shape: ValueShape.List).Reloaded();

    private static readonly ConfigKey<List<ServiceDefinition>> Services =
        Table.Other<List<ServiceDefinition>>("services", new DefinitionsType<ServiceDefinition>(ServiceBodies.FileService, isList: true), [], shape: ValueShape.List).Reloaded();

    private static readonly ConfigKey<List<CheckRequest>> Check =
        Table.Other<List<CheckRequest>>("check", new DefinitionsType<CheckRequest>(ServiceBodies.FileCheck, isList: false), [], shape: ValueShape.List).Reloaded();

    private static readonly ConfigKey<List<CheckRequest>> Checks =
        Table.Other<List<CheckRequest>>("checks", new DefinitionsType<CheckRequest>(ServiceBodies.FileCheck, isList: true), [], shape: ValueShape.List).Reloaded();

    /// <summary>How services register.</summary>
    /// <param name="directory">Where registrations are kept; null: nowhere.</param>
    public static LocalServiceOptions Options(ConfigValues values, IReadOnlyDictionary<string, int> ports, string? directory) => new()
    {
        Directory = directory,
        SidecarMinPort = ports["sidecar_min_port"],
        SidecarMaxPort = ports["sidecar_max_port"],
    };

    /// <summary>What files define, with defaults; how checks are looked at is judged when they are registered, as by the reference.</summary>
    /// <exception cref="ConfigurationException">With the text of config-and-cli section 2.</exception>
    public static FileDefinitions Definitions(ConfigValues values)
    {
        List<ServiceDefinition> services = [.. values.Of(Services).Concat(values.Of(Service)).Select(ServiceRules.WithDefaults)];
        services.ForEach(Judge);
        return new FileDefinitions(services, [.. values.Of(Checks), .. values.Of(Check)]);
    }

    private static void Judge(ServiceDefinition definition)
    {
        var name = definition.Service.Name;
        if (definition.HasWeights && ServiceRules.WeightsError(definition.Service.Weights) is { } weights)
        {
            throw new ConfigurationException(ConfigurationException.List([$"Invalid weight definition for service {name}: {weights}"]));
        }

        if (MetaRules.Find(definition.Service.Meta, definition.Service.Kind) is { } meta)
        {
            throw new ConfigurationException(ConfigurationException.List([$"invalid meta for service {name}: {meta.Text}"]));
        }

        try
        {
            ServiceRules.RequireName(definition);
            ServiceRules.RequireKind(definition.Service, definition.Sidecar);
        }
        catch (ServerException error)
        {
            throw new ConfigurationException($"service \"{name}\": {error.Message}");
        }
    }
}

/// <summary>What files define. Holds tokens: never printed.</summary>
/// <param name="Services">With their defaults.</param>
/// <param name="Checks">Those by themselves.</param>
internal sealed record FileDefinitions(IReadOnlyList<ServiceDefinition> Services, IReadOnlyList<CheckRequest> Checks)
{
    // Records print their members.
    public override string ToString() => $"{Services.Count} services, {Checks.Count} checks";
}
