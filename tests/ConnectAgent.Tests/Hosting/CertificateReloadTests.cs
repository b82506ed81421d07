using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ConnectAgent.Configuration;
using ConnectAgent.Hosting;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Tests.Http;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Hosting;

/// <summary>Certificates run out while an agent runs: a reload reads them anew (issue 15; services AG-29).</summary>
public sealed class CertificateReloadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly int _port = FreePorts.Next();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task New_connections_get_the_new_certificate_and_old_ones_go_on()
    {
        var first = Write("one");
        await using var agent = await InProcessAgent.StartAsync(configure: values => ConfigFile.Merge("0.json", Encoding.UTF8.GetBytes(
            $$$"""{"ports":{"https":{{{_port}}} },"cert_file":"{{{_folder.Path}}}/cert.pem","key_file":"{{{_folder.Path}}}/key.pem"}"""), values));
        var reload = agent.Services.GetRequiredService<ConfigurationReload>();
        await using var old = await ConnectAsync();
        Thumbprint(old).Should().Be(first);
        var second = Write("two");
        await reload.RunAsync();
        await using (var next = await ConnectAsync())
        {
            Thumbprint(next).Should().Be(second);
            (await AskAsync(next)).Should().StartWith("HTTP/1.1 200");
        }

        (await AskAsync(old)).Should().StartWith("HTTP/1.1 200", "it keeps what it began with");

        // What cannot be used changes nothing.
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "key.pem"), "broken");
        (await reload.Awaiting(run => run.RunAsync()).Should().ThrowAsync<ConfigurationException>()).WithMessage("cert_file * with key_file * cannot be used: *");
        await using var last = await ConnectAsync();
        Thumbprint(last).Should().Be(second);
    }

    private static string Thumbprint(SslStream stream) => ((X509Certificate2)stream.RemoteCertificate!).Thumbprint;

    private static async Task<string> AskAsync(SslStream stream)
    {
        await stream.WriteAsync("GET /v1/status/leader HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        var buffer = new byte[4096];
        return Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer));
    }

    private string Write(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        _folder.Write("cert.pem", certificate.ExportCertificatePem());
        _folder.Write("key.pem", key.ExportPkcs8PrivateKeyPem());
        return certificate.Thumbprint;
    }

    private async Task<SslStream> ConnectAsync()
    {
        var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", _port);
        var stream = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, static (_, shown, _, _) => shown is not null);
        await stream.AuthenticateAsClientAsync("localhost");
        return stream;
    }
}
