using System.Net;
using System.Net.Http.Headers;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Agent.Servers.Consul;

#pragma warning disable CA1001 // The source holds no timer and no handle; disposing it would race with the calls that it ends.
/// <summary>One server: sends a call, within a time limit, and reads a bounded answer.</summary>
internal sealed class ConsulServer(Uri address, HttpMessageInvoker http, ConsulServerOptions options, TimeProvider clock)
{
    /// <summary>The longest answer that is read; the intentions of one name are far below it.</summary>
    public const int LongestBody = 8 * 1024 * 1024;

    private readonly HoldOff[] _pauses = [.. Enum.GetValues<ConsulOperation>().Select(_ => new HoldOff(clock))];
    private CancellationTokenSource _held = new();

    public string Name { get; } = address.GetLeftPart(UriPartial.Authority);

    /// <summary>What this server asked to be spared.</summary>
    public HoldOff PauseOf(ConsulOperation operation) => _pauses[(int)operation];

    /// <summary>Ends the calls that this server is holding: they go on elsewhere.</summary>
    public void ReleaseHeld() => _ = Interlocked.Exchange(ref _held, new CancellationTokenSource()).CancelAsync();

    /// <summary>Sends a call and reads the answer, whatever its status.</summary>
    /// <exception cref="ServerException"><see cref="FailureKind.Unreachable"/>: nothing that can be used came in time.</exception>
    public async Task<ConsulAnswer> SendAsync(ConsulCall call, CancellationToken cancellationToken)
    {
        // The server adds up to a sixteenth to the hold (http-conventions IDX-4).
        var limit = options.RequestTime + call.Hold + (call.Hold / 16);
        using var deadline = new CancellationTokenSource(limit, clock);
        var released = call.Holds ? Volatile.Read(ref _held).Token : CancellationToken.None;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token, released);
        try
        {
            using var message = MessageOf(call);
            using var response = await http.SendAsync(message, ends.Token);
            var body = await ReadAsync(response.Content, ends.Token);
            var type = response.Content.Headers.ContentType?.ToString() ?? string.Empty;
            return new ConsulAnswer(Name, (int)response.StatusCode, response.Headers, type, body);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException error)
        {
            throw Away(
                "rpc error making call: ",
                released.IsCancellationRequested ? "other calls found it failing" : $"no answer within {(long)limit.TotalSeconds} s",
                error);
        }
        catch (HttpRequestException error)
        {
            var connecting = error.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError;
            throw Away(
                connecting ? "rpc error getting client: failed to get conn: " : "rpc error making call: ",
                (error.InnerException ?? error).Message,
                error);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException or FormatException)
        {
            throw Away("rpc error making call: ", error.Message, error);
        }
    }

    private ServerException Away(string prefix, string reason, Exception error) =>
        new(FailureKind.Unreachable, $"{prefix}{Name}: {reason}", error);

    private HttpRequestMessage MessageOf(ConsulCall call)
    {
        var message = new HttpRequestMessage(call.Method, new Uri(address, call.Target))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        message.Headers.TryAddWithoutValidation("User-Agent", "connect-agent");
        if (call.Token.Length > 0)
        {
            message.Headers.TryAddWithoutValidation("X-Consul-Token", SendableOf(call.Token));
        }

        foreach (var (name, value) in call.Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        if (call.Body is not null)
        {
            message.Content = new ByteArrayContent(call.Body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        return message;
    }

    // A token that no header can carry is known to no server; sent in part it might be another's.
    private static string SendableOf(string token) =>
        !token.AsSpan().ContainsAnyExceptInRange(' ', '~') && token[0] != ' ' && token[^1] != ' '
            ? token
            : throw new ServerException(FailureKind.UnknownToken, "ACL not found");

    private async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > LongestBody)
        {
            throw TooLong();
        }

        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        using var body = new MemoryStream((int)(content.Headers.ContentLength ?? 0));
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (body.Length + read > LongestBody)
            {
                throw TooLong();
            }

            body.Write(buffer, 0, read);
        }

        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private ServerException TooLong() =>
        new(FailureKind.Unreachable, $"rpc error making call: {Name}: the answer is longer than {LongestBody} bytes");
}
