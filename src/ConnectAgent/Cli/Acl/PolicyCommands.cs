using System.CommandLine;
using System.Text.Json.Nodes;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Acl;

/// <summary><c>acl policy …</c>.</summary>
internal static class PolicyCommands
{
    private static readonly NamedObjects Policies = new("policy", "/v1/acl/policy", "/v1/acl/policies");
    private static readonly Option<string?> Rules = Flag.Text("rules", "The rules: a text, @FILE, or - for standard input.");
    private static readonly Option<string[]> Datacenters = Flag.Texts("valid-datacenter", "A datacenter where it holds; everywhere unless it is said.");

    public static CliCommand Create() => CliCommand.Group(
        "policy",
        "Policies: rules under a name.",
        CliCommand.Asking(
            "create", "Makes a policy.", "acl policy create -name web -rules @web.hcl", CreateAsync, Policies.Format, Policies.Name, Policies.Description, Rules, Datacenters),
        CliCommand.Asking("list", "Lists all policies.", "acl policy list", static async call => AclText.Policies(call, Policies.Format, await Policies.AllAsync(call)), Policies.Format),
        CliCommand.Asking("read", "Shows a policy.", "acl policy read -name web", ReadAsync, Policies.Format, Policies.Id, Policies.Name),
        CliCommand.Asking(
            "update", "Changes a policy.", "acl policy update -name web -rules @web.hcl", UpdateAsync,
            Policies.Format, Policies.Id, Policies.Name, Policies.Description, Rules, Datacenters, Policies.NoMerge),
        CliCommand.Asking(
            "delete", "Deletes a policy.", "acl policy delete -name web", static async call => await Policies.DeleteAsync(call, await IdAsync(call)), Policies.Id, Policies.Name));

    /// <inheritdoc cref="NamedObjects.IdAsync"/>
    public static Task<string> IdAsync(Invocation call, string begin) => Policies.IdAsync(call, begin);

    private static async Task<int> CreateAsync(Invocation call)
    {
        _ = Policies.NewName(call);
        return AclText.Policy(call, Policies.Format, await Policies.MakeAsync(call, await SetAsync(call, new JsonObject(), isMerged: false)));
    }

    private static async Task<int> ReadAsync(Invocation call)
    {
        var id = await IdAsync(call);
        return AclText.Policy(call, Policies.Format, await call.AskAsync(ApiRequest.Get(Policies.PathOf(id)), $"Error reading policy \"{id}\": "));
    }

    private static async Task<int> UpdateAsync(Invocation call)
    {
        if (call.Given(Policies.Id) is null && call.Given(Policies.Name) is null)
        {
            throw new CommandFailure("Cannot update a policy without specifying the -id or -name parameters");
        }

        var id = await IdAsync(call);
        var isMerged = !call.Of(Policies.NoMerge);
        var old = isMerged ? await Policies.CurrentAsync(call, id) : new JsonObject { ["ID"] = id };
        return AclText.Policy(call, Policies.Format, await Policies.ChangeAsync(call, id, await SetAsync(call, old, isMerged)));
    }

    private static async Task<JsonObject> SetAsync(Invocation call, JsonObject policy, bool isMerged)
    {
        Policies.SetTexts(call, policy, isMerged);
        NamedObjects.SetText(policy, "Rules", call.Given(Rules) is { } rules ? await InputFile.TextOfAsync(rules, Invocation.Input, "Error loading rules: ") : null, isMerged);
        if (call.Of(Datacenters) is { Length: > 0 } datacenters)
        {
            policy["Datacenters"] = new JsonArray([.. datacenters.Select(static name => (JsonNode)name)]);
        }

        return policy;
    }

    private static async Task<string> IdAsync(Invocation call)
    {
        if (call.Given(Policies.Id) is { } begin)
        {
            return await Policies.IdAsync(call, begin);
        }

        var name = Policies.NameOf(call);
        return (await Policies.AllAsync(call, Policies.IdFailure)).AsItems().Where(policy => policy.Text("Name") == name).Select(static policy => policy.Text("ID")).FirstOrDefault()
            ?? throw new CommandFailure($"{Policies.IdFailure}No such policy with name {name}");
    }
}
