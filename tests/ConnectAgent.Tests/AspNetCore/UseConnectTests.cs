using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Client.AspNetCore;
using ConnectAgent.Testing;
using FluentAssertions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace ConnectAgent.Tests.AspNetCore;

/// <summary>Kestrel as a member of the mesh (issue 16, Build 1; clients PROXY-4 and PROXY-5).</summary>
public sealed class UseConnectTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_application_knows_who_calls()
    {
        await using var mesh = await TestMesh.StartAsync();
        await using var db = await MeshApp.StartAsync(mesh, "db", app => app.MapGet("/", (HttpContext context) =>
            $"{context.GetConnectPeer()!.Service} {context.Features.Get<IConnectPeerFeature>()!.Principal.FindFirst(ConnectClaimTypes.SpiffeId)!.Value}"));
        await using var web = await MeshCaller.StartAsync(mesh, "web");
        (await web.To("db").GetStringAsync("/")).Should().Be($"web {mesh.SpiffeIdOf("web")}");
    }

    [Fact]
    public async Task A_new_certificate_counts_from_the_next_handshake_on_and_open_connections_stay()
    {
        await using var mesh = await TestMesh.StartAsync();
        await using var db = await MeshApp.StartAsync(mesh, "db", app => app.MapGet("/", (HttpContext context) => context.Connection.Id));
        await using var web = await MeshCaller.StartAsync(mesh, "web");
        var kept = web.To("db");
        var first = await kept.GetStringAsync("/");
        using var before = await ShownAsync(db.Endpoint, mesh);

        await mesh.RotateCaAsync();
        using var limit = new CancellationTokenSource(Patience);
        X509Certificate2 after;
        while ((after = await ShownAsync(db.Endpoint, mesh)).Thumbprint == before.Thumbprint)
        {
            limit.Token.ThrowIfCancellationRequested();
            after.Dispose();
        }

        (await kept.GetStringAsync("/")).Should().Be(first, "the connection is the same");
        (await web.To("db").GetStringAsync("/")).Should().NotBe(first);
        after.Dispose();
    }

    [Fact]
    public async Task Who_may_not_connect_is_served_nothing()
    {
        await using var mesh = await TestMesh.StartAsync(new() { AllowsByDefault = false });
        await using var db = await MeshApp.StartAsync(mesh, "db", app => app.MapGet("/", () => "served"));
        await using var web = await MeshCaller.StartAsync(mesh, "web");
        await web.To("db").Invoking(http => http.GetStringAsync("/")).Should().ThrowAsync<HttpRequestException>();
        await mesh.AllowAsync("web", "db");
        (await web.To("db").GetStringAsync("/")).Should().Be("served");
    }

    [Fact]
    public async Task An_open_connection_ends_when_it_is_denied_and_one_that_is_allowed_does_not()
    {
        await using var mesh = await TestMesh.StartAsync();
        await using var db = await MeshApp.StartAsync(mesh, "db", app => app.MapGet("/", async context =>
        {
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }));
        await using var web = await MeshCaller.StartAsync(mesh, "web");
        await using var api = await MeshCaller.StartAsync(mesh, "api");
        await using var denied = await web.To("db").GetStreamAsync("/");
        await using var allowed = await api.To("db").GetStreamAsync("/");
        var still = allowed.ReadAsync(new byte[1]).AsTask();

        await mesh.DenyAsync("web", "db");

        await denied.Invoking(stream => stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience)).Should().ThrowAsync<IOException>();
        still.IsCompleted.Should().BeFalse();
    }

    [Fact]
    public async Task A_revoked_certificate_ends_its_connections()
    {
        await using var mesh = await TestMesh.StartAsync();
        await using var db = await MeshApp.StartAsync(mesh, "db", app => app.MapGet("/", async context =>
        {
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }));
        await using var web = await MeshCaller.StartAsync(mesh, "web");
        await using var open = await web.To("db").GetStreamAsync("/");
        await mesh.RevokeAsync(web.Identity.Current.SerialNumber);
        await open.Invoking(stream => stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience)).Should().ThrowAsync<IOException>();
    }

    [Fact]
    public async Task Who_shows_no_certificate_or_a_foreign_one_is_refused()
    {
        await using var mesh = await TestMesh.StartAsync();
        await using var other = await TestMesh.StartAsync();
        await using var db = await MeshApp.StartAsync(mesh, "db", app => app.MapGet("/", () => "served"));
        using var own = await mesh.IssueLeafAsync("web");
        using var foreign = await other.IssueLeafAsync("web");
        (await IsServedAsync(db.Endpoint, own.Certificate)).Should().BeTrue();
        (await IsServedAsync(db.Endpoint, foreign.Certificate)).Should().BeFalse();
        (await IsServedAsync(db.Endpoint, certificate: null)).Should().BeFalse();

        // The right name, by an unknown CA.
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=web", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(mesh.SpiffeIdOf("web"));
        request.CertificateExtensions.Add(names.Build());
        using var selfMade = request.CreateSelfSigned(mesh.Clock.GetUtcNow().AddMinutes(-1), mesh.Clock.GetUtcNow().AddHours(1));
        (await IsServedAsync(db.Endpoint, selfMade)).Should().BeFalse();
    }

    [Fact]
    public void It_needs_AddConnectAgent()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseConnect("db")));
        builder.Invoking(one => one.Build()).Should().Throw<InvalidOperationException>().WithMessage("*AddConnectAgent*");
    }

    private static async Task<X509Certificate2> ShownAsync(IPEndPoint endpoint, TestMesh mesh)
    {
        using var leaf = await mesh.IssueLeafAsync("web");
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint);
        await using var tls = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false);
        await tls.AuthenticateAsClientAsync(Client(leaf.Certificate));
        return X509CertificateLoader.LoadCertificate(tls.RemoteCertificate!.GetRawCertData());
    }

    // What a client makes of a refusal depends on the version of TLS: what counts is whether it is answered.
    private static async Task<bool> IsServedAsync(IPEndPoint endpoint, X509Certificate2? certificate)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint, limit.Token);
        await using var tls = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(Client(certificate), limit.Token);
            await tls.WriteAsync("GET / HTTP/1.1\r\nHost: db\r\n\r\n"u8.ToArray(), limit.Token);
            return await tls.ReadAsync(new byte[100], limit.Token) > 0;
        }
        catch (Exception error) when (error is IOException or System.Security.Authentication.AuthenticationException)
        {
            return false;
        }
    }

    private static SslClientAuthenticationOptions Client(X509Certificate2? certificate) => new()
    {
        TargetHost = "db",
        ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
#pragma warning disable CA5359 // What the server shows is not what is tested.
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
    };
}
