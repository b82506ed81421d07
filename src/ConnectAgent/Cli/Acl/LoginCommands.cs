using System.CommandLine;
using System.Text;
using ConnectAgent.Caching.Files;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Acl;

/// <summary><c>login</c> and <c>logout</c>: a token for a credential of an auth method, and its end.</summary>
internal static class LoginCommands
{
    private static readonly Option<string?> Method = Flag.Text("method", "The name of the auth method.");
    private static readonly Option<string?> BearerFile = Flag.Text("bearer-token-file", "The file that holds the credential.");
    private static readonly Option<string?> SinkFile = Flag.Text("token-sink-file", "The file that gets the token, with mode 0600.");
    private static readonly Option<string[]> Meta = Flag.Texts("meta", "A key=value pair that is kept with the token.");

    public static IEnumerable<CliCommand> Create() =>
    [
        CliCommand.Asking("login", "Gets a token for the credential of an auth method.", "login -method ci -bearer-token-file jwt -token-sink-file token", LoginAsync, Method, BearerFile, SinkFile, Meta),
        CliCommand.Asking("logout", "Ends a token that login made.", "logout -token-file token", static async call =>
        {
            await call.SendAsync(ApiRequest.Post("/v1/acl/logout"), "Error destroying token: ");
            return 0;
        }),
    ];

    private static async Task<int> LoginAsync(Invocation call)
    {
        var (method, bearer, sink) = (Required(call, Method), Required(call, BearerFile), Required(call, SinkFile));
        var credential = Encoding.UTF8.GetString(InputFile.Read(bearer, string.Empty)).Trim();
        if (credential.Length == 0)
        {
            throw new CommandFailure($"No bearer token found in {bearer}");
        }

        var meta = call.Pairs(Meta);
        var body = JsonShape.Body(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("AuthMethod", method);
            writer.WriteString("BearerToken", credential);
            JsonShape.WriteMap(writer, "Meta", meta);
            writer.WriteEndObject();
        });
        var token = await call.AskAsync(ApiRequest.Post("/v1/acl/login").With(body), "Error logging in: ");
        try
        {
            PrivateFile.Replace(sink, stream => stream.Write(Encoding.UTF8.GetBytes(token.Text("SecretID"))), overwrite: true);
            return 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"Error writing token to file sink '{sink}': {error.Message}");
        }
    }

    private static string Required(Invocation call, Option<string?> flag) =>
        call.Given(flag) ?? throw new CommandFailure($"Missing required '{flag.Name}' flag") { WithUsage = true };
}
