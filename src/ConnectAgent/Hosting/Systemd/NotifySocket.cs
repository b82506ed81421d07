using System.Net.Sockets;
using System.Text;
using ConnectAgent.Configuration;

namespace ConnectAgent.Hosting.Systemd;

/// <summary>Tells the service manager how the agent is, a datagram each time (sd_notify(3)). Without a manager it does nothing.</summary>
internal sealed class NotifySocket(ServiceManagerOptions options, AgentConfiguration configuration, TimeProvider clock, ILogger<NotifySocket> logger)
{
    // The manager reads at once, unless it is in a bad way itself.
    private const int SendMilliseconds = 1000;

    /// <summary>It serves.</summary>
    /// <param name="note">What else there is to say; empty for nothing.</param>
    public void Ready(string note = "")
    {
        var addresses = string.Join(", ", configuration.HttpListeners.Concat(configuration.HttpsListeners));
        Send($"READY=1\nSTATUS=Serving on {addresses}{(note.Length == 0 ? string.Empty : "; " + note)}");
    }

    /// <summary>It reads its configuration again; <see cref="Ready"/> ends that.</summary>
    public void Reloading() =>
        Send(FormattableString.Invariant($"RELOADING=1\nMONOTONIC_USEC={(long)clock.GetElapsedTime(0).TotalMicroseconds}\nSTATUS=Reading the configuration again"));

    /// <summary>It ends.</summary>
    public void Stopping() => Send("STOPPING=1\nSTATUS=Stopping");

    /// <summary>It lives.</summary>
    public void Alive() => Send("WATCHDOG=1");

    private void Send(string state)
    {
        if (options.Socket is not { } path)
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = SendMilliseconds };
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path));
            socket.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            logger.NotifyFailed(error.Message);
        }
    }
}
