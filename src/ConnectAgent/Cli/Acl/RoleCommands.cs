using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Acl;

/// <summary><c>acl role …</c>.</summary>
internal static class RoleCommands
{
    private static readonly NamedObjects Roles = new("role", "/v1/acl/role", "/v1/acl/roles");
    private static readonly AclLinks Links = new(withRoles: false);

    public static CliCommand Create() => CliCommand.Group(
        "role",
        "Roles: policies and identities under a name.",
        CliCommand.Asking("create", "Makes a role.", "acl role create -name web -policy-name web", CreateAsync, [Roles.Format, Roles.Name, Roles.Description, .. Links.Options]),
        CliCommand.Asking("list", "Lists all roles.", "acl role list", static async call => AclText.Roles(call, Roles.Format, await Roles.AllAsync(call)), Roles.Format),
        CliCommand.Asking("read", "Shows a role.", "acl role read -name web", ReadAsync, Roles.Format, Roles.Id, Roles.Name),
        CliCommand.Asking(
            "update", "Changes a role.", "acl role update -id 1c6b5dfe -service-identity web", UpdateAsync,
            [Roles.Format, Roles.Id, Roles.Name, Roles.Description, Roles.NoMerge, .. Links.Options]),
        CliCommand.Asking("delete", "Deletes a role.", "acl role delete -name web", DeleteAsync, Roles.Id, Roles.Name));

    /// <inheritdoc cref="NamedObjects.IdAsync"/>
    public static Task<string> IdAsync(Invocation call, string begin) => Roles.IdAsync(call, begin);

    private static async Task<int> CreateAsync(Invocation call)
    {
        var name = Roles.NewName(call);
        if (!Links.AreGiven(call))
        {
            throw new CommandFailure("Cannot create a role without specifying -policy-name, -policy-id, -service-identity, or -node-identity at least once");
        }

        var role = new JsonObject { ["ID"] = string.Empty, ["Name"] = name, ["Description"] = call.Of(Roles.Description) };
        await Links.SetAsync(call, role, static _ => false);
        return AclText.Role(call, Roles.Format, await Roles.MakeAsync(call, role));
    }

    private static async Task<int> ReadAsync(Invocation call)
    {
        if (call.Given(Roles.Id) is not { } begin)
        {
            return AclText.Role(call, Roles.Format, await NamedAsync(call));
        }

        var id = await Roles.IdAsync(call, begin);
        return AclText.Role(call, Roles.Format, await call.FindAsync(ApiRequest.Get(Roles.PathOf(id)), $"Error reading role \"{id}\": ")
            ?? throw new CommandFailure($"Role not found with ID \"{id}\""));
    }

    private static async Task<int> UpdateAsync(Invocation call)
    {
        var id = await Roles.IdAsync(call, call.Given(Roles.Id) ?? throw new CommandFailure("Cannot update a role without specifying the -id parameter"));
        var isMerged = !call.Of(Roles.NoMerge);
        var role = await Roles.CurrentAsync(call, id);
        Roles.SetTexts(call, role, isMerged);
        await Links.SetAsync(call, role, _ => isMerged);
        return AclText.Role(call, Roles.Format, await Roles.ChangeAsync(call, id, role));
    }

    private static async Task<int> DeleteAsync(Invocation call) =>
        await Roles.DeleteAsync(call, call.Given(Roles.Id) is { } begin ? await Roles.IdAsync(call, begin) : (await NamedAsync(call)).Text("ID"));

    private static async Task<JsonElement> NamedAsync(Invocation call)
    {
        var name = Roles.NameOf(call);
        return await call.FindAsync(ApiRequest.Get($"{Roles.PathOf("name")}/{ApiRequest.Escape(name)}"), $"Error reading role \"{name}\": ")
            ?? throw new CommandFailure($"Role not found with name \"{name}\"");
    }
}
