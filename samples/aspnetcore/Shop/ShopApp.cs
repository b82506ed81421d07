using System.Globalization;
using System.Net;
using ConnectAgent.Client;

namespace Shop;

/// <summary>The service <c>shop</c>: an ordinary web application that calls <c>orders</c> through the mesh.</summary>
public static class ShopApp
{
    /// <summary>Builds it; <c>--port</c> says where it listens.</summary>
    /// <param name="args">Of the command line.</param>
    /// <param name="mesh">What a test changes: another agent than that of <c>CONSUL_HTTP_ADDR</c>.</param>
    public static WebApplication Build(string[] args, Action<ConnectAgentOptions>? mesh = null)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Services.AddConnectAgent(options =>
        {
            options.Service = "shop";
            mesh?.Invoke(options);
        });
        builder.Services.AddHttpClient("orders", http => http.BaseAddress = new Uri("https://orders")).UseConnectUpstream("orders");
        var port = int.Parse(builder.Configuration["port"] ?? "8080", CultureInfo.InvariantCulture);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));

        var app = builder.Build();
        app.MapGet("/{number:int}", (int number, IHttpClientFactory clients) => clients.CreateClient("orders").GetStringAsync($"/orders/{number}"));
        return app;
    }
}
