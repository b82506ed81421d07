using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using ConnectAgent.Client;
using ConnectAgent.Configuration;
using ConnectAgent.Tests.Http;
using Xunit;

namespace ConnectAgent.Tests.Client;

/// <summary>An agent in this process with its control plane, whose CA's key the test knows, so that it can make certificates that no agent would.</summary>
public sealed class LibraryMesh : IAsyncLifetime
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private InProcessAgent? _agent;
    private ConnectClient? _client;
    private ConnectIdentity? _web;

    internal InProcessAgent Agent => _agent!;

    internal ConnectClient Client => _client!;

    /// <summary>A service's identity that is held as long as the mesh.</summary>
    internal ConnectIdentity Web => _web!;

    /// <summary>The CA, with its key.</summary>
    internal X509Certificate2 Authority { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _agent = await StartAgentAsync(values => values.Merge(ConnectKeys.CaConfig, new Dictionary<string, JsonElement>
        {
            ["PrivateKey"] = JsonSerializer.SerializeToElement(_key.ExportECPrivateKeyPem()),
            ["CSRMaxPerSecond"] = JsonSerializer.SerializeToElement(0),
        }));
        _client = Open(_agent);
        _web = await ConnectIdentity.StartAsync(_client, "web");
        using var root = X509CertificateLoader.LoadCertificate(_web.Current.Roots[0].RawData);
        Authority = root.CopyWithPrivateKey(_key);
    }

    public async Task DisposeAsync()
    {
        await _web!.DisposeAsync();
        _client!.Dispose();
        await _agent!.DisposeAsync();
        _key.Dispose();
    }

    internal static Task<InProcessAgent> StartAgentAsync(Action<ConfigValues>? configure = null, string? defaultPolicy = null) => InProcessAgent.StartAsync(defaultPolicy, values =>
    {
        values.Set(ConnectKeys.RootChangeSpread, "50ms").Set(HttpKeys.ConnectionsPerClient, 2000);
        configure?.Invoke(values);
    });

    internal static ConnectClient Open(InProcessAgent agent, TimeProvider? clock = null, string? token = null) => new(new ConnectClientOptions
    {
        Address = agent.Address.AbsoluteUri,
        Token = token,
        TimeProvider = clock ?? TimeProvider.System,
    });

    /// <summary>Two ends of a TCP connection.</summary>
    internal static async Task<(Socket Server, Socket Client)> ConnectAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndpoint);
        return (await listener.AcceptSocketAsync(), client);
    }
}
