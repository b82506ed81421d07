using System.Net;
using System.Net.Sockets;
using ConnectAgent.Configuration;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Tests.Http;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Proxy;

/// <summary>Proxies in the agent's own process (<c>connect_agent.proxies</c>).</summary>
public sealed class ProxyHostTests
{
    [Fact]
    public async Task REG_17_A_registered_sidecar_runs_with_its_own_token_and_follows_its_registration()
    {
        // Given: nobody may do anything without a token
        using var db = new LocalService(echoes: true);
        await using var agent = await InProcessAgent.StartAsync(
            "deny", values => values.Set(AclKeys.DefaultToken, null).Merge(ProxyKeys.Proxies, new List<string> { "*" }));
        var token = await agent.TokenAsync("service_prefix \"\" { policy = \"write\" intentions = \"read\" } node_prefix \"\" { policy = \"read\" }");
        await agent.SendAsync("PUT", "/v1/connect/intentions/exact?source=web&destination=db", """{"Action":"allow"}""", "root");
        var (first, second) = (FreePorts.Next(), FreePorts.Next());

        // When
        await RegisterAsync($$"""{"Name":"db","Port":{{((IPEndPoint)db.Address).Port}},"Connect":{"SidecarService":{"Port":{{FreePorts.Next()}},"Checks":[{"Name":"up","TTL":"1h","Status":"passing"}]} } }""");
        await RegisterAsync(Web(first));

        // Then: the application reaches it, and where the registration says from then on
        await EchoesAsync(first);
        await RegisterAsync(Web(second));
        await EchoesAsync(second);

        async Task RegisterAsync(string body)
        {
            var (status, text, _) = await agent.SendAsync("PUT", "/v1/agent/service/register?replace-existing-checks", body, token);
            status.Should().Be(200, text);
        }
    }

    private static string Web(int port) => $$"""
        {"Name":"web","Port":1,"Connect":{"SidecarService":{"Port":{{FreePorts.Next()}},"Proxy":{"Upstreams":[{"DestinationName":"db","LocalBindPort":{{port}} }]} } } }
        """;

    private static async Task EchoesAsync(int port)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                using var application = new TcpClient();
                await application.ConnectAsync(IPAddress.Loopback, port, late.Token);
                await application.GetStream().WriteAsync("ping"u8.ToArray(), late.Token);
                await application.GetStream().ReadExactlyAsync(new byte[4], late.Token);
                return;
            }
            catch (Exception error) when (error is SocketException or IOException)
            {
                await Task.Delay(20, late.Token);
            }
        }
    }
}
