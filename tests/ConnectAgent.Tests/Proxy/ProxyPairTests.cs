using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.Proxy.Mesh;
using ConnectAgent.Proxy.Options;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Proxy;

/// <summary>Two proxies and an agent, over real sockets and TLS (clients section 3).</summary>
public sealed class ProxyPairTests(MeshFixture mesh) : IClassFixture<MeshFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task PROXY_2_PROXY_4_Bytes_go_through_both_proxies_and_the_end_of_one_way_is_passed_on()
    {
        // Given
        using var db = new LocalService(echoes: false);
        await using var server = await mesh.StartAsync("pair-db", db.Address);
        await using var client = await mesh.StartAsync("pair-web", upstreams: MeshFixture.Upstream("pair-db"));
        using var application = await DialAsync(await client.UpstreamAsync("pair-db"));

        // When
        await application.WriteAsync("asked"u8.ToArray());
        application.Socket.Shutdown(SocketShutdown.Send);
        await using var service = await db.NextAsync();

        // Then
        (await ReadToEndAsync(service)).Should().Be("asked");
        await service.WriteAsync("answered"u8.ToArray());
        service.Socket.Shutdown(SocketShutdown.Send);
        (await ReadToEndAsync(application)).Should().Be("answered");
        await UntilAsync(() => mesh.Count("connect_agent.proxy.ended", "pair-db", EndReason.Closed) == 1);
        mesh.Count("connect_agent.proxy.sent", "pair-web").Should().Be(5);
        mesh.Count("connect_agent.proxy.received", "pair-web").Should().Be(8);
    }

    [Fact]
    public async Task A_deny_ends_the_connections_that_it_forbids_and_no_other()
    {
        // Given
        using var db = new LocalService(echoes: true);
        await using var server = await mesh.StartAsync("deny-db", db.Address);
        using var web = await mesh.LeafAsync("deny-web");
        using var api = await mesh.LeafAsync("deny-api");
        await using var denied = await MeshFixture.ConnectAsync(server.Public, web);
        await using var allowed = await MeshFixture.ConnectAsync(server.Public, api);
        (await EchoAsync(denied)).Should().BeTrue();
        (await EchoAsync(allowed)).Should().BeTrue();

        // When
        await mesh.DecideAsync("deny-web", "deny-db", "deny");

        // Then
        await IsCutAsync(denied);
        (await EchoAsync(allowed)).Should().BeTrue();
        await UntilAsync(() => mesh.Count("connect_agent.proxy.ended", "deny-db", EndReason.Denied) == 1);
        mesh.Count("connect_agent.proxy.open", "deny-db").Should().Be(1);
    }

    [Fact]
    public async Task A_revoked_certificate_ends_its_connections()
    {
        using var db = new LocalService(echoes: true);
        await using var server = await mesh.StartAsync("revoke-db", db.Address);
        using var web = await mesh.LeafAsync("revoke-web");
        await using var revoked = await MeshFixture.ConnectAsync(server.Public, web);
        (await EchoAsync(revoked)).Should().BeTrue();

        var (status, text, _) = await mesh.Agent.SendAsync("PUT", "/v1/connect/ca/revoke", $$"""{"SerialNumber":"{{string.Join(':', Convert.ToHexStringLower(web.SerialNumberBytes.Span).Chunk(2).Select(static octet => new string(octet)))}}"}""");
        status.Should().Be(200, text);

        await IsCutAsync(revoked);
    }

    [Fact]
    public async Task Who_is_denied_or_unknown_gets_nothing()
    {
        using var db = new LocalService(echoes: true);
        await using var server = await mesh.StartAsync("attack-db", db.Address);
        await mesh.DecideAsync("attack-web", "attack-db", "deny");
        using var web = await mesh.LeafAsync("attack-web");
        using var foreign = Foreign("spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/web");

        (await IsRefusedAsync(server.Public, web)).Should().BeTrue("the intention says so");
        (await IsRefusedAsync(server.Public, foreign)).Should().BeTrue("its root is another one");
        (await IsRefusedAsync(server.Public, null)).Should().BeTrue("there is no certificate");
        await UntilAsync(() => mesh.Count("connect_agent.proxy.ended", "attack-db", EndReason.Untrusted) == 2);
        mesh.Count("connect_agent.proxy.ended", "attack-db", EndReason.Denied).Should().Be(1);
    }

    [Fact]
    public async Task A_first_message_without_end_is_refused()
    {
        using var db = new LocalService(echoes: true);
        await using var server = await mesh.StartAsync("hello-db", db.Address);
        using var peer = await DialAsync(server.Public);

        // A ClientHello of 16 MB, in records of 16 kB.
        var record = new byte[5 + 16384];
        (record[0], record[1], record[2], record[3], record[4], record[5], record[6]) = (22, 3, 1, 0x40, 0, 1, 0xff);
        Func<Task> writing = async () =>
        {
            for (var i = 0; i < 1024; i++)
            {
                await peer.WriteAsync(record);
            }

            (await peer.ReadAsync(new byte[1])).Should().Be(0);
        };
        try
        {
            await writing().WaitAsync(Patience);
        }
        catch (IOException)
        {
            // Cut in the middle.
        }

        await UntilAsync(() => mesh.Count("connect_agent.proxy.ended", "hello-db", EndReason.Handshake) == 1);
    }

    [Fact]
    public async Task Silent_connections_make_way_for_who_speaks()
    {
        using var db = new LocalService(echoes: true);
        await using var server = await mesh.StartAsync("silent-db", db.Address, new ProxyLimits { Handshakes = 2, Drain = TimeSpan.Zero });
        List<NetworkStream> silent = [await DialAsync(server.Public), await DialAsync(server.Public)];
        await UntilAsync(() => mesh.Count("connect_agent.proxy.connections", "silent-db") == 2);

        using var web = await mesh.LeafAsync("silent-web");
        await using var speaks = await MeshFixture.ConnectAsync(server.Public, web);

        (await EchoAsync(speaks)).Should().BeTrue();
        (await Task.WhenAny(silent.Select(static one => ReadToEndAsync(one))).WaitAsync(Patience)).IsCompleted.Should().BeTrue("one of them has gone");
        silent.ForEach(static one => one.Dispose());
    }

    [Fact]
    public async Task Connections_beyond_the_bounds_are_closed()
    {
        using var db = new LocalService(echoes: true);
        await using var server = await mesh.StartAsync("bound-db", db.Address, new ProxyLimits { Connections = 3, ConnectionsPerPeer = 1, Drain = TimeSpan.Zero });
        using var web = await mesh.LeafAsync("bound-web");
        await using var first = await MeshFixture.ConnectAsync(server.Public, web);
        (await EchoAsync(first)).Should().BeTrue();

        (await IsRefusedAsync(server.Public, web)).Should().BeTrue("a peer may have one");
        (await EchoAsync(first)).Should().BeTrue();
        await UntilAsync(() => mesh.Count("connect_agent.proxy.ended", "bound-db", EndReason.Limit) == 1);
    }

    [Fact]
    public async Task A_slow_reader_slows_nobody_but_its_writer()
    {
        using var db = new LocalService(echoes: false);
        await using var server = await mesh.StartAsync("slow-db", db.Address);
        using var web = await mesh.LeafAsync("slow-web");
        await using var slow = await MeshFixture.ConnectAsync(server.Public, web);
        await using var slowService = await db.NextAsync();
        var sent = 0L;
        using var stop = new CancellationTokenSource();
        var writing = WriteAsync();

        // It stands still: what is on the way is bounded.
        await UntilAsync(async () =>
        {
            var before = Interlocked.Read(ref sent);
            await Task.Delay(200);
            return before > 0 && Interlocked.Read(ref sent) == before;
        });
        await using var other = await MeshFixture.ConnectAsync(server.Public, web);
        await using var otherService = await db.NextAsync();
        await other.WriteAsync("x"u8.ToArray());
        (await otherService.ReadAsync(new byte[1])).Should().Be(1);
        var stalled = Interlocked.Read(ref sent);
        var buffer = new byte[1024 * 1024];
        for (var read = 0L; read < stalled;)
        {
            read += await slowService.ReadAsync(buffer);
        }

        await UntilAsync(() => Interlocked.Read(ref sent) > stalled);
        await stop.CancelAsync();
        await writing;

        async Task WriteAsync()
        {
            var block = new byte[65536];
            try
            {
                while (true)
                {
                    await slow.WriteAsync(block, stop.Token);
                    Interlocked.Add(ref sent, block.Length);
                }
            }
            catch (Exception error) when (error is OperationCanceledException or IOException)
            {
            }
        }
    }

    [Fact]
    public async Task Where_an_instance_cannot_be_reached_or_says_nothing_the_next_is_tried()
    {
        // Given: one port that nobody listens on, one that never answers, one proxy
        using var db = new LocalService(echoes: true);
        using var blackHole = new TcpListener(IPAddress.Loopback, 0);
        blackHole.Start();
        await using var server = await mesh.StartAsync("next-db", db.Address);
        await RegisterAsync("next-db", "refused", FreePorts.Next());
        await RegisterAsync("next-db", "black-hole", ((IPEndPoint)blackHole.LocalEndpoint).Port);
        await using var client = await mesh.StartAsync(
            "next-web", upstreams: MeshFixture.Upstream("next-db") with { ConnectTime = TimeSpan.FromMilliseconds(300) });

        // When, Then: whichever comes first
        for (var i = 0; i < 3; i++)
        {
            using var application = await DialAsync(await client.UpstreamAsync("next-db"));
            (await EchoAsync(application)).Should().BeTrue();
        }

        mesh.Count("connect_agent.proxy.retries", "next-web").Should().BePositive();
    }

    [Fact]
    public async Task Without_an_instance_the_connection_is_closed()
    {
        await using var client = await mesh.StartAsync("none-web", upstreams: MeshFixture.Upstream("none-db"));
        using var application = await DialAsync(await client.UpstreamAsync("none-db"));
        (await ReadToEndAsync(application)).Should().BeEmpty();
        await UntilAsync(() => mesh.Count("connect_agent.proxy.ended", "none-web", EndReason.NoInstance) == 1);
    }

    [Fact]
    public async Task An_upstream_that_is_another_service_is_refused()
    {
        using var db = new LocalService(echoes: true);
        await using var impostor = await mesh.StartAsync("false-other", db.Address);
        await RegisterAsync("false-db", "false-db-proxy", ((IPEndPoint)impostor.Public).Port);
        await using var client = await mesh.StartAsync("false-web", upstreams: MeshFixture.Upstream("false-db"));
        using var application = await DialAsync(await client.UpstreamAsync("false-db"));
        (await ReadToEndAsync(application)).Should().BeEmpty();
        await UntilAsync(() => mesh.Count("connect_agent.proxy.ended", "false-web", EndReason.Untrusted) == 1);
    }

    [Fact]
    public async Task A_Unix_socket_serves_an_upstream_and_a_service()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "db.sock");
        using var db = new LocalService(echoes: true);
        await using var server = await mesh.StartAsync("unix-db", db.Address);
        await using var client = await mesh.StartAsync("unix-web", upstreams: new UpstreamOptions("unix-db", new UnixDomainSocketEndPoint(path)) { SocketMode = "0600" });
        File.GetUnixFileMode(path).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await using var application = new NetworkStream(socket, ownsSocket: true);
        (await EchoAsync(application)).Should().BeTrue();
    }

    [Fact]
    public async Task At_the_end_connections_may_finish_for_a_while()
    {
        using var db = new LocalService(echoes: true);
        await using var server = await mesh.StartAsync("drain-db", db.Address, new ProxyLimits { Drain = Patience });
        using var web = await mesh.LeafAsync("drain-web");
        var open = await MeshFixture.ConnectAsync(server.Public, web);
        (await EchoAsync(open)).Should().BeTrue();

        var stopping = server.StopAsync();
        await UntilAsync(async () => !await IsListeningAsync(server.Public));
        (await EchoAsync(open)).Should().BeTrue();
        stopping.IsCompleted.Should().BeFalse();
        await open.DisposeAsync();
        await stopping.WaitAsync(Patience);
    }

    [Fact]
    public async Task The_service_hears_by_the_PROXY_protocol_who_connects()
    {
        using var db = new LocalService(echoes: false);
        await using var server = await mesh.StartAsync("header-db", db.Address, inbound: static options => options with { SendsProxyHeader = true });
        using var web = await mesh.LeafAsync("header-web");
        await using var peer = await MeshFixture.ConnectAsync(server.Public, web);
        await using var service = await db.NextAsync();
        var header = new byte[28];
        await service.ReadExactlyAsync(header);
        header[..12].Should().Equal("\r\n\r\n\0\r\nQUIT\n"u8.ToArray());
        header[12..14].Should().Equal(0x21, 0x11);
        var more = new byte[((header[14] << 8) | header[15]) - 12];
        await service.ReadExactlyAsync(more);
        Encoding.UTF8.GetString(more[3..]).Should().Be("spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/header-web");
    }

    [Fact]
    public async Task A_line_of_the_access_log_tells_of_each_connection()
    {
        using var log = new MemoryStream();
        using var db = new LocalService(echoes: true);
        await using (var server = await mesh.StartAsync("log-db", db.Address, access: log))
        {
            using var web = await mesh.LeafAsync("log-web");
            await using (var peer = await MeshFixture.ConnectAsync(server.Public, web))
            {
                (await EchoAsync(peer)).Should().BeTrue();
                await peer.ShutdownAsync();
                (await peer.ReadAsync(new byte[1])).Should().Be(0);
            }

            await UntilAsync(() => mesh.Count("connect_agent.proxy.ended", "log-db", EndReason.Closed) == 1);
        }

        var line = JsonNode.Parse(Encoding.UTF8.GetString(log.ToArray()))!;
        ((string?)line["peer"]).Should().EndWith("/svc/log-web");
        ((string?)line["end"]).Should().Be("closed");
        ((int?)line["sent"]).Should().Be(4);
    }

    [Fact] // EC, RSA, EC, while connections are made all the time
    public async Task No_handshake_fails_while_the_CA_changes()
    {
        using var db = new LocalService(echoes: true);
        await using var server = await mesh.StartAsync("rotate-db", db.Address);
        await using var client = await mesh.StartAsync("rotate-web", upstreams: MeshFixture.Upstream("rotate-db"));
        var address = await client.UpstreamAsync("rotate-db");
        var (made, failed) = (0, 0);
        using var stop = new CancellationTokenSource();
        var connecting = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var application = await DialAsync(address);
                Interlocked.Increment(ref await EchoAsync(application) ? ref made : ref failed);
            }
        })));

        try
        {
            foreach (var (type, bits) in new[] { ("rsa", 2048), ("ec", 256) })
            {
                var root = (string?)(await mesh.Agent.GetAsync("/v1/agent/connect/ca/roots"))["ActiveRootID"];
                var (status, text, _) = await mesh.Agent.SendAsync(
                    "PUT", "/v1/connect/ca/configuration", $$"""{"Provider":"consul","Config":{"PrivateKeyType":"{{type}}","PrivateKeyBits":{{bits}}} }""");
                status.Should().Be(200, text);
                var before = Volatile.Read(ref made);
                await UntilAsync(async () => (string?)(await mesh.Agent.GetAsync("/v1/agent/connect/ca/roots"))["ActiveRootID"] != root && Volatile.Read(ref made) > before + 10);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await connecting;
        }

        failed.Should().Be(0);
    }

    private async Task RegisterAsync(string service, string id, int port)
    {
        var (status, text, _) = await mesh.Agent.SendAsync(
            "PUT", "/v1/agent/service/register",
            $$"""{"Kind":"connect-proxy","ID":"{{id}}","Name":"{{service}}-proxy","Address":"127.0.0.1","Port":{{port}},"Proxy":{"DestinationServiceName":"{{service}}"} }""");
        status.Should().Be(200, text);
    }

    private static X509Certificate2 Foreign(string uri)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=foreign", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(uri));
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
    }

    private static async Task<NetworkStream> DialAsync(EndPoint address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static async Task<bool> IsListeningAsync(EndPoint address)
    {
        try
        {
            using var probe = await DialAsync(address);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<bool> EchoAsync(Stream stream)
    {
        try
        {
            await stream.WriteAsync("ping"u8.ToArray());
            var answer = new byte[4];
            await stream.ReadExactlyAsync(answer).AsTask().WaitAsync(Patience);
            return true;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            return false;
        }
    }

    // TLS 1.3: the client hears of it when it reads.
    private static async Task<bool> IsRefusedAsync(EndPoint address, X509Certificate2? certificate)
    {
        try
        {
            await using var stream = await MeshFixture.ConnectAsync(address, certificate);
            return await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience) == 0;
        }
        catch (Exception error) when (error is IOException or AuthenticationException)
        {
            return true;
        }
    }

    private static async Task IsCutAsync(SslStream stream)
    {
        try
        {
            (await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience)).Should().Be(0);
        }
        catch (IOException)
        {
            // A reset.
        }
    }

    private static async Task<string> ReadToEndAsync(Stream stream)
    {
        using var all = new MemoryStream();
        try
        {
            await stream.CopyToAsync(all).WaitAsync(Patience);
        }
        catch (IOException)
        {
            // A reset is an end, too.
        }

        return Encoding.UTF8.GetString(all.ToArray());
    }

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var late = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            await Task.Delay(10, late.Token);
        }
    }
}
