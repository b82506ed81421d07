using System.Globalization;
using System.Net;
using ConnectAgent.Client;
using ConnectAgent.Client.AspNetCore;

namespace Orders;

/// <summary>The service <c>orders</c>: reached by members of the mesh only, and some of it by the service <c>shop</c> only.</summary>
public static class OrdersApp
{
    /// <summary>Builds it; <c>--port</c> says where it listens.</summary>
    /// <param name="args">Of the command line.</param>
    /// <param name="mesh">What a test changes: another agent than that of <c>CONSUL_HTTP_ADDR</c>.</param>
    public static WebApplication Build(string[] args, Action<ConnectAgentOptions>? mesh = null)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Services.AddConnectAgent(options =>
        {
            options.Service = "orders";
            mesh?.Invoke(options);
        });
        builder.Services.AddAuthentication().AddConnect();
        builder.Services.AddAuthorization();
        var port = int.Parse(builder.Configuration["port"] ?? "8443", CultureInfo.InvariantCulture);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseConnect("orders")));

        var app = builder.Build();
        app.UseAuthorization();
        app.MapGet("/", (HttpContext context) => $"hello {context.GetConnectPeer()!.Service}");
        app.MapGet("/orders/{number:int}", (int number) => $"order {number}").RequireService("shop");
        return app;
    }
}
