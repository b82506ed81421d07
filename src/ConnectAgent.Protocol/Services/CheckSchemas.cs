using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Services;

/// <summary>Checks as their owners ask for them (services REG-2), and as the catalog is told of them (CAT-1).</summary>
internal static class CheckSchemas
{
    /// <summary>A check with its result, for the catalog. What is not said is left to CAT-4.</summary>
    public static SchemaType<HealthCheck> Catalog { get; } = new RecordType<HealthCheck>(
            static () => new HealthCheck { CheckId = string.Empty, Status = string.Empty }, "HealthCheck", "of type structs.HealthCheck")
        .Field("Node", ShapeTypes.Name, static (of, node) => of with { Node = node })
        .Field("CheckID", ShapeTypes.Name, static (of, id) => of with { CheckId = id })
        .Field("Name", ShapeTypes.Name, static (of, name) => of with { Name = name })
        .Field("Status", ShapeTypes.Name, static (of, status) => of with { Status = status })
        .Field("Notes", ShapeTypes.Text, static (of, notes) => of with { Notes = notes })
        .Field("Output", ShapeTypes.Text, static (of, output) => of with { Output = output })
        .Field("ServiceID", ShapeTypes.Name, static (of, id) => of with { ServiceId = id })
        .Field("ServiceName", ShapeTypes.Name, static (of, name) => of with { ServiceName = name })
        .Field("ServiceTags", ShapeTypes.Names, static (of, tags) => of with { ServiceTags = tags.Kept() })
        .Field("Type", ShapeTypes.Name, static (of, type) => of with { Type = type })
        .Field("Interval", ShapeTypes.Name, static (of, interval) => of with { Interval = interval })
        .Field("Timeout", ShapeTypes.Name, static (of, timeout) => of with { Timeout = timeout })
        .Field("ExposedPort", SchemaTypes.Clamped, static (of, port) => of with { ExposedPort = port })
        .Field("Definition", CatalogDefinition(), static (of, definition) => of with { Definition = definition })
        .Dropped(SchemaTypes.UInt64, "CreateIndex", "ModifyIndex");

    /// <summary>A check inside a service.</summary>
    public static SchemaType<CheckRequest> Nested(bool isFile) => Request("CheckType", "CheckID", isFile)
        .Dropped(ofFiles: false, ShapeTypes.Name, "ServiceID", "service_id", "ProxyHTTP", "ProxyGRPC")
        .Dropped(ofFiles: true, ShapeTypes.Name, "service_id", "serviceid", "token")
        .Type;

    /// <summary>A check by itself.</summary>
    public static SchemaType<CheckRequest> Standalone(bool isFile) => Request("CheckDefinition", "ID", isFile)
        .Field("ServiceID", ["service_id"], ShapeTypes.Name, static of => of.ServiceId.Length == 0, static (of, id) => of with { ServiceId = id })
        .Field("Token", "token", ShapeTypes.Name, static (of, token) => of with { Token = token })
        .Type
        .Alias(
            "disable_redirects", SchemaTypes.Flag, static of => !of.Definition.DisableRedirects,
            static (of, flag) => of with { Definition = of.Definition with { DisableRedirects = flag } });

    private static ShapeRecord<CheckRequest> Request(string goName, string id, bool isFile)
    {
        var record = new ShapeRecord<CheckRequest>(static () => CheckRequest.None, isFile, goName)
            .Field(id, "id", ShapeTypes.Name, static (of, given) => of with { CheckId = given })
            .Field("Name", "name", ShapeTypes.Name, static (of, name) => of with { Name = name })
            .Field("Status", "status", ShapeTypes.Name, static (of, status) => of with { Status = status })
            .Field("Notes", "notes", ShapeTypes.Text, static (of, notes) => of with { Notes = notes })
            .Dropped(ofFiles: true, SchemaTypes.Flag, "tcp_use_tls")
            .Dropped(ofFiles: true, ShapeTypes.Name, "namespace", "partition");
        var definition = new DefinitionFields<CheckRequest>(
            record, hasAliases: true, static of => of.Definition, static (of, definition) => of with { Definition = definition });
        definition.AddShared();
        definition.Add("H2PingUseTLS", "h2ping_use_tls", SchemaTypes.Flag, static (of, flag) => of with { H2PingInClear = !flag });
        definition.Add("SuccessBeforePassing", "success_before_passing", SchemaTypes.Clamped, static (of, n) => of with { SuccessBeforePassing = n });
        definition.Add("FailuresBeforeWarning", "failures_before_warning", SchemaTypes.Clamped, static (of, n) => of with { FailuresBeforeWarning = n });
        definition.Add("FailuresBeforeCritical", "failures_before_critical", SchemaTypes.Clamped, static (of, n) => of with { FailuresBeforeCritical = n });
        return record;
    }

