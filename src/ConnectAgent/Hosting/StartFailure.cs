using System.Net.Sockets;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.State;
using ConnectAgent.State.Storage;

namespace ConnectAgent.Hosting;

/// <summary>What may go wrong at a start without being a bug: it is told in one line, and ends with exit code 1.</summary>
internal static class StartFailure
{
    public static bool IsExpected(Exception error) => error is ConfigurationException or StateStorageException or ServerException
        or IOException or UnauthorizedAccessException or SocketException or ArgumentException;

    /// <summary>An address that cannot be listened on, with the keys and the flag that choose another.</summary>
    /// <param name="address">As the log shows it.</param>
    /// <param name="remedy">What to change.</param>
    public static IOException Listening(string address, string remedy, SocketException error) =>
        new($"cannot listen on {address}: {ReasonOf(error)}; {remedy}", error);

    private static string ReasonOf(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "address already in use",
        SocketError.AccessDenied => "permission denied",
        SocketError.AddressNotAvailable => "no such address on this host, or no such directory",
        _ => error.Message,
    };
}
