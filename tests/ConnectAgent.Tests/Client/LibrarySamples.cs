using System.Net.Sockets;
using System.Text;
using ConnectAgent.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ConnectAgent.Tests.Client;

/// <summary>The samples of the library's pages: they are compiled here, and <see cref="LibrarySamplesTests"/> holds the pages to them and runs them.</summary>
internal static class LibrarySamples
{
    public static async Task IdentityAsync(ConnectClientOptions options)
    {
        // sample: identity
        using var client = new ConnectClient(options);
        await using var web = await ConnectIdentity.StartAsync(client, "web");
        Console.WriteLine($"{web.Id} until {web.Current.ValidUntil}, trusting {web.Current.Roots.Count} roots");

        // end
    }

    public static async Task ServeAsync(ConnectIdentity db, TcpListener listener, CancellationToken stopping)
    {
        // sample: accept
        while (!stopping.IsCancellationRequested)
        {
            var socket = await listener.AcceptSocketAsync(stopping);
            _ = AnswerAsync(db, socket, stopping);
        }

        static async Task AnswerAsync(ConnectIdentity db, Socket socket, CancellationToken stopping)
        {
            try
            {
                // Handshake, verified peer, and the agent's decision; a later deny ends the connection.
                await using var connection = await ConnectStream.AcceptAsync(db, socket, cancellationToken: stopping);
                await connection.Stream.WriteAsync(Encoding.UTF8.GetBytes($"hello {connection.Peer.Service}"), stopping);
            }
            catch (Exception refused) when (refused is ConnectException or IOException or System.Security.Authentication.AuthenticationException)
            {
                Console.WriteLine(refused.Message);
            }
        }

        // end
    }

    public static async Task<string> ConnectAsync(ConnectIdentity web)
    {
        // sample: connect
        await using var connection = await ConnectStream.ConnectAsync(web, "db");
        using var reader = new StreamReader(connection.Stream);
        var answer = await reader.ReadToEndAsync();

        // end
        return answer;
    }

    public static HttpClient Http(ConnectIdentity web)
    {
        // sample: handler
        var http = new HttpClient(ConnectHttp.CreateHandler(web, "db")) { BaseAddress = new Uri("https://db/") };

        // end
        return http;
    }

    public static void Register(HostApplicationBuilder builder)
    {
        // sample: services
        builder.Services.AddConnectAgent(options => options.Service = "web");
        builder.Services.AddHttpClient("db", http => http.BaseAddress = new Uri("https://db/")).UseConnectUpstream("db");

        // end
    }

    public static async Task DecideAsync(ConnectIdentity db, PeerIdentity peer, Action close)
    {
        // sample: decide
        using var watch = await db.WatchAsync(peer);
        if (!watch.Decision.Authorized)
        {
            throw new UnauthorizedAccessException(watch.Decision.Reason);
        }

        using var closing = watch.Denied.Register(close);

        // end
    }

    public static async Task WatchAsync(ConnectClient client, CancellationToken stopping)
    {
        // sample: watch
        var options = new WatchOptions { Failed = error => Console.WriteLine(error.Message) };
        await foreach (var state in client.Health.WatchConnectAsync("db", new ServiceQuery { IsPassing = true }, options, stopping))
        {
            Console.WriteLine($"{state.Value.Count} healthy instances at index {state.Index}");

            // end
            return;
        }
    }

    public static async Task ManageAsync(ConnectClient client, int port)
    {
        // sample: manage
        await client.Agent.RegisterAsync(new ServiceRegistration
        {
            Name = "db",
            Address = "127.0.0.1",
            Port = port,
            Connect = new ConnectRegistration { Native = true },
        });
        await client.Intentions.SetAsync("web", "db", isAllowed: true);

        // end
    }
}
