using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Acl;

/// <summary><c>acl policy …</c>.</summary>
internal static class PolicyCommands
{
    private const string Path = "/v1/acl/policy";
    private const string ListPath = "/v1/acl/policies";
    private const string IdFailure = "Error determining policy ID: ";

    private static readonly Option<string?> Format = Flag.Format();
    private static readonly Option<string?> Id = Flag.Text("id", "The policy's ID, or its beginning.");
    private static readonly Option<string?> Name = Flag.Text("name", "The policy's name.");
    private static readonly Option<string?> Description = Flag.Text("description", "What it is for.");
    private static readonly Option<string?> Rules = Flag.Text("rules", "The rules: a text, @FILE, or - for standard input.");
    private static readonly Option<string[]> Datacenters = Flag.Texts("valid-datacenter", "A datacenter where it holds; everywhere unless it is said.");
    private static readonly Option<bool> NoMerge = Flag.Switch("no-merge", "What is not said becomes empty.");

    public static CliCommand Create() => CliCommand.Group(
        "policy",
        "Policies: rules under a name.",
        CliCommand.Asking("create", "Makes a policy.", "acl policy create -name web -rules @web.hcl", CreateAsync, Format, Name, Description, Rules, Datacenters),
        CliCommand.Asking("list", "Lists all policies.", "acl policy list", static async call => AclText.Policies(
            call, Format, await ListAsync(call, "Failed to retrieve the policy list: ")), Format),
        CliCommand.Asking("read", "Shows a policy.", "acl policy read -name web", ReadAsync, Format, Id, Name),
        CliCommand.Asking("update", "Changes a policy.", "acl policy update -name web -rules @web.hcl", UpdateAsync, Format, Id, Name, Description, Rules, Datacenters, NoMerge),
        CliCommand.Asking("delete", "Deletes a policy.", "acl policy delete -name web", DeleteAsync, Id, Name));

    /// <summary>The ID that begins so.</summary>
    /// <exception cref="CommandFailure">There is none, or more than one.</exception>
    public static Task<string> IdAsync(Invocation call, string begin) => IdBeginning.ResolveAsync(call, begin, ListPath, IdFailure, "policy");

    private static Task<JsonElement> ListAsync(Invocation call, string failure) => call.AskAsync(ApiRequest.Get(ListPath), failure);

    private static string PathOf(string id) => $"{Path}/{ApiRequest.Escape(id)}";

    private static async Task<int> CreateAsync(Invocation call)
    {
        if (call.Given(Name) is null)
        {
            throw new CommandFailure("Missing require '-name' flag") { WithUsage = true };
        }

        return AclText.Policy(call, Format, await call.AskAsync(
            ApiRequest.Put(Path).With(JsonShape.Body(await SetAsync(call, new JsonObject(), isMerged: false))), "Failed to create new policy: "));
    }

    private static async Task<int> ReadAsync(Invocation call)
    {
        var id = await IdAsync(call);
        return AclText.Policy(call, Format, await call.AskAsync(ApiRequest.Get(PathOf(id)), $"Error reading policy \"{id}\": "));
    }

    private static async Task<int> UpdateAsync(Invocation call)
    {
        var id = call.Given(Id) is { } begin ? await IdAsync(call, begin) : call.Given(Name) is { } name
            ? await NamedAsync(call, name)
            : throw new CommandFailure("Cannot update a policy without specifying the -id or -name parameters");
        var isMerged = !call.Of(NoMerge);
        var old = isMerged ? JsonObject.Create(await call.AskAsync(ApiRequest.Get(PathOf(id)), "Error when retrieving current policy: "))! : new JsonObject { ["ID"] = id };
        var policy = await SetAsync(call, old, isMerged);
        return AclText.Policy(call, Format, await call.AskAsync(ApiRequest.Put(PathOf(id)).With(JsonShape.Body(policy)), $"Error updating policy \"{id}\": "));
    }

    private static async Task<int> DeleteAsync(Invocation call)
    {
        var id = await IdAsync(call);
        await call.SendAsync(ApiRequest.Delete(PathOf(id)), $"Error deleting policy \"{id}\": ");
        return call.Done($"Policy \"{id}\" deleted successfully");
    }

    private static async Task<JsonObject> SetAsync(Invocation call, JsonObject policy, bool isMerged)
    {
        Set("Name", call.Given(Name));
        Set("Description", call.Given(Description));
        Set("Rules", call.Given(Rules) is { } rules ? await InputFile.TextOfAsync(rules, Invocation.Input, "Error loading rules: ") : null);
        if (call.Of(Datacenters) is { Length: > 0 } datacenters)
        {
            policy["Datacenters"] = new JsonArray([.. datacenters.Select(static name => (JsonNode)name)]);
        }

        return policy;

        void Set(string name, string? value)
        {
            if (value is not null || !isMerged)
            {
                policy[name] = value ?? string.Empty;
            }
        }
    }

    private static async Task<string> IdAsync(Invocation call) => call.Given(Id) is { } begin
        ? await IdAsync(call, begin)
        : await NamedAsync(call, call.Given(Name) ?? throw new CommandFailure("Must specify either the -id or -name parameters"));

    private static async Task<string> NamedAsync(Invocation call, string name) =>
        (await ListAsync(call, IdFailure)).AsItems().Where(policy => policy.Text("Name") == name).Select(static policy => policy.Text("ID")).FirstOrDefault()
            ?? throw new CommandFailure($"{IdFailure}No such policy with name {name}");
}
