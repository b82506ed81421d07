using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Agent.Catalog;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.TestKit.Servers;

/// <summary>The catalog of a <see cref="ScriptedServerClient"/> over Consul's HTTP API.</summary>
internal static class CatalogAnswers
{
    // As the reference: a name that it does not know is an error (services CAT-1, CONV-7).
    private static readonly string[] RegistrationFields =
        ["Datacenter", "ID", "Node", "Address", "TaggedAddresses", "NodeMeta", "SkipNodeUpdate", "Service", "Checks"];

    public static async Task<ScriptedAnswer> NodeAsync(
        ScriptedServerClient content, string node, ScriptedRequest request, CancellationToken cancellationToken)
    {
        var read = await content.ReadNodeAsync(new NodeName(Uri.UnescapeDataString(node)), request.Query(), cancellationToken);
        return ScriptedAnswer.Ok(
            read.Value.Node is null
                ? "null"
                : Write(writer =>
                {
                    writer.WriteStartObject();
                    writer.WritePropertyName("Node");
                    ServiceJson.Node(writer, read.Value.Node);
                    writer.WriteStartObject("Services");
                    foreach (var (id, service) in read.Value.Services)
                    {
                        writer.WritePropertyName(id);
                        ServiceJson.NodeService(writer, service);
                    }

                    writer.WriteEndObject();
                    writer.WriteString("Locality", "nobody knows it");
                    writer.WriteEndObject();
                }),
            read.Index);
    }

    public static async Task<ScriptedAnswer> ChecksAsync(
        ScriptedServerClient content, string node, ScriptedRequest request, CancellationToken cancellationToken)
    {
        var read = await content.ReadNodeChecksAsync(new NodeName(Uri.UnescapeDataString(node)), request.Query(), cancellationToken);
        return ScriptedAnswer.Ok(
            Write(writer =>
            {
                writer.WriteStartArray();
                foreach (var check in read.Value)
                {
                    CheckJson.Write(writer, check);
                }

                writer.WriteEndArray();
            }),
            read.Index);
    }

    public static async Task<ScriptedAnswer> WriteAsync(ScriptedServerClient content, ScriptedRequest request, CancellationToken cancellationToken)
    {
        var body = JsonNode.Parse(request.Body)!.AsObject();
        if (request.Path.EndsWith("/deregister", StringComparison.Ordinal))
        {
            await content.DeregisterAsync(
                new CatalogDeregistration((string)body["Datacenter"]!, (string)body["Node"]!, (string?)body["ServiceID"] ?? "", (string?)body["CheckID"] ?? ""),
                request.Token,
                cancellationToken);
            return ScriptedAnswer.Ok("true", index: null);
        }

        if (body.Select(pair => pair.Key).Except(RegistrationFields, StringComparer.Ordinal).FirstOrDefault() is { } unknown)
        {
            return ScriptedAnswer.Text(400, $"Request decode failed: json: unknown field \"{unknown}\"");
        }

        await content.RegisterAsync(RegistrationOf(body), request.Token, cancellationToken);
        return ScriptedAnswer.Ok("true", index: null);
    }

    private static CatalogRegistration RegistrationOf(JsonObject body)
    {
        // The shape of the answer about a node, but for the names of two fields.
        var services = new JsonObject();
        if (body["Service"] is { } sent)
        {
            services["one"] = sent.DeepClone();
        }

        var view = JsonSerializer.Deserialize(
            new JsonObject
            {
                ["Node"] = new JsonObject
                {
                    ["ID"] = body["ID"]?.DeepClone(),
                    ["Node"] = body["Node"]?.DeepClone(),
                    ["Address"] = body["Address"]?.DeepClone(),
                    ["Datacenter"] = body["Datacenter"]?.DeepClone(),
                    ["TaggedAddresses"] = body["TaggedAddresses"]?.DeepClone(),
                    ["Meta"] = body["NodeMeta"]?.DeepClone(),
                },
                ["Services"] = services,
            },
            CatalogJson.Default.AnsweredNode)!;
        return new CatalogRegistration(view.Node!.ToNode())
        {
            SkipNodeUpdate = (bool?)body["SkipNodeUpdate"] ?? false,
            Service = view.Services!.Values.SingleOrDefault()?.ToService(),
            Checks = [.. (body["Checks"]?.Deserialize(CatalogJson.Default.AnsweredCheckArray) ?? []).Select(check => check!.ToCheck())],
        };
    }

    private static string Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
