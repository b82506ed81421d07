using System.Net.Sockets;
using System.Text;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Configuration;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using ConnectAgent.Testing;
using FluentAssertions;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace ConnectAgent.Tests.Http.Wire;

/// <summary>Where a request's token comes from (acl section 3), under whatever callers send: a clear answer each time, and work in proportion.</summary>
public sealed class TokenSourceFuzzTests
{
    private const int Inputs = 100_000;
    private const string Default = "the-default-token";
    private const string Known = "11111111-aaaa-bbbb-cccc-000000000001";

    private static readonly string[] Words =
    [
        "", " ", "  ", "\t", "Bearer", "bearer", "BEARER ", "Bearer\t", "Basic", "Bearer Bearer", Known, Known.ToUpperInvariant(), "anonymous", "allow",
        "deny", "manage", "%", "%zz", "%20", "%00", "+", "&", "=", "==", "&token=", ";", "token", "Token", "?", "#", "\0", "\r", "\u00e9", "\u212a",
        "\ud800", "\u202e", "\uffff", "'", "\"", "<", "{", "../",
    ];

    [Fact] // ACL-REQ-1 to ACL-REQ-4
    public async Task Whatever_is_sent_as_a_token_gets_a_clear_answer_and_bounded_work()
    {
        // Given
        using var state = new StateStore(new MemoryStateStorage(), ControlPlaneTables.All);
        var clock = new ManualTimeProvider();
        await new AclTokenStore(state, clock).InitializeAsync(Known);
        var resolver = new TokenResolver(
            state, new AclOptions { Enabled = true, DefaultAllow = false }, new ConnectAgent.Protocol.Tokens.RecoveryToken("node1"), clock);
        var agent = new AgentIdentity("dc1", "node1", true, Default, DefaultDecision.Deny);
        var settings = new WireOptions { DefaultPolicy = "deny" };

        // What is worked out once is no work of the one who comes first.
        resolver.Resolve(Known);
        resolver.Resolve("anonymous");
        var random = new Random(4711);
        var (resolved, unknown, roots, refused, most) = (0, 0, 0, 0, 0L);
        for (var number = 0; number < Inputs; number++)
        {
            var query = random.Next(3) == 0 ? string.Empty : (random.Next(3) == 0 ? "token=" : string.Empty) + Text(random);
            var header = random.Next(3) == 0 ? Text(random) : null;
            var authorization = random.Next(2) == 0 ? Text(random) : null;
            var context = new DefaultHttpContext();
            if (header is not null)
            {
                context.Request.Headers["X-Consul-Token"] = header;
            }

            if (authorization is not null)
            {
                context.Request.Headers.Authorization = authorization;
            }

            // When
            var before = GC.GetAllocatedBytesForCurrentThread();
            var parsed = WireQuery.Parse(query);
            var token = parsed is null ? null : new WireRequest(context, parsed, string.Empty, agent, settings).Token();
            if (token is null)
            {
                refused++;
                continue;
            }

            try
            {
                resolver.Resolve(token);
                resolved++;
            }
            catch (ServerException error) when (error.Kind == FailureKind.UnknownToken)
            {
                error.Message.Should().Be("ACL not found");
                unknown++;
            }
            catch (ServerException error)
            {
                error.Message.Should().Be("Cannot resolve root ACL");
                roots++;
            }

            // Then
            var size = query.Length + (header?.Length ?? 0) + (authorization?.Length ?? 0);
            most = Math.Max(most, (GC.GetAllocatedBytesForCurrentThread() - before) / (size + 256));
            token.Should().Be(Expected(parsed!, header, authorization));
        }

        (resolved + unknown + roots + refused).Should().Be(Inputs);
        new[] { resolved, unknown, roots, refused }.Should().OnlyContain(count => count > 100, "each outcome is met");
        most.Should().BeLessThan(64, "what a token costs grows with its length, and no faster");
    }

    [Fact] // the whole way, bytes that no client library sends
    public async Task Odd_bytes_on_the_wire_never_break_a_request()
    {
        await using var agent = await InProcessAgent.StartAsync("deny", values => values.Set(AclKeys.DefaultToken, null));
        var random = new Random(4712);
        Dictionary<string, int> seen = new(StringComparer.Ordinal);
        for (var number = 0; number < 2_000; number++)
        {
            var status = await SendAsync(agent.Address.Port, Request(random));
            seen[status] = seen.GetValueOrDefault(status) + 1;
        }

        seen.Keys.Should().OnlyContain(status => status == "200" || status == "400" || status == "403" || status == "500 clear");
        seen.Should().ContainKeys("400", "403");
        (await agent.SendAsync("GET", "/v1/agent/self", token: "root")).Status.Should().Be(200);
    }

    private static byte[] Request(Random random)
    {
        using var bytes = new MemoryStream();
        Write("GET /v1/agent/self");
        if (random.Next(2) == 0)
        {
            Write("?token=" + Uri.EscapeDataString(Text(random).Replace('\ud800', 'x')));
        }

        Write(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        foreach (var name in new[] { "X-Consul-Token: ", "Authorization: Bearer ", "Authorization: " }.Where(_ => random.Next(3) == 0))
        {
            Write(name);
            var value = new byte[random.Next(80)];
            random.NextBytes(value);
            bytes.Write(random.Next(2) == 0 ? value : Encoding.ASCII.GetBytes(Convert.ToHexString(value)));
            Write("\r\n");
        }

        Write("\r\n");
        return bytes.ToArray();

        void Write(string text) => bytes.Write(Encoding.ASCII.GetBytes(text));
    }

    private static async Task<string> SendAsync(int port, byte[] request)
    {
        using var socket = new TcpClient("127.0.0.1", port);
        var stream = socket.GetStream();
        await stream.WriteAsync(request);
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer);
        }
        catch (IOException)
        {
            // Reset, because it sent more than was read: what came counts.
        }

        var text = Encoding.UTF8.GetString(answer.GetBuffer(), 0, (int)answer.Length);
        var status = text.Split(' ')[1];
        return status == "500" && (text.Contains("Cannot resolve root ACL", StringComparison.Ordinal) || text.EndsWith("\r\n\r\n", StringComparison.Ordinal))
            ? "500 clear"
            : status;
    }

    private static string Text(Random random)
    {
        var text = new StringBuilder();
        for (var words = random.Next(5); words > 0; words--)
        {
            text.Append(random.Next(20) == 0 ? new string((char)random.Next(1, 0x3000), random.Next(3000)) : Words[random.Next(Words.Length)]);
        }

        return text.ToString();
    }

    // ACL-REQ-1, ACL-REQ-2, said once more and differently.
    private static string Expected(WireQuery query, string? header, string? authorization)
    {
        var bearer = (authorization ?? string.Empty).Split(' ', 2) is [var scheme, var rest]
            && string.Equals(scheme, "bearer", StringComparison.OrdinalIgnoreCase)
            ? (" " + rest).Trim().Split(' ')[0]
            : string.Empty;
        var token = new[] { query.Pairs.FirstOrDefault(pair => pair.Name == "token").Value, header, bearer, Default }.First(source => !string.IsNullOrEmpty(source))!;

        // FA-1: no token is that long.
        return Encoding.UTF8.GetBytes(token).Length > 4096 ? "\0unknown" : token;
    }
}
