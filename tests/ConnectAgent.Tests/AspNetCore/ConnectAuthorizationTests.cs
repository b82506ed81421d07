using System.Net;
using ConnectAgent.Client.AspNetCore;
using ConnectAgent.Testing;
using FluentAssertions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ConnectAgent.Tests.AspNetCore;

/// <summary>Who may make which request: policies of ASP.NET Core, and the permissions of intentions (issue 16, Build 1; intentions L7-1).</summary>
public sealed class ConnectAuthorizationTests
{
    [Fact]
    public async Task A_policy_asks_for_the_service_of_the_peer()
    {
        await using var mesh = await TestMesh.StartAsync();
        await using var db = await MeshApp.StartAsync(
            mesh,
            "db",
            app =>
            {
                app.UseAuthorization();
                app.MapGet("/orders", (HttpContext context) => context.User.Identity!.Name).RequireService("web", "batch");
                app.MapGet("/", () => "anybody");
            },
            services =>
            {
                services.AddAuthentication().AddConnect();
                services.AddAuthorization();
            });
        await using var web = await MeshCaller.StartAsync(mesh, "web");
        await using var other = await MeshCaller.StartAsync(mesh, "Web");
        (await web.To("db").GetStringAsync("/orders")).Should().Be("web");
        var http = other.To("db");
        (await http.GetAsync("/orders")).StatusCode.Should().Be(HttpStatusCode.Forbidden);
        (await http.GetStringAsync("/")).Should().Be("anybody");
    }

    [Fact]
    public async Task The_permissions_of_an_intention_decide_about_each_request()
    {
        await using var mesh = await TestMesh.StartAsync(new() { AllowsByDefault = false });
        await mesh.WriteConfigEntryAsync("""{"Kind":"service-defaults","Name":"db","Protocol":"http"}""");
        await using var db = await MeshApp.StartAsync(
            mesh,
            "db",
            app =>
            {
                app.UseConnectAuthorization();
                app.MapGet("/{**path}", (HttpContext context) => context.User.Identity!.Name);
            },
            configure: options => options.AuthorizesRequests = true);
        await using var web = await MeshCaller.StartAsync(mesh, "web");
        var http = web.To("db");
        (await http.GetAsync("/public/a")).StatusCode.Should().Be(HttpStatusCode.Forbidden);
        await mesh.WriteConfigEntryAsync(
            """
            {"Kind":"service-intentions","Name":"db","Sources":[{"Name":"web","Permissions":[
              {"Action":"deny","HTTP":{"PathPrefix":"/","Header":[{"Name":"x-debug","Present":true}]}},
              {"Action":"allow","HTTP":{"PathPrefix":"/public/","Methods":["GET"]}}]}]}
            """);
        (await http.GetStringAsync("/public/a")).Should().Be("web");
        (await http.GetAsync("/private")).StatusCode.Should().Be(HttpStatusCode.Forbidden);
        (await http.GetAsync("/public/%2e%2e/private")).StatusCode.Should().Be(HttpStatusCode.Forbidden);
        (await http.DeleteAsync("/public/a")).StatusCode.Should().Be(HttpStatusCode.Forbidden);
        using var debug = new HttpRequestMessage(HttpMethod.Get, "/public/a") { Headers = { { "X-Debug", "1" } } };
        (await http.SendAsync(debug)).StatusCode.Should().Be(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Where_requests_are_to_be_authorized_and_nobody_does_nothing_is_served()
    {
        await using var mesh = await TestMesh.StartAsync();
        await using var db = await MeshApp.StartAsync(mesh, "db", app => app.MapGet("/", () => "served"), configure: options => options.AuthorizesRequests = true);
        await using var web = await MeshCaller.StartAsync(mesh, "web");
        await web.To("db").Invoking(http => http.GetStringAsync("/")).Should().ThrowAsync<HttpRequestException>();
    }

    [Fact]
    public async Task What_comes_over_no_connection_of_the_mesh_is_refused()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var app = builder.Build();
        app.UseConnectAuthorization();
        app.MapGet("/", () => "served");
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        (await http.GetAsync("/")).StatusCode.Should().Be(HttpStatusCode.Forbidden);
    }
}
