using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Protocol.Services;

/// <summary>What clients send (services REG-1, REG-2, CAT-1, CAT-8): decoded and held to bounds, and not yet looked at by a rule.</summary>
public static class ServiceBodies
{
    /// <summary>A service for an agent.</summary>
    public static SchemaType<ServiceDefinition> AgentService { get; } = InstanceSchemas.Definition(isFile: false);

    /// <summary>A check by itself for an agent.</summary>
    public static SchemaType<CheckRequest> AgentCheck { get; } = CheckSchemas.Standalone(isFile: false);

    /// <summary>A service in a file of the agent, where names are snake_case (config-and-cli section 2).</summary>
    public static SchemaType<ServiceDefinition> FileService { get; } = InstanceSchemas.Definition(isFile: true);

    /// <summary>A check by itself in a file of the agent.</summary>
    public static SchemaType<CheckRequest> FileCheck { get; } = CheckSchemas.Standalone(isFile: true);

    /// <summary>What the owner of a TTL check says of it.</summary>
    public static SchemaType<CheckUpdate> CheckUpdate { get; } = new RecordType<CheckUpdate>(
            static () => new CheckUpdate(string.Empty, string.Empty), "checkUpdate", "of type agent.checkUpdate")
        .Field("Status", ShapeTypes.Name, static (of, status) => of with { Status = status })
        .Field("Output", ShapeTypes.Text, static (of, output) => of with { Output = output });

    /// <summary>A node, and what runs on it, for the catalog. What is not said is left to CAT-4.</summary>
    public static SchemaType<CatalogRegistration> CatalogRegistration { get; } = new MappedType<(CatalogRegistration Of, HealthCheck? Check), CatalogRegistration>(
        new RecordType<(CatalogRegistration Of, HealthCheck? Check)>(
                static () => (new(new CatalogNode { Name = string.Empty }), null), "RegisterRequest", "of type structs.RegisterRequest")
            .Field("Datacenter", ShapeTypes.Name, static (body, name) => Node(body, body.Of.Node with { Datacenter = name }))
            .Field("ID", ShapeTypes.Name, static (body, id) => Node(body, body.Of.Node with { Id = id }))
            .Field("Node", ShapeTypes.Name, static (body, name) => Node(body, body.Of.Node with { Name = name }))
            .Field("Address", ShapeTypes.Name, static (body, address) => Node(body, body.Of.Node with { Address = address }))
            .Field("TaggedAddresses", ShapeTypes.Map, static (body, addresses) => Node(body, body.Of.Node with { TaggedAddresses = addresses }))
            .Field("NodeMeta", ShapeTypes.Map, static (body, meta) => Node(body, body.Of.Node with { Meta = meta }))
            .Field("Service", InstanceSchemas.Catalog, static (body, service) => body with { Of = body.Of with { Service = service } })
            .Field("Check", CheckSchemas.Catalog, static (body, check) => body with { Check = check })
            .Field(
                "Checks", new ListType<HealthCheck>(CheckSchemas.Catalog, ServiceBounds.Checks, goTarget: "of type structs.HealthChecks"),
                static (body, checks) => body with { Of = body.Of with { Checks = checks.Kept() } })
            .Field("SkipNodeUpdate", SchemaTypes.Flag, static (body, skip) => body with { Of = body.Of with { SkipNodeUpdate = skip } })
            .Dropped(SchemaTypes.UInt64, "CreateIndex", "ModifyIndex"),
        static body => body.Check is null ? body.Of : body.Of with { Checks = [.. body.Of.Checks, body.Check] });

    /// <summary>What leaves the catalog.</summary>
    public static SchemaType<CatalogDeregistration> CatalogDeregistration { get; } = new RecordType<CatalogDeregistration>(
            static () => new(string.Empty, string.Empty), "DeregisterRequest", "of type structs.DeregisterRequest")
        .Field("Datacenter", ShapeTypes.Name, static (of, name) => of with { Datacenter = name })
        .Field("Node", ShapeTypes.Name, static (of, name) => of with { Node = name })
        .Field("ServiceID", ShapeTypes.Name, static (of, id) => of with { ServiceId = id })
        .Field("CheckID", ShapeTypes.Name, static (of, id) => of with { CheckId = id })
        .Dropped(ShapeTypes.Name, "Address");

    private static (CatalogRegistration Of, HealthCheck? Check) Node((CatalogRegistration Of, HealthCheck? Check) body, CatalogNode node) =>
        body with { Of = body.Of with { Node = node } };
}
