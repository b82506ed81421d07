using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using ConnectAgent.Client;
using ConnectAgent.Configuration;
using FluentAssertions;
using Xunit;
using Xunit.Abstractions;

namespace ConnectAgent.Tests.Client;

/// <summary>The CA rotates while services connect to each other through the library all the time: no handshake fails.</summary>
public sealed class LibraryRotationTests(ITestOutputHelper output)
{
    private static readonly int Pairs = TestKit.Processes.Soak.Of(4, 50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Not_one_handshake_fails_from_EC_to_RSA_and_back()
    {
        // Given
        using var limit = new CancellationTokenSource(Patience);
        await using var agent = await LibraryMesh.StartAgentAsync(values => values.Merge(ConnectKeys.CaConfig, new Dictionary<string, JsonElement>
        {
            ["CSRMaxPerSecond"] = JsonSerializer.SerializeToElement(0),
        }));
        using var client = LibraryMesh.Open(agent);
        var identities = await Task.WhenAll(Enumerable.Range(0, 2 * Pairs).Select(i => ConnectIdentity.StartAsync(client, $"s{i}", null, limit.Token)));
        ConcurrentBag<string> failures = [];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        var made = new int[Pairs];
        var running = Enumerable.Range(0, Pairs).Select(i => RunAsync(i)).ToList();

        // When
        foreach (var (type, bits) in new[] { ("rsa", 2048), ("ec", 256) })
        {
            var configuration = await client.Connect.ConfigurationAsync(limit.Token);
            var former = identities.Select(identity => identity.Current).ToList();
            await client.Connect.ConfigureAsync(
                configuration with
                {
                    Config = new Dictionary<string, JsonElement>
                    {
                        ["PrivateKeyType"] = JsonSerializer.SerializeToElement(type),
                        ["PrivateKeyBits"] = JsonSerializer.SerializeToElement(bits),
                        ["CSRMaxPerSecond"] = JsonSerializer.SerializeToElement(0),
                    },
                },
                limit.Token);
            for (var i = 0; i < identities.Length; i++)
            {
                while (identities[i].Current is var current && current.SerialNumber == former[i].SerialNumber)
                {
                    await identities[i].WhenChangedAsync(current, limit.Token);
                }
            }
        }

        await stop.CancelAsync();
        await Task.WhenAll(running);

        // Then
        failures.Should().BeEmpty();
        made.Should().OnlyContain(count => count > 3);
        output.WriteLine($"{made.Sum()} connections, each verified and authorized on both sides");
        foreach (var identity in identities)
        {
            await identity.DisposeAsync();
        }

        async Task RunAsync(int pair)
        {
            var (server, peer) = (identities[2 * pair], identities[(2 * pair) + 1]);
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    await ConnectAsync(server, peer);
                    made[pair]++;
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    failures.Add(error.ToString());
                }
            }
        }
    }

    private static async Task ConnectAsync(ConnectIdentity server, ConnectIdentity peer)
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var instance = new UpstreamInstance("127.0.0.1", ((System.Net.IPEndPoint)listener.LocalEndpoint).Port, server.Service, "dc1");
        var connecting = ConnectStream.ConnectAsync(peer, instance, new UpstreamOptions { Service = server.Service });
        await using var accepted = await ConnectStream.AcceptAsync(server, await listener.AcceptSocketAsync());
        await using var connected = await connecting;
        accepted.Peer.Service.Should().Be(peer.Service);
        await connected.Stream.WriteAsync(new byte[] { 1 });
        (await accepted.Stream.ReadAsync(new byte[1])).Should().Be(1);
    }
}
