using System.Net;
using System.Net.Sockets;
using ConnectAgent.Client.Api;
using ConnectAgent.Configuration;

namespace ConnectAgent.Cli.Doctor;

/// <summary>The addresses that the configuration listens on: free, or held by an agent.</summary>
internal static class ListenerChecks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static async IAsyncEnumerable<Finding> OfAsync(AgentConfiguration configuration)
    {
        foreach (var (address, scheme) in configuration.HttpListeners.Select(static address => (address, "http"))
            .Concat(configuration.HttpsListeners.Select(static address => (address, "https"))))
        {
            yield return await OfAsync(address, scheme);
        }
    }

    /// <summary>How an address of this host is asked from this host.</summary>
    public static string ApiAddressOf(ListenAddress address, string scheme) => address is TcpListenAddress { Address: var ip, Port: var port }
        ? $"{scheme}://{new IPEndPoint(ip.Equals(IPAddress.Any) ? IPAddress.Loopback : ip.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : ip, port)}"
        : address.ToString()!;

    private static async Task<Finding> OfAsync(ListenAddress address, string scheme)
    {
        var name = $"{scheme} listener {address}";
        if (address is TcpListenAddress tcp)
        {
            try
            {
                using var probe = new TcpListener(tcp.Address, tcp.Port);
                probe.Start();
                return Finding.Ok(name + ": free");
            }
            catch (SocketException error) when (error.SocketErrorCode != SocketError.AddressAlreadyInUse)
            {
                return error.SocketErrorCode == SocketError.AccessDenied
                    ? Finding.Fail(name + ": permission denied", "choose a port above 1023, or give the agent CAP_NET_BIND_SERVICE")
                    : Finding.Fail($"{name}: {error.Message}", "choose an address of this host in client_addr or addresses");
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
        else if (!Path.Exists(((UnixListenAddress)address).Path))
        {
            return Finding.Ok(name + ": free");
        }

        return await IsAgentAsync(ApiAddressOf(address, scheme))
            ? Finding.Ok(name + ": held by an agent")
            : Finding.Fail(name + ": held by another program", $"end that program, or choose another port (ports.{scheme})");
    }

    // The endpoint is ours alone; whether it may be read does not matter.
    private static async Task<bool> IsAgentAsync(string address)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            using var api = AgentApi.Open(new ApiOptions { Address = address, Verify = false });
            await api.SendAsync(ApiRequest.Get("/v1/agent/connect/cache/summary"), limit.Token);
            return true;
        }
        catch (ApiException error)
        {
            return error.Status is 401 or 403;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
