using System.Net;
using System.Net.Sockets;

namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>Sends a datagram and passes with any answer: silence may be a firewall as well as a healthy server.</summary>
internal sealed class UdpProbe(string address) : ICheckProbe
{
    private static readonly byte[] Sent = "ping"u8.ToArray();

    public string Subject { get; } = $"UDP connect {address}";

    public async ValueTask<CheckResult> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var target = ProbeTarget.Parse(address);
            var hosts = IPAddress.TryParse(target.Host, out var ip) ? [ip] : await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
            using var socket = new Socket(hosts[0].AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            await socket.ConnectAsync(new IPEndPoint(hosts[0], target.Port), cancellationToken);
            await socket.SendAsync(Sent, cancellationToken);
            await socket.ReceiveAsync(new byte[1], SocketFlags.None, cancellationToken);
            return CheckResult.Passing($"{Subject}: Success");
        }
        catch (SocketException error)
        {
            return CheckResult.Critical($"dial udp {address}: {Dial.Words(error)}");
        }
        catch (ProbeException error)
        {
            return CheckResult.Critical(error.Message);
        }
    }
}
