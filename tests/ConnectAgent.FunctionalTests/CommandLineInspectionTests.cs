using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Authority;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary><c>roots get</c>, <c>authorize</c>, <c>revoke</c>, <c>servers</c> and <c>cache</c> against the published daemon.</summary>
public sealed class CommandLineInspectionTests
{
    private const string Web = "spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/web";

    [Fact]
    public async Task Roots_get_prints_what_certificates_are_verified_with()
    {
        await using var agent = await AgentProcess.StartAsync();
        var (exit, roots, errors) = await agent.CommandAsync("roots", "get");
        (exit, errors).Should().Be((0, string.Empty));
        CertificateJudge.Accept((await agent.CommandAsync("leaf", "get", "web")).Output, roots).Should().Be(Web);
        JsonNode.Parse((await agent.CommandAsync("roots", "get", "-format=json")).Output)!["TrustDomain"]!.GetValue<string>().Should().EndWith(".consul");
    }

    [Fact]
    public async Task Authorize_says_whether_and_why()
    {
        // Given
        await using var agent = await AgentProcess.StartAsync();
        (await agent.CommandAsync("intention", "create", "-deny", "web", "db")).ExitCode.Should().Be(0);
        (await agent.CommandAsync("intention", "create", "-allow", "*", "db")).ExitCode.Should().Be(0);
        (await agent.CommandAsync("authorize", "cache", Web)).Should().Be((0, "Allowed: ACLs disabled, access is allowed by default\n", string.Empty));

        // When, then
        const string Denied = @"Denied: Matched L4 intention: default/web => default/db \(ID: [0-9a-f-]{36}, Precedence: 9, Action: DENY\)" + "\n";
        var (exit, output, errors) = await agent.CommandAsync("authorize", "db", Web);
        (exit, errors).Should().Be((1, string.Empty));
        output.Should().MatchRegex($"^{Denied}$");
        (exit, var explained, _) = await agent.CommandAsync("authorize", "-explain", "db", Web);
        exit.Should().Be(1);
        explained.Should().MatchRegex($"^{Denied}\n" + """
            Decided by: +intention
            Matched: +web => db \(deny\), precedence 9
            Beaten: +\* => db \(allow\), precedence 8
            Beaten in all: +1
            Candidates: +2
            Default: +allow, not used: an intention decided
            Cache: +HIT, [0-9]+ s old, index [0-9]+

            """);
        JsonNode.Parse((await agent.CommandAsync("authorize", "-explain", "-format=json", "db", Web)).Output)!["DecidedBy"]!.GetValue<string>().Should().Be("intention");
        (await agent.CommandAsync("authorize", "-explain", "-method", "GET", "-path", "/", "-header", "x-a=b", "cache", Web)).Output.Should().Contain("Decided by:     default");
        (await agent.CommandAsync("authorize", "db")).Should().Be((2, string.Empty, "Two arguments are required: authorize TARGET CLIENT-URI\n"));
        (await agent.CommandAsync("authorize", "db", "web")).ExitCode.Should().Be(2);
    }

    [Fact]
    public async Task Revoke_takes_a_certificate_out_of_use_and_back()
    {
        // Given
        await using var agent = await AgentProcess.StartAsync();
        var leaf = X509Certificate2.CreateFromPem((await agent.CommandAsync("leaf", "get", "web")).Output);
        (await agent.CommandAsync("authorize", "db", Web, "-serial", leaf.SerialNumber)).ExitCode.Should().Be(0);

        // When
        var (exit, output, errors) = await agent.CommandAsync("revoke", "-serial", leaf.SerialNumber);

        // Then
        (exit, errors).Should().Be((0, string.Empty));
        output.Should().MatchRegex("^Revoked: serial number [0-9a-f:]+ of dc1; the entry is kept until 20.*Z\n$");
        (await agent.CommandAsync("authorize", "db", Web, "-serial", leaf.SerialNumber)).Should().Be((1, "Denied: Certificate revoked\n", string.Empty));
        (await agent.CommandAsync("revoke", "-list")).Output.Should().MatchRegex("^Revoked +RevokedAt +ExpiresAt\nserial number [0-9a-f:]+ of dc1 +20.*Z +20.*Z\n$");
        (await agent.CommandAsync("revoke", "-undo", "-serial", leaf.SerialNumber)).Should().Be((0, "Taken back.\n", string.Empty));
        (await agent.CommandAsync("authorize", "db", Web, "-serial", leaf.SerialNumber)).ExitCode.Should().Be(0);
        (await agent.CommandAsync("revoke", "-undo", "-serial", leaf.SerialNumber)).Errors.Should().Be(
            "Error taking the revocation back: Unexpected response code: 404 (Revocation not found)\n");

        // All of a service
        (await agent.CommandAsync("revoke", "-spiffe-id", Web)).Output.Should().StartWith($"Revoked: {Web} up to 20");
        (await agent.CommandAsync("authorize", "db", Web, "-serial", leaf.SerialNumber)).ExitCode.Should().Be(1);
        (await agent.CommandAsync("revoke")).Should().Be((1, string.Empty, "Exactly one of -serial and -spiffe-id must be given; -list shows what is revoked\n"));
    }

