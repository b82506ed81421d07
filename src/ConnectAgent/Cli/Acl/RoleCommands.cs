using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Acl;

/// <summary><c>acl role …</c>.</summary>
internal static class RoleCommands
{
    private const string Path = "/v1/acl/role";
    private const string ListPath = "/v1/acl/roles";
    private const string IdFailure = "Error determining role ID: ";

    private static readonly Option<string?> Format = Flag.Format();
    private static readonly Option<string?> Id = Flag.Text("id", "The role's ID, or its beginning.");
    private static readonly Option<string?> Name = Flag.Text("name", "The role's name.");
    private static readonly Option<string?> Description = Flag.Text("description", "What it is for.");
    private static readonly Option<bool> NoMerge = Flag.Switch("no-merge", "What is not said becomes empty.");
    private static readonly AclLinks Links = new(withRoles: false);

    public static CliCommand Create() => CliCommand.Group(
        "role",
        "Roles: policies and identities under a name.",
        CliCommand.Asking("create", "Makes a role.", "acl role create -name web -policy-name web", CreateAsync, [Format, Name, Description, .. Links.Options]),
        CliCommand.Asking("list", "Lists all roles.", "acl role list", static async call => AclText.Roles(
            call, Format, await ListAsync(call, "Failed to retrieve the role list: ")), Format),
        CliCommand.Asking("read", "Shows a role.", "acl role read -name web", ReadAsync, Format, Id, Name),
        CliCommand.Asking("update", "Changes a role.", "acl role update -id 1c6b5dfe -service-identity web", UpdateAsync, [Format, Id, Name, Description, NoMerge, .. Links.Options]),
        CliCommand.Asking("delete", "Deletes a role.", "acl role delete -name web", DeleteAsync, Id, Name));

    /// <summary>The ID that begins so.</summary>
    /// <exception cref="CommandFailure">There is none, or more than one.</exception>
    public static Task<string> IdAsync(Invocation call, string begin) => IdBeginning.ResolveAsync(call, begin, ListPath, IdFailure, "role");

    private static Task<JsonElement> ListAsync(Invocation call, string failure) => call.AskAsync(ApiRequest.Get(ListPath), failure);

    private static string PathOf(string id) => $"{Path}/{ApiRequest.Escape(id)}";

    private static async Task<int> CreateAsync(Invocation call)
    {
        if (call.Given(Name) is not { } name)
        {
            throw new CommandFailure("Missing require '-name' flag") { WithUsage = true };
        }

        if (!Links.AreGiven(call))
        {
            throw new CommandFailure("Cannot create a role without specifying -policy-name, -policy-id, -service-identity, or -node-identity at least once");
        }

        var role = new JsonObject { ["ID"] = string.Empty, ["Name"] = name, ["Description"] = call.Of(Description) };
        await Links.SetAsync(call, role, static _ => false);
        return AclText.Role(call, Format, await call.AskAsync(ApiRequest.Put(Path).With(JsonShape.Body(role)), "Failed to create new role: "));
    }

    private static async Task<int> ReadAsync(Invocation call)
    {
        if (call.Given(Id) is { } begin)
        {
            var id = await IdAsync(call, begin);
            return AclText.Role(call, Format, await call.FindAsync(ApiRequest.Get(PathOf(id)), $"Error reading role \"{id}\": ")
                ?? throw new CommandFailure($"Role not found with ID \"{id}\""));
        }

        return AclText.Role(call, Format, await NamedAsync(call));
    }

    private static async Task<int> UpdateAsync(Invocation call)
    {
        var id = await IdAsync(call, call.Given(Id) ?? throw new CommandFailure("Cannot update a role without specifying the -id parameter"));
        var isMerged = !call.Of(NoMerge);
        var role = JsonObject.Create(await call.AskAsync(ApiRequest.Get(PathOf(id)), "Error when retrieving current role: "))!;
        Set("Name", call.Given(Name));
        Set("Description", call.Given(Description));
        await Links.SetAsync(call, role, _ => isMerged);
        return AclText.Role(call, Format, await call.AskAsync(ApiRequest.Put(PathOf(id)).With(JsonShape.Body(role)), $"Error updating role \"{id}\": "));

        void Set(string name, string? value)
        {
            if (value is not null || !isMerged)
            {
                role[name] = value ?? string.Empty;
            }
        }
    }

    private static async Task<int> DeleteAsync(Invocation call)
    {
        var id = call.Given(Id) is { } begin ? await IdAsync(call, begin) : (await NamedAsync(call)).Text("ID");
        await call.SendAsync(ApiRequest.Delete(PathOf(id)), $"Error deleting role \"{id}\": ");
        return call.Done($"Role \"{id}\" deleted successfully");
    }

    private static async Task<JsonElement> NamedAsync(Invocation call)
    {
        var name = call.Given(Name) ?? throw new CommandFailure("Must specify either the -id or -name parameters");
        return await call.FindAsync(ApiRequest.Get($"{Path}/name/{ApiRequest.Escape(name)}"), $"Error reading role \"{name}\": ")
            ?? throw new CommandFailure($"Role not found with name \"{name}\"");
    }
}
