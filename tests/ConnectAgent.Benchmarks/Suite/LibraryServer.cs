using System.Net;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Client;
using ConnectAgent.Client.AspNetCore;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>What the library is measured with: Kestrel as a service of the mesh, or with a plain certificate.</summary>
internal static class LibraryServer
{
    public const string Service = "db";
    public const string Answer = "hello";

    /// <summary>Builds it.</summary>
    /// <param name="port">On loopback.</param>
    /// <param name="from">The address of the agent, or a PKCS#12 file.</param>
    public static WebApplication Build(int port, string from)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        var isMember = from.StartsWith("http://", StringComparison.Ordinal);
        if (isMember)
        {
            builder.Services.AddConnectAgent(options => (options.Client.Address, options.Service) = (from, Service));
        }

        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            if (isMember)
            {
                listen.UseConnect(Service);
            }
            else
            {
                listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = X509CertificateLoader.LoadPkcs12FromFile(from, password: null) });
            }
        }));
        var app = builder.Build();
        app.Run(static context => context.Response.WriteAsync(Answer));
        return app;
    }
}
