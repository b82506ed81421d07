using System.Net;
using System.Net.Sockets;
using System.Text;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Protocol.Services;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace ConnectAgent.Tests.Agent.Checks.Probes;

/// <summary>services CHK-3.</summary>
public class HttpProbeTests
{
    [Theory]
    [InlineData(200, "passing", "200 OK")]
    [InlineData(204, "passing", "204 No Content")]
    [InlineData(429, "warning", "429 Too Many Requests")]
    [InlineData(404, "critical", "404 Not Found")]
    [InlineData(503, "critical", "503 Service Unavailable")]
    [InlineData(304, "critical", "304 Not Modified")]
    public async Task The_status_decides(int status, string expected, string line)
    {
        await using var server = await TargetServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return status is 204 or 304 ? Task.CompletedTask : context.Response.WriteAsync("body");
        });
        var result = await LookAsync(new CheckDefinition { Http = $"{server.Address}health" });
        result.Should().Be(new CheckResult(expected, $"HTTP GET {server.Address}health: {line} Output: {(status is 204 or 304 ? "" : "body")}"));
    }

    [Fact]
    public async Task The_request_is_the_definitions_with_the_headers_of_the_reference_and_each_look_has_a_connection_of_its_own()
    {
        // Given
        List<string> seen = [];
        await using var server = await TargetServer.StartAsync(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            var headers = string.Join(", ", context.Request.Headers.OrderBy(header => header.Key, StringComparer.Ordinal).Select(header => $"{header.Key}: {header.Value}"));
            seen.Add($"{context.Request.Method} {headers} | {await body.ReadToEndAsync()}");
        });
        var definition = new CheckDefinition
        {
            Http = server.Address.ToString(),
            Method = "PUT",
            Body = "{}",
            Header = new Dictionary<string, IReadOnlyList<string>> { ["host"] = ["web.internal"], ["X-A"] = ["1", "2"], ["Content-Type"] = ["application/json"], ["accept"] = ["x/y"] },
        };

        // When
        await LookAsync(new CheckDefinition { Http = server.Address.ToString() });
        await LookAsync(definition);

        // Then
        seen.Should().Equal(
            $"GET Accept: text/plain, text/*, */*, Connection: close, Host: {server.HostPort}, User-Agent: Consul Health Check | ",
            "PUT Accept: x/y, Connection: close, Content-Length: 2, Content-Type: application/json, Host: web.internal, User-Agent: Consul Health Check, X-A: 1, 2 | {}");
        server.Connections.Should().Be(2);
    }

    [Fact]
    public async Task A_password_in_the_address_is_sent_and_not_shown()
    {
        var seen = string.Empty;
        await using var server = await TargetServer.StartAsync(context =>
        {
            seen = context.Request.Headers.Authorization.ToString();
            return Task.CompletedTask;
        });
        var result = await LookAsync(new CheckDefinition { Http = $"http://me:secret@{server.HostPort}/" });
        seen.Should().Be("Basic bWU6c2VjcmV0");
        result.Output.Should().Be($"HTTP GET http://me:xxxxx@{server.HostPort}/: 200 OK Output: ");
    }

    [Fact]
    public async Task A_password_in_what_is_no_address_is_not_shown_either() =>
        (await LookAsync(new CheckDefinition { Http = "http://me:secret@[bad" })).Output.Should().Be("HTTP GET <hidden>: no address that begins with http:// or https://");

    // services CHK-3, CHK-4
    [Fact]
    public async Task A_target_that_refuses_is_critical_with_the_words_of_the_reference()
    {
        var port = FreePorts.Next();
        var result = await LookAsync(new CheckDefinition { Http = $"http://127.0.0.1:{port}/" });
        result.Should().Be(CheckResult.Critical($"Get \"http://127.0.0.1:{port}/\": dial tcp 127.0.0.1:{port}: connect: connection refused"));
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/")]
    [InlineData("nonsense")]
    [InlineData("http://")]
    public async Task An_address_that_is_none_is_critical(string address) =>
        (await LookAsync(new CheckDefinition { Http = address })).Should().Be(CheckResult.Critical($"HTTP GET {address}: no address that begins with http:// or https://"));

    [Theory] // a second header or request would go out in the name of the check
    [InlineData("X", "a\r\nEvil: 1", "invalid header field value for \"X\"")]
    [InlineData("X", "a\nEvil: 1", "invalid header field value for \"X\"")]
    [InlineData("Content-Type", "a\r\nEvil: 1", "invalid header field value for \"Content-Type\"")]
    [InlineData("X Y", "a", "invalid header field name \"X Y\"")]
    [InlineData("", "a", "invalid header field name \"\"")]
    public async Task A_header_that_is_none_is_critical_and_nothing_is_sent(string name, string value, string words)
    {
        var asked = 0;
        await using var server = await TargetServer.StartAsync(_ =>
        {
            asked++;
            return Task.CompletedTask;
        });
        var definition = new CheckDefinition
        {
            Http = server.Address.ToString(),
            Header = new Dictionary<string, IReadOnlyList<string>> { [name] = [value] },
        };
        (await LookAsync(definition)).Should().Be(CheckResult.Critical($"Get \"{server.Address}\": net/http: {words}"));
        asked.Should().Be(0);
    }

    [Fact]
    public async Task A_method_that_is_none_is_critical() =>
        (await LookAsync(new CheckDefinition { Http = "http://127.0.0.1:1/", Method = "A B" })).Status.Should().Be(CheckStatus.Critical);

    [Fact]
    public async Task What_speaks_no_HTTP_is_critical()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var look = LookAsync(new CheckDefinition { Http = $"http://{listener.LocalEndpoint}/" });
        using var connection = await listener.AcceptSocketAsync();
        await connection.SendAsync("220 mail.example ESMTP\r\n"u8.ToArray());
        (await look).Should().Match<CheckResult>(result => result.Status == "critical" && result.Output.StartsWith($"Get \"http://{listener.LocalEndpoint}/\": "));
    }

    [Fact]
    public async Task A_port_that_accepts_and_stays_silent_is_left_at_the_time_out()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var limit = new CancellationTokenSource();
        var look = new HttpProbe(new CheckDefinition { Http = $"http://{listener.LocalEndpoint}/" }, new CheckOptions(), 4096).RunAsync(limit.Token).AsTask();
        using var connection = await listener.AcceptSocketAsync();
        (await connection.ReceiveAsync(new byte[4096])).Should().BePositive();

        // When
        await limit.CancelAsync();

        // Then: the connection is closed, too.
        await look.Awaiting(run => run).Should().ThrowAsync<OperationCanceledException>();
        (await Rest(connection)).Should().Be(0);
    }

    // services CHK-2: of a body of 1 GiB no more is read than is kept; the server sees the connection closed long before.
    [Theory]
    [InlineData("Content-Length: 1073741824", "of 1073741824 bytes)")]
    [InlineData("Connection: close", "of more bytes)")]
    public async Task A_body_of_a_GiB_is_not_read(string header, string end)
    {
        // Given
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var sent = SendAsync(listener, header);

        // When
        var result = await LookAsync(new CheckDefinition { Http = $"http://{listener.LocalEndpoint}/" });

        // Then: what is in the buffers between the two has been sent, no more.
        result.Should().Be(CheckResult.Passing(
            $"HTTP GET http://{listener.LocalEndpoint}/: 200 OK Output: {new string('x', 4096)} ... (captured 4096 {end}"));
        (await sent).Should().BeLessThan(64 << 20);
    }

    private static async Task<long> SendAsync(TcpListener listener, string header)
    {
        using var connection = await listener.AcceptSocketAsync();
        await connection.ReceiveAsync(new byte[4096]);
        await connection.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\n{header}\r\n\r\n"));
        var piece = new byte[65536];
        Array.Fill(piece, (byte)'x');
        var all = 0L;
        try
        {
            for (; all < 1L << 30; all += piece.Length)
            {
                await connection.SendAsync(piece);
            }
        }
        catch (SocketException)
        {
            // The check has closed the connection.
        }

        return all;
    }

    [Fact]
    public async Task A_body_that_drips_changes_nothing_about_the_status_and_ends_at_the_time_out()
    {
        // Given: two bytes, and then nothing more.
        using var limit = new CancellationTokenSource();
        await using var server = await TargetServer.StartAsync(async context =>
        {
            await context.Response.WriteAsync("ab");
            await context.Response.Body.FlushAsync();
            limit.CancelAfter(TimeSpan.FromSeconds(3));
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });

        // When
        var result = await new HttpProbe(new CheckDefinition { Http = server.Address.ToString() }, new CheckOptions(), 4096).RunAsync(limit.Token);

        // Then
        result.Should().Be(CheckResult.Passing($"HTTP GET {server.Address}: 200 OK Output: ab"));
    }

    [Fact]
    public async Task A_redirect_loop_stops_after_ten()
    {
        var requests = 0;
        await using var server = await TargetServer.StartAsync(context =>
        {
            requests++;
            context.Response.Redirect("/again");
            return Task.CompletedTask;
        });
        (await LookAsync(new CheckDefinition { Http = server.Address.ToString() }))
            .Should().Be(CheckResult.Critical($"Get \"{server.Address}\": stopped after 10 redirects"));
        requests.Should().Be(11);
    }

    [Theory]
    [InlineData(302, "GET")]
    [InlineData(303, "GET")]
    [InlineData(307, "POST")]
    [InlineData(308, "POST")]
    public async Task A_redirect_is_followed_with_the_method_that_its_status_says(int status, string method)
    {
        await using var server = await TargetServer.StartAsync(context =>
        {
            if (context.Request.Path == "/new")
            {
                return context.Response.WriteAsync(context.Request.Method + context.Request.Headers["X-Own"]);
            }

            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/new";
            return Task.CompletedTask;
        });
        var definition = new CheckDefinition
        {
            Http = server.Address.ToString(),
            Method = "POST",
            Body = "x",
            Header = new Dictionary<string, IReadOnlyList<string>> { ["X-Own"] = ["+own"] },
        };
        (await LookAsync(definition)).Output.Should().Be($"HTTP POST {server.Address}: 200 OK Output: {method}+own");
        (await LookAsync(definition with { DisableRedirects = true })).Status.Should().Be("critical");
    }

    [Fact]
    public async Task To_another_host_goes_nothing_that_the_definition_adds_and_a_key_forbids_going_there_at_all()
    {
        // Given: localhost is another host than 127.0.0.1.
        List<string> seen = [];
        await using var server = await TargetServer.StartAsync(context =>
        {
            if (context.Request.Path == "/new")
            {
                seen.Add($"{context.Request.Host.Host} {context.Request.Headers["X-Secret"]}{context.Request.Headers.Authorization} {context.Request.Headers.UserAgent}");
                return Task.CompletedTask;
            }

            context.Response.StatusCode = 307;
            context.Response.Headers.Location = $"http://localhost:{context.Connection.LocalPort}/new";
            return Task.CompletedTask;
        });
        var definition = new CheckDefinition
        {
            Http = $"http://me:secret@{server.HostPort}/",
            Header = new Dictionary<string, IReadOnlyList<string>> { ["X-Secret"] = ["s"], ["Host"] = ["web"] },
        };

        // When
        var followed = await LookAsync(definition);
        var stopped = await LookAsync(definition, new CheckOptions { FollowsOtherHosts = false });

        // Then
        followed.Status.Should().Be("passing");
        seen.Should().Equal("localhost  Consul Health Check");
        stopped.Should().Be(CheckResult.Critical(
            $"HTTP GET http://me:xxxxx@{server.HostPort}/: 307 Temporary Redirect Output: redirect to localhost is not followed: "
            + "connect_agent.check_redirect_other_hosts is false"));
    }

    [Fact]
    public async Task Over_TLS_the_certificate_is_verified_against_the_name_unless_the_definition_says_otherwise()
    {
        // Given
        await using var server = await TargetServer.StartAsync(_ => Task.CompletedTask, isSecure: true);
        var definition = new CheckDefinition { Http = server.Address.ToString() };
        var trusting = new CheckOptions { Tls = new CheckTls { Authorities = [TargetServer.Certificate] } };

        // When, Then
        (await LookAsync(definition)).Should().Match<CheckResult>(result => result.Status == "critical" && result.Output.Contains("tls: "));
        (await LookAsync(definition with { TlsSkipVerify = true })).Status.Should().Be("passing");
        (await LookAsync(definition, trusting)).Status.Should().Be("critical", "the certificate does not name 127.0.0.1");
        (await LookAsync(definition with { TlsServerName = "web.internal" }, trusting)).Status.Should().Be("passing");
        (await LookAsync(definition with { TlsServerName = "other.internal" }, trusting)).Status.Should().Be("critical");
    }

    private static async Task<CheckResult> LookAsync(CheckDefinition definition, CheckOptions? options = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await new HttpProbe(definition, options ?? new CheckOptions(), 4096).RunAsync(limit.Token);
    }

    private static async Task<int> Rest(Socket connection)
    {
        try
        {
            return await connection.ReceiveAsync(new byte[4096]);
        }
        catch (SocketException)
        {
            return 0;
        }
    }
}
