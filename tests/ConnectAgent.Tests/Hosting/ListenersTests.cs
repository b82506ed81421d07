using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Configuration;
using ConnectAgent.Hosting;
using ConnectAgent.Http.Wire;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Tests.Http;
using ConnectAgent.Tests.Limits;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Hosting;

/// <summary>Connections of their own kind: what keeps them alive and what ends them (http-conventions LIS-4).</summary>
public sealed class ListenersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly int _port = FreePorts.Next();

    public void Dispose() => _folder.Dispose();

    [Fact] // a caller that is gone without a word is noticed
    public async Task Accepted_connections_are_kept_alive()
    {
        using var listener = Listeners.Bind(new IPEndPoint(IPAddress.Loopback, 0), AgentConfiguration.Build(new ConfigValues(), devMode: true));
        listener.Listen();
        using var caller = new TcpClient();
        await caller.ConnectAsync((IPEndPoint)listener.LocalEndPoint!);
        using var accepted = await listener.AcceptAsync();
        ((int)accepted.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!).Should().NotBe(0);
        ((int)accepted.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)!).Should().Be(30);
        ((int)accepted.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval)!).Should().Be(30);
    }

    [Fact]
    public async Task A_caller_that_begins_no_handshake_is_let_go()
    {
        await using var agent = await StartAsync("200ms");
        using var caller = new TcpClient();
        await caller.ConnectAsync(IPAddress.Loopback, _port);
        var read = async () => await caller.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
        int? got = null;
        try
        {
            got = await read();
        }
        catch (IOException)
        {
            // Reset: as good an end.
        }

        (got ?? 0).Should().Be(0);
    }

    [Fact] // docs/limits.md, http.headers
    public async Task Over_HTTP_2_too_headers_are_bounded()
    {
        await using var agent = await StartAsync("60s");
        using var http = Client();
        (await SendAsync(http, 1000)).Should().Be(HttpStatusCode.OK);

        // The listener announces its bound, and a client that heeds it sends no more.
        await FluentActions.Awaiting(() => SendAsync(http, (1024 * 1024) + 4096)).Should().ThrowAsync<HttpRequestException>().WithMessage("*1052672 bytes*");
        (await SendAsync(http, 1000)).Should().Be(HttpStatusCode.OK);
    }

    [Fact] // FA-1: a hundred streams of one connection, each of which is small enough to need no place
    public async Task Over_HTTP_2_the_requests_of_a_connection_count_together()
    {
        await using var agent = await StartAsync("60s");
        var places = agent.Services.GetRequiredService<LargeRequests>();
        using var http = Client();
        var index = (await agent.SendAsync("GET", "/v1/agent/connect/ca/roots")).Headers["X-Consul-Index"];
        var held = $"/v1/agent/connect/ca/roots?index={index}&wait=10m";

        // When
        const int One = 12_000;
        using var stop = new CancellationTokenSource();
        var reads = Enumerable.Range(0, LargeRequests.Most + (int)(StreamBytes.Most / One) + 2).Select(_ => SendAsync(http, One, held, stop.Token)).ToList();
        var refused = await await Task.WhenAny(reads);

        // Then
        refused.Should().Be(HttpStatusCode.TooManyRequests);
        places.Held.Should().Be(LargeRequests.Most);
        await stop.CancelAsync();
        await Task.WhenAll(reads).ContinueWith(static _ => { }, TaskScheduler.Default);
        while (places.Held > 0)
        {
            // Those who have left are noticed one by one.
            await Task.Yield();
        }

        (await SendAsync(http, One)).Should().Be(HttpStatusCode.OK, "what has left counts no more");
    }

    [Fact] // FA-1: the web server decodes what comes of a head at once, and would keep it for half a minute
    public async Task Over_HTTP_2_a_head_of_several_frames_needs_a_place()
    {
        await using var agent = await StartAsync("60s");
        var places = agent.Services.GetRequiredService<LargeRequests>();
        using var http = Client();
        (await SendAsync(http, 40_000)).Should().Be(HttpStatusCode.OK, "the connection ends with its answer, and not before");
        while (places.TryTake())
        {
            // Until none is left.
        }

        (await SendAsync(http, 1000)).Should().Be(HttpStatusCode.OK);
        await FluentActions.Awaiting(() => SendAsync(http, 40_000)).Should().ThrowAsync<HttpRequestException>();
        RefusalCounts.Of(agent.Services, "http.large_requests").Should().BeGreaterThan(0);
        (await SendAsync(http, 1000)).Should().Be(HttpStatusCode.OK);
    }

    [Fact] // FA-1: the web server would keep them for as long as the request lasts
    public async Task Over_HTTP_2_trailers_end_the_connection()
    {
        await using var agent = await StartAsync("60s");
        using var caller = new TcpClient();
        await caller.ConnectAsync(IPAddress.Loopback, _port);
        await using var tls = new SslStream(caller.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            RemoteCertificateValidationCallback = static (_, shown, _, _) => shown?.Subject == "CN=localhost",
        });

        // When: the preface, no settings, a head without an end of the stream (GET https /), and once more headers for the same stream.
        byte[] settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        byte[] head = [0, 0, 6, 1, 4, 0, 0, 0, 1, 0x82, 0x87, 0x84, 0x41, 1, (byte)'x'];
        byte[] trailers = [0, 0, 5, 1, 5, 0, 0, 0, 1, 0x40, 1, (byte)'x', 1, (byte)'y'];
        await tls.WriteAsync((byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. settings, .. head, .. trailers]);

        // Then
        var buffer = new byte[4096];
        try
        {
            while (await tls.ReadAsync(buffer) > 0)
            {
                // Until the connection ends.
            }
        }
        catch (IOException)
        {
            // Reset: as good an end.
        }

        RefusalCounts.Of(agent.Services, "http.trailers").Should().Be(1);
    }

    private static async Task<HttpStatusCode> SendAsync(HttpClient http, int length, string target = "/v1/status/leader", CancellationToken stop = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        for (var left = length; left > 0; left -= 60_000)
        {
            request.Headers.TryAddWithoutValidation("X-" + left, new string('a', Math.Min(left, 60_000)));
        }

        using var answer = await http.SendAsync(request, stop);
        return answer.StatusCode;
    }

    private HttpClient Client() => new(new SocketsHttpHandler
    {
        SslOptions = new() { RemoteCertificateValidationCallback = static (_, shown, _, _) => shown?.Subject == "CN=localhost" },
    })
    { BaseAddress = new Uri($"https://127.0.0.1:{_port}") };

    private async Task<InProcessAgent> StartAsync(string handshakeTimeout)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var (chain, secret) = (_folder.Write("cert.pem", certificate.ExportCertificatePem()), _folder.Write("key.pem", key.ExportPkcs8PrivateKeyPem()));
        var config = _folder.Write("https.json", $$$"""
            {"ports":{"https":{{{_port}}} },"limits":{"https_handshake_timeout":"{{{handshakeTimeout}}}"},"tls":{"https":{"cert_file":"{{{chain}}}","key_file":"{{{secret}}}"} } }
            """);
        return await InProcessAgent.StartAsync(configure: values => ConfigFile.Read(config, values));
    }
}