    [Fact]
    public async Task Servers_shows_how_they_are()
    {
        await using var server = await AgentProcess.StartAsync();
        (await server.CommandAsync("servers")).Output.Should().MatchRegex("^Address +State +Current +.*\nembedded +healthy +true +");

        await using var client = await AgentProcess.StartClientAsync([server.Address, new Uri($"http://127.0.0.1:{FreePorts.Next()}")]);
        (await client.CommandAsync("leaf", "get", "web")).ExitCode.Should().Be(0);
        var (exit, output, errors) = await client.CommandAsync("servers");
        (exit, errors).Should().Be((0, string.Empty));
        output.Should().MatchRegex($"(?m)^{server.Address.GetLeftPart(UriPartial.Authority)} +healthy +true +[0-9.]+ +[0-9]+ +[0-9]+ ");
        JsonNode.Parse((await client.CommandAsync("servers", "-format=json")).Output)!.AsArray().Should().HaveCount(2);
    }

    [Fact]
    public async Task Cache_lists_sums_up_and_drops()
    {
        await using var agent = await AgentProcess.StartAsync();
        (await agent.CommandAsync("leaf", "get", "web")).ExitCode.Should().Be(0);
        var (exit, output, errors) = await agent.CommandAsync("cache", "list", "-kind", "connect-ca-leaf");
        (exit, errors).Should().Be((0, string.Empty));
        output.Should().MatchRegex("^ID +Kind +Key .*\n[^ ]+ +connect-ca-leaf +[^ ]*web +dc1 +scheduled ");
        (await agent.CommandAsync("cache", "list", "-filter", "State==failing")).Output.TrimEnd('\n').Should().NotContain("\n", "there is only the head");
        (await agent.CommandAsync("cache", "summary")).Output.Should().MatchRegex("^Entries +[0-9]+\nBytes +[0-9]+\n").And.MatchRegex("\nByKind.connect-ca-leaf +1\n");

        var id = (string)JsonNode.Parse((await agent.CommandAsync("cache", "list", "-kind", "connect-ca-leaf", "-format=json")).Output)![0]!["Id"]!;
        (await agent.CommandAsync("cache", "drop", id)).Should().Be((0, $"Dropped entry {id}\n", string.Empty));
        (await agent.CommandAsync("cache", "drop", id)).Should().Be((1, string.Empty, $"Error dropping entry {id}: Unexpected response code: 404 (No such cache entry)\n"));
        JsonNode.Parse((await agent.CommandAsync("cache", "list", "-kind", "connect-ca-leaf", "-format=json")).Output)!.AsArray().Should().BeEmpty();
        JsonNode.Parse((await agent.CommandAsync("cache", "summary", "-format=json")).Output)!["Entries"]!.GetValue<int>().Should().BePositive();
    }

    [Fact] // the list has more entries than one answer takes
    public async Task Cache_lists_all_entries()
    {
        await using var agent = await AgentProcess.StartAsync();
        await Parallel.ForEachAsync(Enumerable.Range(0, 1100), async (number, cancellationToken) =>
            (await agent.GetAsync($"/v1/connect/intentions/match?by=destination&name=s{number}&cached", cancellationToken)).Status.Should().Be(200));
        var listed = JsonNode.Parse((await agent.CommandAsync("cache", "list", "-kind", "intention-match", "-format=json")).Output)!.AsArray();
        listed.Select(static entry => (string)entry!["Id"]!).Should().HaveCount(1100).And.OnlyHaveUniqueItems();
    }

    [Fact] // what is refused is told in the agent's words, and no token shows
    public async Task A_token_without_the_right_is_refused_and_not_shown()
    {
        const string Secret = "5ec3e7ab-9999-1111-2222-333344445555";
        await using var agent = await AclAgent.StartAsync();
        foreach (var words in new[] { "servers", "cache list", "cache summary", "cache drop 1", "revoke -serial 01", "leaf get web", "leaf renew web", "authorize db " + Web })
        {
            var (exit, output, errors) = await agent.Process.CommandAsync([.. words.Split(' '), "-token", Secret]);
            (exit, output).Should().Be((words.StartsWith("authorize", StringComparison.Ordinal) ? 2 : 1, string.Empty));
            errors.Should().EndWith("Unexpected response code: 403 (ACL not found)\n").And.NotContain(Secret);
        }
    }
}
