using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ConnectAgent.Proxy.Options;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace ConnectAgent.Tests.Proxy;

/// <summary>A proxy that looks at requests (intentions section 8).</summary>
public sealed class RequestTests(MeshFixture mesh) : IClassFixture<MeshFixture>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_request_is_decided_and_the_service_hears_who_makes_it(bool overHttp2)
    {
        // Given: GET of /open is allowed, all else is denied
        var (service, source) = overHttp2 ? ("two-api", "two-web") : ("one-api", "one-web");
        await WriteAsync($$"""{"Kind":"service-defaults","Name":"{{service}}","Protocol":"http"}""");
        await WriteAsync($$"""
            {"Kind":"service-intentions","Name":"{{service}}","Sources":[{"Name":"{{source}}","Permissions":[{"Action":"allow","HTTP":{"PathPrefix":"/open","Methods":["GET"]} },{"Action":"deny","HTTP":{"PathPrefix":"/"} }]}]}
            """);
        var port = FreePorts.Next();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, port, listen => listen.Protocols = overHttp2 ? HttpProtocols.Http2 : HttpProtocols.Http1));
        await using var local = builder.Build();
        local.Run(static request => request.Response.WriteAsync($"{request.Request.Path} {request.Request.Host} {request.Request.Headers["X-Forwarded-Client-Cert"]}"));
        await local.StartAsync();
        await using var proxy = await mesh.StartAsync(
            service, new IPEndPoint(IPAddress.Loopback, port), inbound: options => options with { Protocol = overHttp2 ? InboundProtocol.Http2 : InboundProtocol.Http });
        using var leaf = await mesh.LeafAsync(source);
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, _) => await MeshFixture.ConnectAsync(proxy.Public, leaf, overHttp2 ? [SslApplicationProtocol.Http2] : null),
        })
        {
            BaseAddress = new Uri("http://api.test"),
            DefaultRequestVersion = overHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        client.DefaultRequestHeaders.Add("X-Forwarded-Client-Cert", "By=forged");

        // When, Then
        var answer = await client.GetStringAsync(new Uri("/open/door?x=1", UriKind.Relative));
        answer.Should().StartWith("/open/door api.test By=spiffe://").And.Contain($"/svc/{service};Hash=").And.EndWith($"/svc/{source}").And.NotContain("forged");
        using var denied = await client.PostAsync(new Uri("/open/door", UriKind.Relative), new StringContent("x"));
        denied.StatusCode.Should().Be(HttpStatusCode.Forbidden);
        (await denied.Content.ReadAsStringAsync()).Should().Be("RBAC: access denied");
        mesh.Count("connect_agent.proxy.requests", service).Should().Be(1);
        mesh.Count("connect_agent.proxy.requests_denied", service).Should().Be(1);
    }

    private async Task WriteAsync(string entry)
    {
        var (status, text, _) = await mesh.Agent.SendAsync("PUT", "/v1/config", entry);
        status.Should().Be(200, text);
    }
}
