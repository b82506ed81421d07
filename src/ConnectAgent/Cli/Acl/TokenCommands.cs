using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Acl;

/// <summary><c>acl token …</c>.</summary>
internal static class TokenCommands
{
    private const string Path = "/v1/acl/token";
    private const string ListPath = "/v1/acl/tokens";

    private static readonly Option<string?> Format = Flag.Format();
    private static readonly Option<string?> Id = Flag.Text("id", "The token's accessor ID, or its beginning.");
    private static readonly Option<bool> Self = Flag.Switch("self", "The token that the request is made with.");
    private static readonly Option<string?> Description = Flag.Text("description", "What it is for.");
    private static readonly Option<string?> Accessor = Flag.Text("accessor", "The accessor ID; made up unless it is said.");
    private static readonly Option<string?> Secret = Flag.Text("secret", "The token itself; made up unless it is said.");
    private static readonly Option<bool> Local = Flag.Switch("local", "It holds in this datacenter only.");
    private static readonly Option<string?> Ttl = Flag.Text("expires-ttl", "How long it holds, for instance 5m.");
    private static readonly Option<bool> MergePolicies = Flag.Switch("merge-policies", "Keeps the policies that are there.");
    private static readonly Option<bool> MergeRoles = Flag.Switch("merge-roles", "Keeps the roles that are there.");
    private static readonly Option<bool> MergeServices = Flag.Switch("merge-service-identities", "Keeps the service identities that are there.");
    private static readonly Option<bool> MergeNodes = Flag.Switch("merge-node-identities", "Keeps the node identities that are there.");
    private static readonly AclLinks Links = new(withRoles: true);

    public static CliCommand Create() => CliCommand.Group(
        "token",
        "Tokens.",
        CliCommand.Asking(
            "create", "Makes a token.", "acl token create -description web -service-identity web", CreateAsync,
            [Format, Description, Accessor, Secret, Local, Ttl, .. Links.Options]),
        CliCommand.Asking("list", "Lists all tokens.", "acl token list", static async call => AclText.Tokens(
            call, Format, await call.AskAsync(ApiRequest.Get(ListPath), "Failed to retrieve the token list: ")), Format),
        CliCommand.Asking("read", "Shows a token.", "acl token read -self", ReadAsync, Format, Id, Self),
        CliCommand.Asking("clone", "Makes a token that may do the same as another.", "acl token clone -id 8a7a82b3", CloneAsync, Format, Id, Description),
        CliCommand.Asking(
            "update", "Changes a token.", "acl token update -id 8a7a82b3 -merge-policies -policy-name web", UpdateAsync,
            [Format, Id, Description, MergePolicies, MergeRoles, MergeServices, MergeNodes, .. Links.Options]),
        CliCommand.Asking("delete", "Deletes a token.", "acl token delete -id 8a7a82b3", DeleteAsync, Id));

    /// <summary>The accessor ID that begins so.</summary>
    /// <exception cref="CommandFailure">There is none, or more than one.</exception>
    public static Task<string> IdAsync(Invocation call, string begin) =>
        IdBeginning.ResolveAsync(call, begin, ListPath, "Error determining token ID: ", "token", "AccessorID");

    /// <summary>Reads a token by its accessor ID.</summary>
    public static Task<JsonElement> ReadAsync(Invocation call, string id, string failure) => call.AskAsync(ApiRequest.Get(PathOf(id)), failure);

    private static string PathOf(string id) => $"{Path}/{ApiRequest.Escape(id)}";

    private static async Task<int> CreateAsync(Invocation call)
    {
        if (!Links.AreGiven(call))
        {
            throw new CommandFailure(
                "Cannot create a token without specifying -policy-name, -policy-id, -role-name, -role-id, -service-identity, or -node-identity at least once");
        }

        var token = new JsonObject { ["CreateIndex"] = 0, ["ModifyIndex"] = 0, ["AccessorID"] = call.Of(Accessor), ["SecretID"] = call.Of(Secret), ["Description"] = call.Of(Description) };
        await Links.SetAsync(call, token, static _ => false);
        token["Local"] = call.Of(Local);
        if (call.Given(Ttl) is { } ttl)
        {
            token["ExpirationTTL"] = ttl;
        }

        token["CreateTime"] = "0001-01-01T00:00:00Z";
        return AclText.Token(call, Format, await call.AskAsync(ApiRequest.Put(Path).With(JsonShape.Body(token)), "Failed to create new token: "));
    }

    private static async Task<int> ReadAsync(Invocation call)
    {
        if (call.Of(Self))
        {
            return AclText.Token(call, Format, await ReadAsync(call, "self", "Error reading token: "));
        }

        var id = await IdAsync(call, Required(call));
        return AclText.Token(call, Format, await ReadAsync(call, id, $"Error reading token \"{id}\": "));
    }

    private static async Task<int> CloneAsync(Invocation call)
    {
        var id = await IdAsync(call, call.Given(Id) ?? throw new CommandFailure("Cannot update a token without specifying the -id parameter"));
        var body = new JsonObject { ["Description"] = call.Of(Description) };
        return AclText.Token(call, Format, await call.AskAsync(ApiRequest.Put(PathOf(id) + "/clone").With(JsonShape.Body(body)), "Error cloning token: "));
    }

    private static async Task<int> UpdateAsync(Invocation call)
    {
        var id = await IdAsync(call, call.Given(Id) ?? throw new CommandFailure("Cannot update a token without specifying the -id parameter"));
        var token = JsonObject.Create(await ReadAsync(call, id, "Error when retrieving current token: "))!;
        if (call.Given(Description) is { } description)
        {
            token["Description"] = description;
        }

        await Links.SetAsync(call, token, name => call.Of(name switch
        {
            "Policies" => MergePolicies,
            "Roles" => MergeRoles,
            "ServiceIdentities" => MergeServices,
            _ => MergeNodes,
        }));
        return AclText.Token(call, Format, await call.AskAsync(ApiRequest.Put(PathOf(id)).With(JsonShape.Body(token)), $"Failed to update token {id}: "));
    }

    private static async Task<int> DeleteAsync(Invocation call)
    {
        var id = await IdAsync(call, Required(call));
        await call.SendAsync(ApiRequest.Delete(PathOf(id)), $"Error deleting token \"{id}\": ");
        return call.Done($"Token \"{id}\" deleted successfully");
    }

    private static string Required(Invocation call) => call.Given(Id) ?? throw new CommandFailure("Must specify the -id parameter");
}
