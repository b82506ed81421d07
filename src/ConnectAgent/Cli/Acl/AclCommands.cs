using System.CommandLine;
using System.Text;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Acl;

/// <summary><c>acl …</c> (clients section 5).</summary>
internal static class AclCommands
{
    private static readonly Option<string?> Accessor = Flag.Text("token-accessor", "The accessor ID of a token of the old kind, whose rules are translated.");
    private static readonly Option<string?> Format = Flag.Format();

    public static CliCommand Create() => CliCommand.Group(
        "acl",
        "Tokens, and what they may do.",
        CliCommand.Asking("bootstrap", "Makes the first token, which may do everything.", "acl bootstrap", BootstrapAsync, Format),
        TokenCommands.Create(),
        PolicyCommands.Create(),
        RoleCommands.Create(),
        AuthMethodCommands.Create(),
        BindingRuleCommands.Create(),
        CliCommand.Asking("set-agent-token", "Gives the agent a token of its own: default, agent, recovery, master or replication.", "acl set-agent-token default TOKEN", SetAgentTokenAsync),
        CliCommand.Asking("translate-rules", "Rewrites rules of the old kind: a text, @FILE, or - for standard input.", "acl translate-rules @rules.hcl", TranslateAsync, Accessor));

    private static async Task<int> BootstrapAsync(Invocation call) =>
        AclText.Token(call, Format, await call.AskAsync(ApiRequest.Put("/v1/acl/bootstrap"), "Failed ACL bootstrapping: "));

    private static async Task<int> SetAgentTokenAsync(Invocation call)
    {
        if (call.Words is not [var kind, var token])
        {
            throw new CommandFailure("Two arguments are required: the kind of the token, and the token") { WithUsage = true };
        }

        var name = kind switch
        {
            "default" or "agent" or "replication" => kind,
            "master" => "agent_master",
            "recovery" => "agent_recovery",
            _ => throw new CommandFailure("Unknown token type"),
        };
        var body = JsonShape.Body(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("Token", token);
            writer.WriteEndObject();
        });
        await call.SendAsync(ApiRequest.Put("/v1/agent/token/" + name).With(body), $"Failed to set ACL token \"{kind}\": ");
        return call.Done($"ACL token \"{kind}\" set successfully");
    }

    private static async Task<int> TranslateAsync(Invocation call)
    {
        string rules;
        if (call.Given(Accessor) is { } accessor)
        {
            var token = await TokenCommands.ReadAsync(call, await TokenCommands.IdAsync(call, accessor), "Error reading token: ");
            rules = token.Text("Rules") is { Length: > 0 } old ? old : throw new CommandFailure("Token is not a legacy token with rules");
        }
        else
        {
            rules = call.Words is [var value]
                ? await InputFile.TextOfAsync(value, Invocation.Input, "Failed to load rules: ")
                : throw new CommandFailure("One argument is required: the rules, @FILE, or -") { WithUsage = true };
        }

        using var content = new StringContent(rules, Encoding.UTF8, "text/plain");
        var answer = await call.SendAsync(ApiRequest.Post("/v1/acl/rules/translate").With(content), "Failed to translate rules: ");
        return call.Done(Encoding.UTF8.GetString(answer.Body.Span));
    }
}
