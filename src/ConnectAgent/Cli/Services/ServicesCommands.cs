using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Services;

/// <summary><c>services …</c>: the agent's own services (clients section 5).</summary>
internal static class ServicesCommands
{
    private static readonly Option<string?> Id = Flag.Text("id", "The service's ID; its name unless it is said.");
    private static readonly Option<string?> Name = Flag.Text("name", "The service's name.");
    private static readonly Option<string?> Address = Flag.Text("address", "Where it is reached; the node's address unless it is said.");
    private static readonly Option<string?> Port = Flag.Text("port", "The port where it is reached.");
    private static readonly Option<string?> Kind = Flag.Text("kind", "The kind of the service, for instance mesh-gateway.");
    private static readonly Option<string[]> Tags = Flag.Texts("tag", "A tag.");
    private static readonly Option<string[]> Meta = Flag.Texts("meta", "A key=value pair that is kept with it.");
    private static readonly Option<string[]> TaggedAddresses = Flag.Texts("tagged-address", "A key=address:port where it is reached, too.");

    public static CliCommand Create() => CliCommand.Group(
        "services",
        "The services of this agent.",
        CliCommand.Asking(
            "register", "Registers services: one by flags, or those of files, HCL or JSON.", "services register web.hcl", RegisterAsync,
            Id, Name, Address, Port, Kind, Tags, Meta, TaggedAddresses),
        CliCommand.Asking("deregister", "Deregisters a service, or those of files.", "services deregister -id web", DeregisterAsync, Id));

    private static async Task<int> RegisterAsync(Invocation call)
    {
        if (call.Words.Count == 0 && call.Given(Name) is null)
        {
            throw new CommandFailure("Service registration requires at least one argument or flags.");
        }

        foreach (var service in call.Words.Count > 0 ? ServiceFiles.Read(call.Words) : [OfFlags(call)])
        {
            var name = service.Text("Name");
            await call.SendAsync(ApiRequest.Put("/v1/agent/service/register").With(JsonShape.Body(service.WriteTo)), $"Error registering service \"{name}\": ");
            call.Done("Registered service: " + name);
        }

        return 0;
    }

    private static async Task<int> DeregisterAsync(Invocation call)
    {
        if (call.Words.Count == 0 && call.Given(Id) is null)
        {
            throw new CommandFailure("Service deregistration requires at least one argument or -id.");
        }

        var ids = call.Words.Count > 0
            ? ServiceFiles.Read(call.Words).Select(static service => service.Text("ID") is { Length: > 0 } id ? id : service.Text("Name"))
            : [call.Of(Id)];
        foreach (var id in ids)
        {
            await call.SendAsync(ApiRequest.Put("/v1/agent/service/deregister/" + ApiRequest.Escape(id)), $"Error deregistering service \"{id}\": ");
            call.Done("Deregistered service: " + id);
        }

        return 0;
    }

    private static JsonElement OfFlags(Invocation call) => JsonElement.Parse(JsonShape.Body(writer =>
    {
        writer.WriteStartObject();
        Write("Kind", call.Given(Kind));
        Write("ID", call.Given(Id));
        Write("Name", call.Given(Name));
        if (call.Of(Tags) is { Length: > 0 } tags)
        {
            writer.WriteStartArray("Tags");
            foreach (var tag in tags)
            {
                writer.WriteStringValue(tag);
            }

            writer.WriteEndArray();
        }

        if (call.Given(Port) is { } port)
        {
            writer.WriteNumber("Port", Number(port, "port"));
        }

        Write("Address", call.Given(Address));
        if (call.Pairs(TaggedAddresses) is { Count: > 0 } addresses)
        {
            writer.WriteStartObject("TaggedAddresses");
            foreach (var (key, value) in addresses)
            {
                var at = value.LastIndexOf(':');
                writer.WriteStartObject(key);
                writer.WriteString("Address", at < 0 ? value : value[..at]);
                writer.WriteNumber("Port", at < 0 ? 0 : Number(value[(at + 1)..], "tagged-address"));
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        if (call.Pairs(Meta) is { Count: > 0 } meta)
        {
            writer.WriteStartObject("Meta");
            foreach (var (key, value) in meta)
            {
                writer.WriteString(key, value);
            }

            writer.WriteEndObject();
        }

        writer.WriteNull("Check");
        writer.WriteNull("Checks");
        writer.WriteEndObject();

        void Write(string name, string? value)
        {
            if (value is not null)
            {
                writer.WriteString(name, value);
            }
        }
    }));

    private static int Number(string text, string flag) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new CommandFailure($"invalid value \"{text}\" for flag -{flag}: parse error") { WithUsage = true };
}
