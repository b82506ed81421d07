using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Acl;

/// <summary>What the commands of policies and of roles share: both have an ID, a name and a description.</summary>
/// <param name="what">The word for one.</param>
/// <param name="path">Of the endpoint for one.</param>
/// <param name="list">Of the endpoint for all.</param>
internal sealed class NamedObjects(string what, string path, string list)
{
    public Option<string?> Format { get; } = Flag.Format();

    public Option<string?> Id { get; } = Flag.Text("id", $"The {what}'s ID, or its beginning.");

    public Option<string?> Name { get; } = Flag.Text("name", $"The {what}'s name.");

    public Option<string?> Description { get; } = Flag.Text("description", "What it is for.");

    public Option<bool> NoMerge { get; } = Flag.Switch("no-merge", "What is not said becomes empty.");

    /// <summary>What errors begin with while an ID is looked for.</summary>
    public string IdFailure => $"Error determining {what} ID: ";

    /// <summary>The path of one.</summary>
    public string PathOf(string id) => $"{path}/{ApiRequest.Escape(id)}";

    /// <summary>The ID that begins so.</summary>
    /// <exception cref="CommandFailure">There is none, or more than one.</exception>
    public Task<string> IdAsync(Invocation call, string begin) => IdBeginning.ResolveAsync(call, begin, list, IdFailure, what);

    /// <summary>The name that a new one needs.</summary>
    /// <exception cref="CommandFailure">It is not said.</exception>
    public string NewName(Invocation call) => call.Given(Name) ?? throw new CommandFailure("Missing require '-name' flag") { WithUsage = true };

    /// <summary>The name, where there is no ID.</summary>
    /// <exception cref="CommandFailure">There is neither.</exception>
    public string NameOf(Invocation call) => call.Given(Name) ?? throw new CommandFailure("Must specify either the -id or -name parameters");

    public Task<JsonElement> AllAsync(Invocation call, string? failure = null) => call.AskAsync(ApiRequest.Get(list), failure ?? $"Failed to retrieve the {what} list: ");

    public Task<JsonElement> MakeAsync(Invocation call, JsonObject body) =>
        call.AskAsync(ApiRequest.Put(path).With(JsonShape.Body(body)), $"Failed to create new {what}: ");

    public async Task<JsonObject> CurrentAsync(Invocation call, string id) =>
        JsonObject.Create(await call.AskAsync(ApiRequest.Get(PathOf(id)), $"Error when retrieving current {what}: "))!;

    public Task<JsonElement> ChangeAsync(Invocation call, string id, JsonObject body) =>
        call.AskAsync(ApiRequest.Put(PathOf(id)).With(JsonShape.Body(body)), $"Error updating {what} \"{id}\": ");

    public async Task<int> DeleteAsync(Invocation call, string id)
    {
        await call.SendAsync(ApiRequest.Delete(PathOf(id)), $"Error deleting {what} \"{id}\": ");
        return call.Done($"{char.ToUpperInvariant(what[0])}{what[1..]} \"{id}\" deleted successfully");
    }

    /// <summary>Sets what flags say of texts; unless it is merged, what they do not say becomes empty.</summary>
    public void SetTexts(Invocation call, JsonObject body, bool isMerged)
    {
        SetText(body, "Name", call.Given(Name), isMerged);
        SetText(body, "Description", call.Given(Description), isMerged);
    }

    /// <summary>The same of another text.</summary>
    public static void SetText(JsonObject body, string name, string? value, bool isMerged)
    {
        if (value is not null || !isMerged)
        {
            body[name] = value ?? string.Empty;
        }
    }
}