    private static SchemaType<CheckDefinition> CatalogDefinition()
    {
        var record = new ShapeRecord<CheckDefinition>(static () => CheckDefinition.None, isFile: false);
        new DefinitionFields<CheckDefinition>(record, hasAliases: false, static of => of, static (_, definition) => definition).AddShared();
        return record.Type;
    }

    // How a check is looked at stands in a check's own object, or in one of its own.
    private sealed class DefinitionFields<T>(
        ShapeRecord<T> record, bool hasAliases, Func<T, CheckDefinition> get, Func<T, CheckDefinition, T> set)
    {
        public void AddShared()
        {
            Add("HTTP", "http", ShapeTypes.Name, static (of, url) => of with { Http = url });
            Add("Header", "header", ShapeTypes.Header, static (of, header) => of with { Header = header.Kept() });
            Add("Method", "method", ShapeTypes.Name, static (of, method) => of with { Method = method });
            Add("Body", "body", ShapeTypes.Text, static (of, body) => of with { Body = body });
            Add("DisableRedirects", "disable_redirects", SchemaTypes.Flag, static (of, flag) => of with { DisableRedirects = flag });
            Add("TCP", "tcp", ShapeTypes.Name, static (of, address) => of with { Tcp = address });
            Add("UDP", "udp", ShapeTypes.Name, static (of, address) => of with { Udp = address });
            Add("H2PING", "h2ping", ShapeTypes.Name, static (of, address) => of with { H2Ping = address });
            Add("OSService", "os_service", ShapeTypes.Name, static (of, name) => of with { OsService = name });
            Add("Shell", "shell", ShapeTypes.Name, static (of, shell) => of with { Shell = shell });
            Add("GRPC", "grpc", ShapeTypes.Name, static (of, target) => of with { Grpc = target });
            Add("AliasNode", "alias_node", ShapeTypes.Name, static (of, node) => of with { AliasNode = node });
            Add("AliasService", "alias_service", ShapeTypes.Name, static (of, service) => of with { AliasService = service });
            Add("Interval", "interval", SchemaTypes.ExactDuration, static (of, interval) => of with { Interval = interval });
            Add("Timeout", "timeout", SchemaTypes.ExactDuration, static (of, timeout) => of with { Timeout = timeout });
            Add("TTL", "ttl", SchemaTypes.ExactDuration, static (of, ttl) => of with { Ttl = ttl });
            Add("OutputMaxSize", "output_max_size", SchemaTypes.Clamped, static (of, size) => of with { OutputMaxSize = size });
            Add(
                "ScriptArgs", ["script_args", "args"], ShapeTypes.Names,
                static of => of.ScriptArgs.Count == 0, static (of, args) => of with { ScriptArgs = args.Kept() });
            Add(
                "DockerContainerID", ["docker_container_id"], ShapeTypes.Name,
                static of => of.DockerContainerId.Length == 0, static (of, id) => of with { DockerContainerId = id });
            Add("GRPCUseTLS", ["grpc_use_tls"], SchemaTypes.Flag, static of => !of.GrpcUseTls, static (of, flag) => of with { GrpcUseTls = flag });
            Add(
                "TLSServerName", ["tls_server_name"], ShapeTypes.Name,
                static of => of.TlsServerName.Length == 0, static (of, name) => of with { TlsServerName = name });
            Add("TLSSkipVerify", ["tls_skip_verify"], SchemaTypes.Flag, static of => !of.TlsSkipVerify, static (of, flag) => of with { TlsSkipVerify = flag });
            Add(
                "DeregisterCriticalServiceAfter", ["deregister_critical_service_after"], SchemaTypes.ExactDuration,
                static of => of.DeregisterCriticalServiceAfter == ExactDuration.Zero,
                static (of, after) => of with { DeregisterCriticalServiceAfter = after });
        }

        public void Add<TValue>(string name, string fileName, SchemaType<TValue> type, Func<CheckDefinition, TValue, CheckDefinition> change) =>
            record.Field(name, fileName, type, (of, value) => set(of, change(get(of), value)));

        private void Add<TValue>(
            string name, string[] aliases, SchemaType<TValue> type, Func<CheckDefinition, bool> isUnset, Func<CheckDefinition, TValue, CheckDefinition> change) =>
            record.Field(name, hasAliases ? aliases : [], type, of => isUnset(get(of)), (of, value) => set(of, change(get(of), value)));
    }
}
