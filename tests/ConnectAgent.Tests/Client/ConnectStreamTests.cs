using System.Net;
using System.Net.Sockets;
using System.Text;
using ConnectAgent.Client;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace ConnectAgent.Tests.Client;

/// <summary>Connections between services of the mesh: found, verified on both sides, allowed, and ended when they are not any more.</summary>
public sealed class ConnectStreamTests(LibraryMesh mesh) : IClassFixture<LibraryMesh>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_stream_reaches_the_service_and_both_sides_know_each_other()
    {
        await using var server = await EchoServer.StartAsync(mesh, "echo");
        await using var connection = await ConnectStream.ConnectAsync(mesh.Web, "echo").WaitAsync(Patience);
        connection.Peer.Service.Should().Be("echo");
        (await EchoAsync(connection, "hello")).Should().Be("hello web");
    }

    [Fact]
    public async Task A_deny_ends_an_open_stream_and_refuses_the_next()
    {
        await using var server = await EchoServer.StartAsync(mesh, "guarded");
        await using var connection = await ConnectStream.ConnectAsync(mesh.Web, "guarded").WaitAsync(Patience);
        (await EchoAsync(connection, "one")).Should().Be("one web");
        await mesh.Client.Intentions.SetAsync("web", "guarded", isAllowed: false);
        (await EndedAsync(connection)).Should().BeTrue();
    }

    [Fact] // PROXY-2
    public async Task Without_a_healthy_instance_there_is_no_connection() =>
        (await FluentActions.Awaiting(() => ConnectStream.ConnectAsync(mesh.Web, "nobody")).Should().ThrowAsync<ConnectException>())
            .WithMessage("no healthy instances found of nobody");

    [Fact]
    public async Task An_instance_that_refuses_and_one_with_another_services_certificate_are_passed_over()
    {
        // Given: of three instances of "spread" one listens no more, one is somebody else
        await using var good = await EchoServer.StartAsync(mesh, "spread", id: "spread-good");
        await using var wrong = await EchoServer.StartAsync(mesh, "impostor", id: "spread-wrong", registeredAs: "spread");
        await EchoServer.RegisterAsync(mesh, "spread", "spread-gone", FreePorts.Next());

        // When
        List<string> reached = [];
        for (var i = 0; i < 6; i++)
        {
            await using var connection = await ConnectStream.ConnectAsync(mesh.Web, "spread").WaitAsync(Patience);
            reached.Add(connection.Peer.Service);
        }

        // Then
        reached.Should().OnlyContain(service => service == "spread");
        var alone = new UpstreamInstance("127.0.0.1", wrong.Port, "spread", "dc1");
        (await FluentActions.Awaiting(() => ConnectStream.ConnectAsync(mesh.Web, alone, new UpstreamOptions { Service = "spread" })).Should().ThrowAsync<ConnectException>())
            .WithMessage("the peer is *impostor and not *spread");
    }

    [Fact]
    public async Task Instances_take_turns()
    {
        await using var first = await EchoServer.StartAsync(mesh, "turns", id: "turns-1");
        await using var second = await EchoServer.StartAsync(mesh, "turns", id: "turns-2");
        await foreach (var instances in mesh.Client.Health.WatchConnectAsync("turns", new ServiceQuery { IsPassing = true, IsCached = true }))
        {
            if (instances.Value.Count == 2)
            {
                break;
            }
        }

        for (var i = 0; i < 4; i++)
        {
            await using var connection = await ConnectStream.ConnectAsync(mesh.Web, "turns").WaitAsync(Patience);
            (await EchoAsync(connection, "x")).Should().Be("x web");
        }

        first.Accepted.Should().Be(2);
        second.Accepted.Should().Be(2);
    }

    [Fact]
    public async Task An_HttpClient_reaches_the_service_whatever_its_address_says()
    {
        // Given
        await using var server = await EchoServer.StartAsync(mesh, "pages");
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddConnectAgent(options =>
        {
            options.Client.Address = mesh.Agent.Address.AbsoluteUri;
            options.Service = "web";
        });
        builder.Services.AddHttpClient("pages", http => http.BaseAddress = new Uri("https://pages.example.org/")).UseConnectUpstream("pages");
        using var host = builder.Build();
        await host.StartAsync();

        // When
        using var http = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("pages");
        var body = await http.GetStringAsync(new Uri("/", UriKind.Relative)).WaitAsync(Patience);
        using var plain = new HttpClient(ConnectHttp.CreateHandler(mesh.Web, "pages"));
        var again = await plain.GetStringAsync(new Uri("http://pages/")).WaitAsync(Patience);

        // Then
        body.Should().Be("page for web");
        again.Should().Be("page for web");
        (await host.Services.GetRequiredService<ConnectIdentities>().GetAsync()).Service.Should().Be("web");
        await host.StopAsync();
    }

    private static async Task<string> EchoAsync(ConnectStream connection, string text)
    {
        await connection.Stream.WriteAsync(Encoding.UTF8.GetBytes(text + "\n"));
        using var reader = new StreamReader(connection.Stream, leaveOpen: true);
        return (await reader.ReadLineAsync().WaitAsync(Patience))!;
    }

    private static async Task<bool> EndedAsync(ConnectStream connection)
    {
        try
        {
            return await connection.Stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>A native service: answers lines, and a request of HTTP with one page.</summary>
    private sealed class EchoServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();
        private readonly ConnectIdentity _identity;
        private readonly Task _running;
        private int _accepted;

        private EchoServer(ConnectIdentity identity)
        {
            _identity = identity;
            _listener.Start();
            _running = RunAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public int Accepted => Volatile.Read(ref _accepted);

        public static async Task<EchoServer> StartAsync(LibraryMesh mesh, string service, string? id = null, string? registeredAs = null)
        {
            var server = new EchoServer(await ConnectIdentity.StartAsync(mesh.Client, service));
            await RegisterAsync(mesh, registeredAs ?? service, id ?? service, server.Port);
            return server;
        }

        public static async Task RegisterAsync(LibraryMesh mesh, string service, string id, int port)
        {
            await mesh.Client.Agent.RegisterAsync(new ServiceRegistration
            {
                Id = id,
                Name = service,
                Address = "127.0.0.1",
                Port = port,
                Connect = new ConnectRegistration { Native = true },
            });
            await foreach (var instances in mesh.Client.Health.WatchConnectAsync(service))
            {
                if (instances.Value.Any(entry => entry.Service.Id == id))
                {
                    return;
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            _listener.Dispose();
            await _running;
            await _identity.DisposeAsync();
        }

        private async Task RunAsync()
        {
            List<Task> served = [];
            try
            {
                while (true)
                {
                    served.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
                }
            }
            catch (OperationCanceledException)
            {
                await Task.WhenAll(served);
            }
        }

        private async Task ServeAsync(Socket socket)
        {
            try
            {
                await using var connection = await ConnectStream.AcceptAsync(_identity, socket, _stop.Token);
                Interlocked.Increment(ref _accepted);
                await AnswerAsync(connection);
            }
            catch (Exception error) when (error is IOException or ConnectException or ObjectDisposedException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // The peer has left, or was refused.
            }
        }

        private async Task AnswerAsync(ConnectStream connection)
        {
            using var reader = new StreamReader(connection.Stream, leaveOpen: true);
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
            {
                if (!line.EndsWith("HTTP/1.1", StringComparison.Ordinal))
                {
                    await connection.Stream.WriteAsync(Encoding.UTF8.GetBytes($"{line} {connection.Peer.Service}\n"));
                    continue;
                }

                while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 })
                {
                }

                var page = $"page for {connection.Peer.Service}";
                await connection.Stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {page.Length}\r\n\r\n{page}"));
            }
        }
    }
}
