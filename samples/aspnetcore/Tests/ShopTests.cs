using System.Net;
using ConnectAgent.Client;
using ConnectAgent.Testing;
using FluentAssertions;
using Microsoft.AspNetCore.Builder;
using Orders;
using Shop;
using Xunit;

namespace SampleTests;

/// <summary>Both services in the test's process, in a mesh of their own: no agent is installed, nothing is left behind.</summary>
public sealed class ShopTests
{
    [Fact]
    public async Task The_shop_reads_an_order_through_the_mesh()
    {
        await using var mesh = await TestMesh.StartAsync(new TestMeshOptions { AllowsByDefault = false });
        await mesh.AllowAsync("shop", "orders");
        await using var orders = await StartAsync(mesh, OrdersApp.Build);
        await mesh.RegisterAsync("orders", new IPEndPoint(IPAddress.Loopback, PortOf(orders)));
        await using var shop = await StartAsync(mesh, ShopApp.Build);
        using var browser = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{PortOf(shop)}") };

        (await browser.GetStringAsync("/17")).Should().Be("order 17");

        await mesh.RotateCaAsync();
        (await browser.GetStringAsync("/18")).Should().Be("order 18", "a rotation interrupts nobody");

        await mesh.DenyAsync("shop", "orders");
        HttpStatusCode status;
        do
        {
            using var answer = await browser.GetAsync("/19");
            status = answer.StatusCode;
        }
        while (status == HttpStatusCode.OK); // its open connection is closed within a moment

        status.Should().Be(HttpStatusCode.InternalServerError);
    }

    private static async Task<WebApplication> StartAsync(TestMesh mesh, Func<string[], Action<ConnectAgentOptions>?, WebApplication> build)
    {
        var app = build(["--port", "0", "--Logging:LogLevel:Default", "None"], options => options.Client = mesh.ClientOptions());
        await app.StartAsync();
        return app;
    }

    private static int PortOf(WebApplication app) => new Uri(app.Urls.First()).Port;
}
