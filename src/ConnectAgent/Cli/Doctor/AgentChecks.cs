using System.Globalization;
using System.Text.Json;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Cli.Inspection;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Doctor;

/// <summary>A running agent: whether it answers, and what it says of its token, its roots, its leaves and its servers.</summary>
internal static class AgentChecks
{
    private const string SetToken = "give one with -token-file or CONSUL_HTTP_TOKEN_FILE";

    public static async Task<List<Finding>> OfAsync(AgentApi api, string address, TimeProvider clock, CancellationToken cancellationToken)
    {
        var name = "agent at " + address;
        List<Finding> findings = [];
        try
        {
            var roots = await api.SendAsync(ApiRequest.Get("/v1/agent/connect/ca/roots"), cancellationToken);
            findings.Add(Finding.Ok(name + ": answers"));
            if (CertificateChecks.OfClock(name, roots.Header("Date"), clock.GetUtcNow()) is { } time)
            {
                findings.Add(time);
            }

            findings.Add(CertificateChecks.OfRoots(roots.Json(), clock.GetUtcNow()));
        }
        catch (ApiException error) when (error.Status == 0)
        {
            return [Finding.Warn($"{name}: {error.Message}", "start it, or name its address with -http-addr: what an agent is asked for is left out here")];
        }
        catch (ApiException error)
        {
            findings.Add(Finding.Fail($"{name}: {error.Message}", "do what it says, and look at the agent's log"));
        }

        findings.Add(await GuardedAsync("token", () => TokenAsync(api, cancellationToken)));
        findings.AddRange(await GuardedAsync("servers", async () => Servers((await api.SendAsync(ApiRequest.Get("/v1/agent/connect/servers"), cancellationToken)).Json())));
        findings.AddRange(await GuardedAsync("leaves", async () =>
            CertificateChecks.OfLeaves(await CacheEntries.ReadAsync(api, "connect-ca-leaf", filter: null, cancellationToken), clock.GetUtcNow())));
        return findings;
    }

    private static async Task<Finding> GuardedAsync(string name, Func<Task<Finding>> check) => (await GuardedAsync(name, async () => new[] { await check() })).Single();

    private static async Task<IEnumerable<Finding>> GuardedAsync(string name, Func<Task<IEnumerable<Finding>>> check)
    {
        try
        {
            return await check();
        }
        catch (ApiException error) when (error.Status == 403)
        {
            return [Finding.Warn($"{name}: are not shown: the token has no right to see them", "use a token with agent:read")];
        }
        catch (ApiException error)
        {
            return [Finding.Warn($"{name}: {error.Message}", "look at the agent's log")];
        }
    }

    private static Task<Finding> TokenAsync(AgentApi api, CancellationToken cancellationToken) =>
        ServerChecks.TokenAsync(api, "token of this command", SetToken, cancellationToken);

    private static IEnumerable<Finding> Servers(JsonElement servers) => servers.AsItems().Select(static server =>
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"server {server.Text("Address")}, as the agent sees it");
        return server.Text("State") switch
        {
            "healthy" => Finding.Ok(name + ": healthy"),
            "failing" => Finding.Fail($"{name}: {server.Field("LastError").Text("Text")}", "look at the network and the server"),
            _ => Finding.Ok(name + ": not asked yet"),
        };
    });
}
