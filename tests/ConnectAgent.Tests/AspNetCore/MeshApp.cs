using System.Net;
using ConnectAgent.Client;
using ConnectAgent.Client.AspNetCore;
using ConnectAgent.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Tests.AspNetCore;

/// <summary>A service of a mesh as an application of ASP.NET Core, on a free port, registered in the catalog.</summary>
internal sealed class MeshApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private MeshApp(WebApplication app, IPEndPoint endpoint) => (_app, Endpoint) = (app, endpoint);

    public IPEndPoint Endpoint { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Starts one.</summary>
    /// <param name="build">Adds services.</param>
    /// <param name="map">Maps endpoints.</param>
    public static async Task<MeshApp> StartAsync(
        TestMesh mesh, string service, Action<WebApplication> map, Action<IServiceCollection>? build = null, Action<ConnectServerOptions>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddConnectAgent(options => (options.Client, options.Service) = (mesh.ClientOptions(mesh.ManagementToken), service));
        build?.Invoke(builder.Services);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseConnect(service, configure)));
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        var address = new Uri(app.Urls.First());
        var endpoint = new IPEndPoint(IPAddress.Loopback, address.Port);
        await mesh.RegisterAsync(service, endpoint);
        return new MeshApp(app, endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

/// <summary>A service that calls others.</summary>
internal sealed class MeshCaller : IAsyncDisposable
{
    private readonly List<HttpClient> _made = [];

    private MeshCaller(ConnectIdentity identity) => Identity = identity;

    public ConnectIdentity Identity { get; }

    public static async Task<MeshCaller> StartAsync(TestMesh mesh, string service) => new(await ConnectIdentity.StartAsync(mesh.Client, service));

    /// <summary>A client with connections of its own.</summary>
    public HttpClient To(string upstream)
    {
        var http = new HttpClient(ConnectHttp.CreateHandler(Identity, upstream)) { BaseAddress = new Uri($"https://{upstream}") };
        _made.Add(http);
        return http;
    }

    public ValueTask DisposeAsync()
    {
        _made.ForEach(static http => http.Dispose());
        return Identity.DisposeAsync();
    }
}
