using System.Runtime.InteropServices;
using System.Text.Json;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Http.LocalAgent;

/// <summary>The host that the agent runs on, and the version of the API (services AG-28, AG-33).</summary>
internal sealed class HostEndpoints(IServerClient servers, TimeProvider clock) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/agent/host", (HttpMethods.Get, Permission.OperatorRead, GetHostAsync));
        routes.MapWire("/v1/agent/version", (HttpMethods.Get, Permission.AgentRead, static request => WireReply.JsonAsync(request, WriteVersion)));
    }

    private async Task GetHostAsync(WireRequest request)
    {
        await servers.RequireAsync(request.Token(), AccessRequest.OperatorRead, request.Aborted);
        await WireReply.JsonAsync(request, WriteHost);
    }

    private void WriteHost(Utf8JsonWriter writer)
    {
        var memory = GC.GetGCMemoryInfo();
        writer.WriteStartObject();
        writer.WriteStartObject("Memory");
        writer.WriteNumber("total", memory.TotalAvailableMemoryBytes);
        writer.WriteNumber("used", memory.MemoryLoadBytes);
        writer.WriteNumber("available", Math.Max(0, memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes));
        writer.WriteEndObject();
        writer.WriteStartArray("CPU");
        for (var cpu = 0; cpu < Environment.ProcessorCount; cpu++)
        {
            writer.WriteStartObject();
            writer.WriteNumber("cpu", cpu);
            writer.WriteNumber("cores", 1);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("Host");
        writer.WriteString("hostname", Environment.MachineName);
        writer.WriteNumber("uptime", Environment.TickCount64 / 1000);
        writer.WriteString("os", "linux");
        writer.WriteString("kernelVersion", Environment.OSVersion.Version.ToString());
        writer.WriteString("kernelArch", RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant());
        writer.WriteEndObject();
        writer.WriteNull("Disk");
        writer.WriteNumber("CollectionTime", (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick);
        writer.WriteNull("Errors");
        writer.WriteEndObject();
    }

    private static void WriteVersion(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("SHA", ApiVersion.Revision);
        writer.WriteString("BuildDate", ApiVersion.BuildDate);
        writer.WriteString("HumanVersion", ApiVersion.Number);
        writer.WriteString("FIPS", string.Empty);
        writer.WriteEndObject();
    }
}
