using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Tests.Agent.Checks.Probes;

/// <summary>Kestrel as what is checked.</summary>
internal sealed class TargetServer : IAsyncDisposable
{
    /// <summary>For <c>localhost</c> and <c>web.internal</c>; signed by itself.</summary>
    public static readonly X509Certificate2 Certificate = MakeCertificate();

    private readonly WebApplication _app;

    private TargetServer(WebApplication app) => _app = app;

    /// <summary>Scheme, host and port.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public string HostPort => $"127.0.0.1:{Address.Port}";

    public int Connections { get; private set; }

    public static async Task<TargetServer> StartAsync(
        RequestDelegate answer,
        HttpProtocols protocols = HttpProtocols.Http1,
        bool isSecure = false,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? routes = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        services?.Invoke(builder.Services);
        TargetServer? server = null;
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Use(next => connection =>
                {
                    server!.Connections++;
                    return next(connection);
                });
                listen.Protocols = protocols;
                if (isSecure)
                {
                    listen.UseHttps(Certificate);
                }
            });
        });
        var app = builder.Build();
        routes?.Invoke(app);
        if (routes is null)
        {
            app.Run(answer);
        }

        server = new TargetServer(app);
        await app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=check target", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddDnsName("web.internal");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
