using System.Buffers.Binary;
using System.Net.Security;
using System.Security.Cryptography;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>
/// Sends one PING of HTTP/2 and waits for its answer. Over TLS, unless the definition says otherwise. The platform's client sends pings by itself and
/// tells of none, so the few frames that it takes are exchanged here (RFC 9113 sections 3.4, 4.1, 6.5, 6.7, 6.8).
/// </summary>
internal sealed class Http2PingProbe(CheckDefinition definition, CheckOptions options) : ICheckProbe
{
    private const int HeaderLength = 9;
    private const byte SettingsFrame = 4;
    private const byte PingFrame = 6;
    private const byte ClosingFrame = 7;
    private const byte Acknowledged = 1;

    [Limit("checks.frame", "bytes", "critical: no HTTP/2")]
    private const int LongestFrame = 16384;

    [Limit("checks.frames", "frames", "critical: no answer to the ping")]
    private const int MostFrames = 64;

    private static readonly byte[] Opening = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(SettingsFrame, 0, [])];

    public string Subject { get; } = $"HTTP2 ping {definition.H2Ping}";

    public async ValueTask<CheckResult> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await ConnectAsync(cancellationToken);
            await PingAsync(connection, cancellationToken);
            return CheckResult.Passing("HTTP2 ping was successful");
        }
        catch (ProbeException error)
        {
            return CheckResult.Critical($"{Subject}: {error.Message}");
        }
        catch (EndOfStreamException)
        {
            return CheckResult.Critical($"{Subject}: the connection was closed");
        }
        catch (IOException error)
        {
            return CheckResult.Critical($"{Subject}: {(error.InnerException ?? error).Message}");
        }
    }

    private async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        var target = ProbeTarget.Parse(definition.H2Ping);
        var connection = await Dial.ConnectAsync(target.Host, target.Port, cancellationToken);
        if (definition.H2PingInClear)
        {
            return connection;
        }

        var secure = await Dial.SecureAsync(connection, options.Tls.For(definition, target.Host, SslApplicationProtocol.Http2), cancellationToken);
        if (secure.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2)
        {
            return secure;
        }

        await secure.DisposeAsync();
        throw new ProbeException("the server does not speak HTTP/2");
    }

    private static async Task PingAsync(Stream connection, CancellationToken cancellationToken)
    {
        var sent = RandomNumberGenerator.GetBytes(8);
        await connection.WriteAsync((byte[])[.. Opening, .. Frame(PingFrame, 0, sent)], cancellationToken);
        var header = new byte[HeaderLength];
        for (var frames = 0; frames < MostFrames; frames++)
        {
            await connection.ReadExactlyAsync(header, cancellationToken);
            var (type, flags) = (header[3], header[4]);
            var length = BinaryPrimitives.ReadInt32BigEndian(header) >> 8;
            if (length is < 0 or > LongestFrame || (frames == 0 && type != SettingsFrame && type != ClosingFrame))
            {
                throw new ProbeException("the server does not speak HTTP/2");
            }

            var payload = new byte[length];
            await connection.ReadExactlyAsync(payload, cancellationToken);
            switch (type)
            {
                case PingFrame when (flags & Acknowledged) != 0 && payload.AsSpan().SequenceEqual(sent):
                    return;
                case ClosingFrame:
                    throw new ProbeException("the server closes the connection (GOAWAY)");
                case SettingsFrame or PingFrame when (flags & Acknowledged) == 0:
                    await connection.WriteAsync(Frame(type, Acknowledged, type == PingFrame ? payload : []), cancellationToken);
                    break;
            }
        }

        throw new ProbeException($"no answer to the ping in {MostFrames} frames");
    }

    // Length, type, flags, stream 0.
    private static byte[] Frame(byte type, byte flags, ReadOnlySpan<byte> payload) =>
        [0, (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, 0, .. payload];
}
