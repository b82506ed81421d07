using System.Text.Json;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Discovery;

/// <summary>
/// With <c>translate_wan_addrs</c>: puts what nodes and services of another datacenter are reached by from here, their addresses tagged <c>wan</c>, in the place
/// of their own (services CAT-18). What is cached stays as it came (agent-cache CACHE-5).
/// </summary>
internal sealed class WanAddresses(WireSettings settings, AgentIdentity agent)
{
    private static readonly string[] Paths =
    [
        "/v1/catalog/nodes", "/v1/catalog/node/", "/v1/catalog/node-services/", "/v1/catalog/service/", "/v1/catalog/connect/",
        "/v1/health/service/", "/v1/health/connect/", "/v1/health/ingress/",
    ];

    private static readonly (string Address, string Port, string Tagged)[] Places =
        [("Address", "Port", "TaggedAddresses"), ("ServiceAddress", "ServicePort", "ServiceTaggedAddresses")];

    /// <summary>Whether the configuration asks for it.</summary>
    public bool AreWanted => settings.Value.TranslatesAddresses;

    /// <summary>Whether what servers answer to a request may have to be translated.</summary>
    public bool AreIn(WireRequest request) => AreWanted && request.Method == HttpMethods.Get
        && (IsExecution(request.Path) || (request.Datacenter() != agent.Datacenter && Array.Exists(Paths, path => IsBelow(path, request.Path))));

    /// <summary>An answer of the catalog, of health, or what a prepared query found, which says itself from which datacenter it is.</summary>
    /// <param name="json">As it came.</param>
    /// <param name="datacenter">Which was asked.</param>
    /// <param name="pretty">Whether what is translated is indented.</param>
    /// <returns>The same bytes where nothing is to be translated, also of what is no JSON.</returns>
    public ReadOnlyMemory<byte> Translate(ReadOnlyMemory<byte> json, string datacenter, bool pretty = false)
    {
        if (!AreWanted)
        {
            return json;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var from = Member(root, "Nodes") is not null && Member(root, "Datacenter") is { } answered ? answered.GetString() : datacenter;
            return from == agent.Datacenter ? json : WireReply.Render(writer => Write(writer, root), pretty);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return json;
        }
    }

    private static bool IsExecution(string path) => path.StartsWith("/v1/query/", StringComparison.Ordinal) && path.EndsWith("/execute", StringComparison.Ordinal);

    private static bool IsBelow(string path, string asked) => path.EndsWith('/') ? asked.StartsWith(path, StringComparison.Ordinal) : asked == path;

    private static void Write(Utf8JsonWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.Object:
                WriteObject(writer, element);
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }

    private static void WriteObject(Utf8JsonWriter writer, JsonElement element)
    {
        var others = WanOf(element);
        writer.WriteStartObject();
        foreach (var member in element.EnumerateObject())
        {
            writer.WritePropertyName(member.Name);
            if (others.Remove(member.Name, out var other))
            {
                other.WriteTo(writer);
            }
            else if (member.Name == "Services" && member.Value.ValueKind == JsonValueKind.Object)
            {
                WriteServices(writer, member.Value);
            }
            else if (member.Name is "Node" or "Nodes" or "Service" or "Services")
            {
                Write(writer, member.Value);
            }
            else
            {
                // Checks, meta, and what somebody has made up, as the configuration of a proxy.
                member.Value.WriteTo(writer);
            }
        }

        // A port of 0 is not there.
        foreach (var (name, other) in others)
        {
            writer.WritePropertyName(name);
            other.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    // By ID.
    private static void WriteServices(Utf8JsonWriter writer, JsonElement services)
    {
        writer.WriteStartObject();
        foreach (var service in services.EnumerateObject())
        {
            writer.WritePropertyName(service.Name);
            Write(writer, service.Value);
        }

        writer.WriteEndObject();
    }

    // Of a node it is a text, of a service an address with a port.
    private static Dictionary<string, JsonElement> WanOf(JsonElement element)
    {
        Dictionary<string, JsonElement> others = new(StringComparer.Ordinal);
        foreach (var (address, port, tagged) in Places)
        {
            if (Member(element, tagged) is not { } addresses || Member(addresses, "wan") is not { } wan)
            {
                continue;
            }

            if ((wan.ValueKind == JsonValueKind.String ? wan : Member(wan, "Address")) is { ValueKind: JsonValueKind.String } known && !known.ValueEquals(string.Empty))
            {
                others[address] = known;
            }

            if (Member(wan, "Port") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) && value > 0)
            {
                others[port] = number;
            }
        }

        return others;
    }

    private static JsonElement? Member(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var member) ? member : null;
}
