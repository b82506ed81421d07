using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Acl;

/// <summary><c>acl binding-rule …</c>.</summary>
internal static class BindingRuleCommands
{
    private const string Path = "/v1/acl/binding-rule";
    private const string ListPath = "/v1/acl/binding-rules";

    private static readonly JsonShape Shape = new("ID", "Description", "AuthMethod", "BindType", "BindName", "Selector", "CreateIndex", "ModifyIndex");
    private static readonly Option<string?> Format = Flag.Format();
    private static readonly Option<string?> Id = Flag.Text("id", "The rule's ID, or its beginning.");
    private static readonly Option<string?> Method = Flag.Text("method", "The auth method that it belongs to.");
    private static readonly Option<string?> Description = Flag.Text("description", "What it is for.");
    private static readonly Option<string?> Selector = Flag.Text("selector", "A filter: only those who log in so.");
    private static readonly Option<string?> BindType = Flag.Text("bind-type", "What their tokens get: service, node or role.");
    private static readonly Option<string?> BindName = Flag.Text("bind-name", "Its name; may hold ${…}.");
    private static readonly Option<bool> NoMerge = Flag.Switch("no-merge", "What is not said becomes empty.");

    public static CliCommand Create() => CliCommand.Group(
        "binding-rule",
        "Binding rules: what those who log in may do.",
        CliCommand.Asking(
            "create", "Makes a binding rule.", "acl binding-rule create -method ci -bind-type service -bind-name web", CreateAsync, Format, Method, Description, Selector, BindType, BindName),
        CliCommand.Asking("list", "Lists all binding rules.", "acl binding-rule list -method ci", ListAsync, Format, Method),
        CliCommand.Asking("read", "Shows a binding rule.", "acl binding-rule read -id 4f3f19fe", ReadAsync, Format, Id),
        CliCommand.Asking(
            "update", "Changes a binding rule.", "acl binding-rule update -id 4f3f19fe -bind-name db", UpdateAsync, Format, Id, Description, Selector, BindType, BindName, NoMerge),
        CliCommand.Asking("delete", "Deletes a binding rule.", "acl binding-rule delete -id 4f3f19fe", DeleteAsync, Id));

    private static async Task<int> CreateAsync(Invocation call)
    {
        if (call.Given(Method) is not { } method)
        {
            throw new CommandFailure("Missing required '-method' flag") { WithUsage = true };
        }

        if (call.Given(BindType) is null || call.Given(BindName) is null)
        {
            throw new CommandFailure($"Missing required '-bind-{(call.Given(BindType) is null ? "type" : "name")}' flag") { WithUsage = true };
        }

        var rule = Set(call, new JsonObject { ["AuthMethod"] = method }, isMerged: false);
        return Print(call, await call.AskAsync(ApiRequest.Put(Path).With(JsonShape.Body(rule)), "Failed to create new binding rule: "));
    }

    private static async Task<int> ListAsync(Invocation call)
    {
        var rules = await call.AskAsync(ApiRequest.Get(ListPath).With("authmethod", call.Given(Method)), "Failed to retrieve the binding rule list: ");
        return AclText.Print(call, Format, rules, Shape, () => string.Concat(rules.AsItems().Select(static rule => $"{rule.Text("ID")}:\n{Text(rule, "   ")}")));
    }

    private static async Task<int> ReadAsync(Invocation call)
    {
        var id = await IdAsync(call);
        return Print(call, await FindAsync(call, id));
    }

    private static async Task<int> UpdateAsync(Invocation call)
    {
        var id = await IdAsync(call);
        var rule = Set(call, JsonObject.Create(await FindAsync(call, id))!, isMerged: !call.Of(NoMerge));
        return Print(call, await call.AskAsync(ApiRequest.Put(PathOf(id)).With(JsonShape.Body(rule)), $"Error updating binding rule \"{id}\": "));
    }

    private static async Task<int> DeleteAsync(Invocation call)
    {
        var id = await IdAsync(call);
        await call.SendAsync(ApiRequest.Delete(PathOf(id)), $"Error deleting binding rule \"{id}\": ");
        return call.Done($"Binding rule \"{id}\" deleted successfully");
    }

    private static async Task<JsonElement> FindAsync(Invocation call, string id) =>
        await call.FindAsync(ApiRequest.Get(PathOf(id)), $"Error reading binding rule \"{id}\": ") ?? throw new CommandFailure($"Binding rule not found with ID \"{id}\"");

    private static Task<string> IdAsync(Invocation call) => IdBeginning.ResolveAsync(
        call, call.Given(Id) ?? throw new CommandFailure("Must specify the -id parameter"), ListPath, "Error determining binding rule ID: ", "rule");

    private static string PathOf(string id) => $"{Path}/{ApiRequest.Escape(id)}";

    private static JsonObject Set(Invocation call, JsonObject rule, bool isMerged)
    {
        foreach (var (name, flag) in new[] { ("Description", Description), ("Selector", Selector), ("BindType", BindType), ("BindName", BindName) })
        {
            if (call.Given(flag) is not null || !isMerged)
            {
                rule[name] = call.Of(flag);
            }
        }

        return rule;
    }

    private static int Print(Invocation call, JsonElement rule) => AclText.Print(call, Format, rule, Shape, () => $"ID:           {rule.Text("ID")}\n{Text(rule, string.Empty)}");

    private static string Text(JsonElement rule, string indent) => string.Concat(new[]
    {
        ("AuthMethod:   ", "AuthMethod"), ("Description:  ", "Description"), ("BindType:     ", "BindType"), ("BindName:     ", "BindName"), ("Selector:     ", "Selector"),
    }.Select(field => $"{indent}{field.Item1}{rule.Text(field.Item2)}\n"));
}
