using System.CommandLine;
using System.Text;
using System.Text.Json;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;
using ConnectAgent.Protocol.Hcl;

namespace ConnectAgent.Cli.Connect;

/// <summary><c>connect …</c> (clients section 5).</summary>
internal static class ConnectCommands
{
    private const string CaPath = "/v1/connect/ca/configuration";

    private static readonly JsonShape Configuration = new("Provider", "Config", "State!", "ForceWithoutCrossSigning", "CreateIndex", "ModifyIndex");
    private static readonly Option<string?> ConfigFile = Flag.Text("config-file", "A file with the configuration, HCL or JSON.");
    private static readonly Option<bool> Force = Flag.Switch("force-without-cross-signing", "Changes the root even where it cannot be cross-signed.");

    public static CliCommand Create() => CliCommand.Group(
        "connect",
        "The certificate authority, the sidecar proxy, Envoy's first configuration, and ingress.",
        CliCommand.Group(
            "ca",
            "The certificate authority.",
            CliCommand.Asking("get-config", "Shows the CA's configuration.", "connect ca get-config", GetAsync),
            CliCommand.Asking("set-config", "Changes the CA's configuration.", "connect ca set-config -config-file ca.json", SetAsync, ConfigFile, Force)),
        EnvoyCommand.Create(),
        ProxyCommand.Create(),
        ExposeCommand.Create(),
        CliCommand.NotServed("redirect-traffic", "rules for the packet filter"));

    private static async Task<int> GetAsync(Invocation call) =>
        call.Done(JsonShape.Print(await call.AskAsync(ApiRequest.Get(CaPath), "Error querying CA configuration: "), Configuration, "\t"));

    private static async Task<int> SetAsync(Invocation call)
    {
        if (call.Given(ConfigFile) is not { } path)
        {
            throw new CommandFailure("The -config-file flag is required");
        }

        var given = Parse(InputFile.Read(path, "Error reading config file: "));
        var body = JsonShape.Body(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("Provider", given.Text("Provider"));
            writer.WritePropertyName("Config");

            // A block of HCL is a list of one.
            Write(writer, given.Field("Config") is { ValueKind: JsonValueKind.Array } blocks ? blocks[0] : given.Field("Config"));
            writer.WriteNull("State");
            writer.WriteBoolean("ForceWithoutCrossSigning", call.Of(Force) || given.IsTrue("ForceWithoutCrossSigning"));
            writer.WriteNumber("CreateIndex", 0);
            writer.WriteNumber("ModifyIndex", 0);
            writer.WriteEndObject();
        });
        await call.SendAsync(ApiRequest.Put(CaPath).With(body), "Error setting CA configuration: ");
        return call.Done("Configuration updated!");
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            writer.WriteNullValue();
        }
        else
        {
            value.WriteTo(writer);
        }
    }

    private static JsonElement Parse(byte[] content)
    {
        try
        {
            return JsonElement.Parse(HclJson.Convert(Encoding.UTF8.GetString(content)));
        }
        catch (HclException error)
        {
            throw new CommandFailure("Error parsing config file: " + error.Message);
        }
    }
}
