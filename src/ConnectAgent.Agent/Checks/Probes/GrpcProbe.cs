using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>
/// Asks the standard health service, <c>grpc.health.v1.Health/Check</c>, of <c>host:port</c> or of one service <c>host:port/service</c>. Its two messages
/// have one field each, so they are written and read here: a gRPC client with generated code would bring three packages into the agent for that.
/// </summary>
/// <param name="definition">Of the check.</param>
/// <param name="options">What holds for all checks.</param>
/// <param name="timeOut">Told to the server.</param>
internal sealed class GrpcProbe(CheckDefinition definition, CheckOptions options, TimeSpan timeOut) : ICheckProbe
{
    // Statuses of the answer.
    private static readonly string[] Statuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

    public string Subject { get; } = $"gRPC check {definition.Grpc}";

    public async ValueTask<CheckResult> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(cancellationToken);
        }
        catch (ProbeException error)
        {
            return CheckResult.Critical($"{Subject}: {error.Message}");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return CheckResult.Critical($"{Subject}: {WordsOf(error)}");
        }
    }

    private async Task<CheckResult> AskAsync(CancellationToken cancellationToken)
    {
        var slash = definition.Grpc.IndexOf('/', StringComparison.Ordinal);
        var target = ProbeTarget.Parse(slash < 0 ? definition.Grpc : definition.Grpc[..slash]);
        var service = slash < 0 ? string.Empty : definition.Grpc[(slash + 1)..];
        using var connections = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            MaxResponseDrainSize = 0,
            ConnectCallback = (_, end) => ConnectAsync(target, end),
        };
        using var client = new HttpMessageInvoker(connections, disposeHandler: false);
        using var request = Request(target, service);
        using var response = await client.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new ProbeException($"HTTP status {(int)response.StatusCode}");
        }

        // Five bytes of framing and one field: whoever sends more does not speak this protocol.
        var message = new byte[64];
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var length = await body.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false, cancellationToken);
        RequireOk(response);
        var status = StatusOf(message.AsSpan(0, length));
        return status == 1
            ? CheckResult.Passing($"{Subject}: success")
            : CheckResult.Critical($"{Subject}: status {(status < Statuses.Length ? Statuses[status] : status.ToString(CultureInfo.InvariantCulture))}");
    }

    private HttpRequestMessage Request(ProbeTarget target, string service)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"{(definition.GrpcUseTls ? "https" : "http")}://{IpLiteral.WithPort(target.Host, target.Port)}/grpc.health.v1.Health/Check")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Message(service)) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Headers.TryAddWithoutValidation("User-Agent", "Consul Health Check");
        request.Headers.TryAddWithoutValidation("grpc-timeout", string.Create(CultureInfo.InvariantCulture, $"{Math.Min((long)timeOut.TotalMilliseconds, 99_999_999)}m"));
        return request;
    }

    private async ValueTask<Stream> ConnectAsync(ProbeTarget target, CancellationToken cancellationToken)
    {
        var connection = await Dial.ConnectAsync(target.Host, target.Port, cancellationToken);
        return definition.GrpcUseTls
            ? await Dial.SecureAsync(connection, options.Tls.For(definition, target.Host, SslApplicationProtocol.Http2), cancellationToken)
            : connection;
    }

    // A flag, the length, and field 1 as a text.
    private static byte[] Message(string service)
    {
        var name = Encoding.UTF8.GetBytes(service);
        using var message = new MemoryStream();
        message.Write(stackalloc byte[5]);
        if (name.Length > 0)
        {
            message.WriteByte(0x0A);
            var left = name.Length;
            for (; left >= 0x80; left >>= 7)
            {
                message.WriteByte((byte)(left | 0x80));
            }

            message.WriteByte((byte)left);
            message.Write(name);
        }

        var bytes = message.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), bytes.Length - 5);
        return bytes;
    }

    private static void RequireOk(HttpResponseMessage response)
    {
        var code = Header(response, "grpc-status");
        if (code != "0")
        {
            throw new ProbeException(code is null
                ? "the answer is no gRPC answer"
                : $"rpc error: code = {code} desc = {Uri.UnescapeDataString(Header(response, "grpc-message") ?? string.Empty)}");
        }
    }

    // In the trailer; in the header when there is nothing else.
    private static string? Header(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var trailer) ? trailer.First()
        : response.Headers.TryGetValues(name, out var header) ? header.First()
        : null;

    private static int StatusOf(ReadOnlySpan<byte> message) =>
        message is [0, 0, 0, 0, var length, ..] && message.Length == length + 5
            ? message[5..] switch
            {
                [] => 0,
                [0x08, < 0x80 and var status] => status,
                _ => throw new ProbeException("the answer is no health answer"),
            }
            : throw new ProbeException("the answer is no health answer");

    private static string WordsOf(Exception error) => error.InnerException switch
    {
        ProbeException dialed => dialed.Message,
        SocketException socket => Dial.Words(socket),
        { } inner => inner.Message,
        null => error.Message,
    };
}
