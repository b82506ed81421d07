using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Acl;

/// <summary><c>acl auth-method …</c>.</summary>
internal static class AuthMethodCommands
{
    private const string Path = "/v1/acl/auth-method";

    private static readonly JsonShape Shape = new(
        "Name", "Type", "DisplayName?", "Description?", "MaxTokenTTL?", "TokenLocality?", "Config!", "CreateIndex", "ModifyIndex");

    private static readonly JsonShape ListShape = new(
        "Name", "Type", "DisplayName?", "Description?", "MaxTokenTTL?", "TokenLocality?", "CreateIndex", "ModifyIndex");

    private static readonly Option<string?> Format = Flag.Format();
    private static readonly Option<string?> Name = Flag.Text("name", "The method's name.");
    private static readonly Option<string?> Type = Flag.Text("type", "The kind of the method: jwt or kubernetes.");
    private static readonly Option<string?> DisplayName = Flag.Text("display-name", "What pages call it.");
    private static readonly Option<string?> Description = Flag.Text("description", "What it is for.");
    private static readonly Option<string?> TokenTtl = Flag.Text("max-token-ttl", "How long its tokens hold, for instance 5m.");
    private static readonly Option<string?> Locality = Flag.Text("token-locality", "Whether its tokens are local or global.");
    private static readonly Option<string?> Config = Flag.Text("config", "Its settings as JSON: a text, @FILE, or - for standard input.");
    private static readonly Option<bool> NoMerge = Flag.Switch("no-merge", "What is not said becomes empty.");

    private static readonly Option[] Fields = [Format, Name, Type, DisplayName, Description, TokenTtl, Locality, Config];

    public static CliCommand Create() => CliCommand.Group(
        "auth-method",
        "Auth methods: who may log in.",
        CliCommand.Asking("create", "Makes an auth method.", "acl auth-method create -type jwt -name ci -config @ci.json", CreateAsync, Fields),
        CliCommand.Asking("list", "Lists all auth methods.", "acl auth-method list", ListAsync, Format),
        CliCommand.Asking("read", "Shows an auth method.", "acl auth-method read -name ci", static async call => Print(call, await FindAsync(call)), Format, Name),
        CliCommand.Asking("update", "Changes an auth method.", "acl auth-method update -name ci -max-token-ttl 5m", UpdateAsync, [.. Fields, NoMerge]),
        CliCommand.Asking("delete", "Deletes an auth method, and the tokens that it made.", "acl auth-method delete -name ci", DeleteAsync, Name));

    private static async Task<int> CreateAsync(Invocation call)
    {
        if (call.Given(Type) is null)
        {
            throw new CommandFailure("Missing required '-type' flag") { WithUsage = true };
        }

        if (call.Given(Name) is null)
        {
            throw new CommandFailure("Missing required '-name' flag") { WithUsage = true };
        }

        var method = await SetAsync(call, new JsonObject(), isMerged: false);
        return Print(call, await call.AskAsync(ApiRequest.Put(Path).With(JsonShape.Body(method)), "Failed to create new auth method: "));
    }

    private static async Task<int> ListAsync(Invocation call)
    {
        var methods = await call.AskAsync(ApiRequest.Get("/v1/acl/auth-methods"), "Failed to retrieve the auth method list: ");
        return AclText.Print(call, Format, methods, ListShape, () => string.Concat(methods.AsItems().Select(static method =>
            $"{method.Text("Name")}:\n   Type:         {method.Text("Type")}\n   Description:  {method.Text("Description")}\n")));
    }

    private static async Task<int> UpdateAsync(Invocation call)
    {
        var isMerged = !call.Of(NoMerge);
        var old = JsonObject.Create(await FindAsync(call))!;
        var method = await SetAsync(call, isMerged ? old : new JsonObject { ["Type"] = old["Type"]!.DeepClone() }, isMerged);
        return Print(call, await call.AskAsync(ApiRequest.Put(PathOf(call)).With(JsonShape.Body(method)), $"Error updating auth method \"{call.Of(Name)}\": "));
    }

    private static async Task<int> DeleteAsync(Invocation call)
    {
        await call.SendAsync(ApiRequest.Delete(PathOf(call)), $"Error deleting auth method \"{call.Of(Name)}\": ");
        return call.Done($"Auth-method \"{call.Of(Name)}\" deleted successfully");
    }

    private static async Task<JsonElement> FindAsync(Invocation call) =>
        await call.FindAsync(ApiRequest.Get(PathOf(call)), $"Error reading auth method \"{call.Of(Name)}\": ")
            ?? throw new CommandFailure($"Auth method not found with name \"{call.Of(Name)}\"");

    private static string PathOf(Invocation call) =>
        $"{Path}/{ApiRequest.Escape(call.Given(Name) ?? throw new CommandFailure("Must specify the -name parameter"))}";

    private static async Task<JsonObject> SetAsync(Invocation call, JsonObject method, bool isMerged)
    {
        Set("Name", call.Given(Name));
        Set("Type", call.Given(Type));
        Set("DisplayName", call.Given(DisplayName));
        Set("Description", call.Given(Description));
        Set("MaxTokenTTL", call.Given(TokenTtl));
        Set("TokenLocality", call.Given(Locality));
        if (call.Given(Config) is { } config)
        {
            var text = await InputFile.TextOfAsync(config, Invocation.Input, "Error loading configuration file: ");
            try
            {
                method["Config"] = JsonNode.Parse(text);
            }
            catch (JsonException error)
            {
                throw new CommandFailure("Error parsing JSON for auth method config: " + error.Message);
            }
        }

        return method;

        void Set(string name, string? value)
        {
            if (value is not null)
            {
                method[name] = value;
            }
            else if (!isMerged && name != "Type")
            {
                method.Remove(name);
            }
        }
    }

    private static int Print(Invocation call, JsonElement method) => AclText.Print(call, Format, method, Shape, () =>
    {
        var config = method.Field("Config") is { ValueKind: JsonValueKind.Object } settings ? JsonShape.Print(settings, shape: null, "  ") : "{}";
        return string.Concat(
            $"Name:          {method.Text("Name")}\nType:          {method.Text("Type")}\n",
            Line("Display Name:  ", "DisplayName"),
            $"Description:   {method.Text("Description")}\n",
            Line("Max Token TTL: ", "MaxTokenTTL"),
            Line("Locality:      ", "TokenLocality"),
            "Config:\n",
            config,
            "\n");

        string Line(string label, string name) => method.Text(name) is { Length: > 0 } value ? $"{label}{value}\n" : string.Empty;
    });
}
