using System.Text.Json;

namespace ConnectAgent.Protocol.Services;

/// <summary>How the wire shows checks (services DATA-9) and the aggregated health of local services (AG-21).</summary>
/// <inheritdoc cref="ServiceJson"/>
public static class CheckJson
{
    /// <summary>A check (DATA-9, DATA-10).</summary>
    public static void Write(Utf8JsonWriter writer, HealthCheck check) => Write(writer, check, showsNull: false);

    /// <summary>The same.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="check">As it is stored.</param>
    /// <param name="showsNull">Whether a list without elements is null (PQ-4).</param>
    internal static void Write(Utf8JsonWriter writer, HealthCheck check, bool showsNull)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(check);
        writer.WriteStartObject();
        Result(writer, check);
        writer.Texts("ServiceTags"u8, check.ServiceTags, showsNull);
        writer.WriteString("Type"u8, check.Type);
        writer.WriteString("Interval"u8, check.Interval);
        writer.WriteString("Timeout"u8, check.Timeout);
        writer.WriteNumber("ExposedPort"u8, check.ExposedPort);
        Definition(writer, check.Definition);
        writer.Indexes(check.CreateIndex, check.ModifyIndex);
        writer.WriteEndObject();
    }

    /// <summary>The health of one local service with its checks and those of the node (AG-21).</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="status">The worst of them (AG-20).</param>
    /// <param name="service">With what central configuration adds; null where there is none of that ID (AG-23).</param>
    /// <param name="datacenter">The agent's.</param>
    /// <param name="checks">Sorted by ID.</param>
    public static void AgentHealth(Utf8JsonWriter writer, string status, NodeService? service, string datacenter, IReadOnlyList<HealthCheck> checks)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(checks);
        writer.WriteStartObject();
        writer.WriteString("AggregatedStatus"u8, status);
        if (service is null)
        {
            writer.WriteNull("Service"u8);
            writer.WriteNull("Checks"u8);
        }
        else
        {
            writer.WritePropertyName("Service"u8);
            ServiceJson.AgentService(writer, service, datacenter);
            writer.WriteStartArray("Checks"u8);
            foreach (var check in checks)
            {
                ClientCheck(writer, check);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    // The reference's client-side shape: no type, and a definition that is never filled. Recordings compare both.
    private static void ClientCheck(Utf8JsonWriter writer, HealthCheck check)
    {
        writer.WriteStartObject();
        Result(writer, check);
        writer.Texts("ServiceTags"u8, check.ServiceTags, showsNull: true);
        writer.WriteString("Type"u8, string.Empty);
        writer.WritePropertyName("Definition"u8);
        writer.WriteRawValue(
            """{"Interval":"0s","Timeout":"0s","DeregisterCriticalServiceAfter":"0s","HTTP":"","Header":null,"Method":"","Body":"","TLSServerName":"","TLSSkipVerify":false,"TCP":"","GRPC":"","GRPCUseTLS":false}"""u8,
            skipInputValidation: true);
        writer.Indexes(check.CreateIndex, check.ModifyIndex);
        writer.WriteEndObject();
    }

    private static void Result(Utf8JsonWriter writer, HealthCheck check)
    {
        writer.WriteString("Node"u8, check.Node);
        writer.WriteString("CheckID"u8, check.CheckId);
        writer.WriteString("Name"u8, check.Name);
        writer.WriteString("Status"u8, check.Status);
        writer.WriteString("Notes"u8, check.Notes);
        writer.WriteString("Output"u8, check.Output);
        writer.WriteString("ServiceID"u8, check.ServiceId);
        writer.WriteString("ServiceName"u8, check.ServiceName);
    }

    private static void Definition(Utf8JsonWriter writer, CheckDefinition definition)
    {
        writer.WriteStartObject("Definition"u8);
        if (!ReferenceEquals(definition, CheckDefinition.None))
        {
            writer.TextUnlessEmpty("HTTP"u8, definition.Http);
            writer.TextUnlessEmpty("TLSServerName"u8, definition.TlsServerName);
            writer.FlagUnlessFalse("TLSSkipVerify"u8, definition.TlsSkipVerify);
            if (definition.Header.Count > 0)
            {
                writer.WriteStartObject("Header"u8);
                foreach (var (name, values) in definition.Header.Sorted())
                {
                    writer.WriteStartArray(name);
                    foreach (var value in values)
                    {
                        writer.WriteStringValue(value);
                    }

                    writer.WriteEndArray();
                }

                writer.WriteEndObject();
            }

            writer.TextUnlessEmpty("Method"u8, definition.Method);
            writer.TextUnlessEmpty("Body"u8, definition.Body);
            writer.FlagUnlessFalse("DisableRedirects"u8, definition.DisableRedirects);
            writer.TextUnlessEmpty("TCP"u8, definition.Tcp);
            writer.TextUnlessEmpty("UDP"u8, definition.Udp);
            writer.TextUnlessEmpty("H2PING"u8, definition.H2Ping);
            writer.TextUnlessEmpty("OSService"u8, definition.OsService);
            writer.DurationUnlessZero("Interval"u8, definition.Interval);
            writer.NumberUnlessZero("OutputMaxSize"u8, definition.OutputMaxSize);
            writer.DurationUnlessZero("Timeout"u8, definition.Timeout);
            writer.DurationUnlessZero("DeregisterCriticalServiceAfter"u8, definition.DeregisterCriticalServiceAfter);
            if (definition.ScriptArgs.Count > 0)
            {
                writer.Texts("ScriptArgs"u8, definition.ScriptArgs);
            }

            writer.TextUnlessEmpty("DockerContainerID"u8, definition.DockerContainerId);
            writer.TextUnlessEmpty("Shell"u8, definition.Shell);
            writer.TextUnlessEmpty("GRPC"u8, definition.Grpc);
            writer.FlagUnlessFalse("GRPCUseTLS"u8, definition.GrpcUseTls);
            writer.TextUnlessEmpty("AliasNode"u8, definition.AliasNode);
            writer.TextUnlessEmpty("AliasService"u8, definition.AliasService);
            writer.DurationUnlessZero("TTL"u8, definition.Ttl);
        }

        writer.WriteEndObject();
    }
}
