using System.Net;
using System.Net.Sockets;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Checks.Probes;

/// <summary>services CHK-4, and UDP as 1.16 has it.</summary>
public class SocketProbeTests
{
    [Fact]
    public async Task A_port_that_accepts_passes()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        (await new TcpProbe($"{listener.LocalEndpoint}").RunAsync(default)).Should().Be(CheckResult.Passing($"TCP connect {listener.LocalEndpoint}: Success"));
        using var connection = await listener.AcceptSocketAsync();
        (await connection.ReceiveAsync(new byte[1])).Should().Be(0, "the connection is closed at once");
    }

    [Fact] // as a service's own configuration says where it listens, and as the reference dials
    public async Task The_address_of_all_interfaces_is_this_host()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"0.0.0.0:{((IPEndPoint)listener.LocalEndpoint).Port}";
        (await new TcpProbe(address).RunAsync(default)).Should().Be(CheckResult.Passing($"TCP connect {address}: Success"));
    }

    [Fact]
    public async Task A_port_that_refuses_is_critical()
    {
        var port = FreePorts.Next();
        (await new TcpProbe($"127.0.0.1:{port}").RunAsync(default)).Should().Be(CheckResult.Critical($"dial tcp 127.0.0.1:{port}: connect: connection refused"));
    }

    [Theory]
    [InlineData("127.0.0.1", "dial 127.0.0.1: missing port in address")]
    [InlineData("[::1]", "dial [::1]: missing port in address")]
    [InlineData("127.0.0.1:0", "dial 127.0.0.1:0: invalid port")]
    [InlineData("127.0.0.1:70000", "dial 127.0.0.1:70000: invalid port")]
    [InlineData("127.0.0.1:http", "dial 127.0.0.1:http: invalid port")]
    public async Task An_address_that_is_none_is_critical(string address, string words)
    {
        (await new TcpProbe(address).RunAsync(default)).Should().Be(CheckResult.Critical(words));
        (await new UdpProbe(address).RunAsync(default)).Should().Be(CheckResult.Critical(words));
    }

    [Fact]
    public async Task A_datagram_that_is_answered_passes()
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var look = new UdpProbe($"{server.LocalEndPoint}").RunAsync(default);
        var asked = await server.ReceiveFromAsync(new byte[16], new IPEndPoint(IPAddress.Any, 0));
        await server.SendToAsync("a longer answer"u8.ToArray(), asked.RemoteEndPoint);
        (await look).Should().Be(CheckResult.Passing($"UDP connect {server.LocalEndPoint}: Success"));
    }

    [Fact]
    public async Task A_datagram_that_nobody_takes_is_critical_and_silence_lasts_until_the_time_out()
    {
        var port = FreePorts.Next();
        (await new UdpProbe($"127.0.0.1:{port}").RunAsync(default)).Should().Be(CheckResult.Critical($"dial udp 127.0.0.1:{port}: connect: connection refused"));

        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var limit = new CancellationTokenSource();
        var look = new UdpProbe($"{silent.LocalEndPoint}").RunAsync(limit.Token).AsTask();
        await silent.ReceiveAsync(new byte[16]);
        await limit.CancelAsync();
        await look.Awaiting(run => run).Should().ThrowAsync<OperationCanceledException>();
    }
}
