using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Cli.Intentions;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Connect;

/// <summary><c>connect expose</c>: makes a service a part of an ingress gateway's entry, and allows the connection (clients section 5).</summary>
internal static class ExposeCommand
{
    private const int LastPort = 65535;

    private static readonly Option<string?> Gateway = Flag.Text("ingress-gateway", "The name of the gateway.");
    private static readonly Option<string?> Service = Flag.Text("service", "The service that is exposed.");
    private static readonly Option<string?> Port = Flag.Text("port", "The port of the gateway's listener.");
    private static readonly Option<string?> Protocol = Flag.Text("protocol", "Its protocol; tcp unless it is said.");
    private static readonly Option<string[]> Hosts = Flag.Texts("host", "A name under which the service is reached; not for tcp.");

    public static CliCommand Create() => CliCommand.Asking(
        "expose", "Exposes a service through an ingress gateway.", "connect expose -service=web -ingress-gateway=edge -port=8888 -protocol=tcp", RunAsync,
        Gateway, Service, Port, Protocol, Hosts);

    private static async Task<int> RunAsync(Invocation call)
    {
        var service = call.Given(Service) ?? throw new CommandFailure("A service name must be given via the -service flag.");
        var gateway = call.Given(Gateway) ?? throw new CommandFailure("An ingress gateway service must be given via the -ingress-gateway flag.");
        var port = int.TryParse(call.Of(Port), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= LastPort
            ? number
            : throw new CommandFailure("A port must be provided via the -port flag.");
        await WriteEntryAsync(call, gateway, service, port, call.Given(Protocol) ?? "tcp");
        call.Done($"Successfully updated config entry for ingress service \"{gateway}\"");
        await AllowAsync(call, gateway, service);
        return 0;
    }

    private static async Task WriteEntryAsync(Invocation call, string gateway, string service, int port, string protocol)
    {
        var found = await call.FindAsync(ApiRequest.Get("/v1/config/ingress-gateway/" + ApiRequest.Escape(gateway)), "Error fetching existing ingress gateway configuration: ");
        var entry = found is { } old ? JsonObject.Create(old)! : new JsonObject { ["Kind"] = "ingress-gateway", ["Name"] = gateway };
        var cas = found is { } known ? known.Text("ModifyIndex") : "0";
        if (entry["Listeners"] is not JsonArray listeners)
        {
            entry["Listeners"] = listeners = [];
        }

        if (listeners.OfType<JsonObject>().FirstOrDefault(one => (int?)one["Port"] == port) is not { } listener)
        {
            listener = new JsonObject { ["Port"] = port, ["Protocol"] = protocol };
            listeners.Add((JsonNode)listener);
        }
        else if ((string?)listener["Protocol"] != protocol)
        {
            throw new CommandFailure(string.Create(CultureInfo.InvariantCulture, $"Listener on port {port} already configured with conflicting protocol \"{(string?)listener["Protocol"]}\""));
        }

        if (listener["Services"] is not JsonArray services)
        {
            listener["Services"] = services = [];
        }

        var exposed = services.OfType<JsonObject>().FirstOrDefault(one => (string?)one["Name"] == service);
        if (exposed is null)
        {
            exposed = new JsonObject { ["Name"] = service };
            services.Add((JsonNode)exposed);
        }

        if (call.Of(Hosts) is { Length: > 0 } hosts)
        {
            exposed["Hosts"] = new JsonArray([.. hosts.Select(static host => (JsonNode)host)]);
        }

        var isWritten = await call.AskAsync(
            ApiRequest.Put("/v1/config").With("cas", cas).With(JsonShape.Body(entry)), "Error writing ingress config entry: ");
        if (isWritten.ValueKind != System.Text.Json.JsonValueKind.True)
        {
            throw new CommandFailure("Ingress config entry was changed while attempting to update, please try again.");
        }
    }

    // What is there already stays as it is.
    private static async Task AllowAsync(Invocation call, string gateway, string service)
    {
        if (await call.FindAsync(IntentionCommands.Exact(HttpMethod.Get, gateway, service), "Error looking up existing intention: ") is not null)
        {
            call.Done($"Intention already exists for \"{gateway}\" -> \"{service}\"");
            return;
        }

        var body = JsonShape.Body(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("SourceName", gateway);
            writer.WriteString("DestinationName", service);
            writer.WriteString("SourceType", "consul");
            writer.WriteString("Action", "allow");
            writer.WriteEndObject();
        });
        await call.SendAsync(ApiRequest.Post(IntentionCommands.Path).With(body), "Error upserting intention: ");
        call.Done($"Successfully set up intention for \"{gateway}\" -> \"{service}\"");
    }
}
