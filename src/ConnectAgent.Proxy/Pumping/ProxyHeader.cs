using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ConnectAgent.Proxy.Pumping;

/// <summary>The header of the PROXY protocol, version 2: who connected, and as whom.</summary>
internal static class ProxyHeader
{
    /// <summary>The first of the types that the protocol leaves to its users: the SPIFFE ID of the peer.</summary>
    public const byte SpiffeIdType = 0xE0;

    private const int Fixed = 16;
    private const byte Proxied = 0x21;
    private const byte Tcp4 = 0x11;
    private const byte Tcp6 = 0x21;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Renders it.</summary>
    /// <param name="source">The peer's address.</param>
    /// <param name="destination">The address that it connected to.</param>
    /// <param name="identity">The peer's SPIFFE ID.</param>
    public static byte[] Of(EndPoint? source, EndPoint? destination, string identity)
    {
        var name = Encoding.UTF8.GetBytes(identity);
        var addresses = AddressesOf(source as IPEndPoint, destination as IPEndPoint, out var family);
        var header = new byte[Fixed + addresses.Length + 3 + name.Length];
        Signature.CopyTo(header);
        header[12] = Proxied;
        header[13] = family;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), (ushort)(header.Length - Fixed));
        addresses.CopyTo(header, Fixed);
        var more = header.AsSpan(Fixed + addresses.Length);
        more[0] = SpiffeIdType;
        BinaryPrimitives.WriteUInt16BigEndian(more[1..], (ushort)name.Length);
        name.CopyTo(more[3..]);
        return header;
    }

    // An unknown family has no addresses, and whoever reads skips them.
    private static byte[] AddressesOf(IPEndPoint? source, IPEndPoint? destination, out byte family)
    {
        if (source is null || destination is null)
        {
            family = 0;
            return [];
        }

        var (from, to) = (Plain(source.Address), Plain(destination.Address));
        if (from.AddressFamily != to.AddressFamily)
        {
            (from, to) = (from.MapToIPv6(), to.MapToIPv6());
        }

        family = from.AddressFamily == AddressFamily.InterNetwork ? Tcp4 : Tcp6;
        byte[] addresses = [.. from.GetAddressBytes(), .. to.GetAddressBytes(), 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(addresses.AsSpan(^4), (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(addresses.AsSpan(^2), (ushort)destination.Port);
        return addresses;
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
