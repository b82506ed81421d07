using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Configuration;
using ConnectAgent.Hosting;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Tests.Http;
using FluentAssertions;
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

    private static async Task<HttpStatusCode> SendAsync(HttpClient http, int length)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/status/leader")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        for (var left = length; left > 0; left -= 60_000)
        {
            request.Headers.TryAddWithoutValidation("X-" + left, new string('a', Math.Min(left, 60_000)));
        }

        using var answer = await http.SendAsync(request);
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
