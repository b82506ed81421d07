using System.Net;
using System.Net.Http.Headers;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Agent.Servers.Consul;

#pragma warning disable CA1001 // The source holds no timer and no handle; disposing it would race with the calls that it ends.
/// <summary>One server: sends a call within a time limit.</summary>
internal sealed class ConsulServer(Uri address, HttpMessageInvoker http, ConsulServerOptions options, TimeProvider clock)
{
    /// <summary>The longest answer that is read whole; the intentions of one name are far below it.</summary>
    public const int LongestBody = 8 * 1024 * 1024;

    private readonly HoldOff[] _pauses = [.. Enum.GetValues<ConsulOperation>().Select(_ => new HoldOff(clock))];
    private CancellationTokenSource _held = new();

    public string Name { get; } = address.GetLeftPart(UriPartial.Authority);

    /// <summary>What this server asked to be spared.</summary>
    public HoldOff PauseOf(ConsulOperation operation) => _pauses[(int)operation];

    /// <summary>Ends the calls that this server is holding: they go on elsewhere.</summary>
    public void ReleaseHeld() => _ = Interlocked.Exchange(ref _held, new CancellationTokenSource()).CancelAsync();

    /// <summary>Sends a call and reads the answer whole, whatever its status.</summary>
    /// <exception cref="ServerException"><see cref="FailureKind.Unreachable"/>: nothing that can be used came in time.</exception>
    public async Task<ConsulAnswer> SendAsync(ConsulCall call, CancellationToken cancellationToken)
    {
        using var exchange = await OpenAsync(call, cancellationToken);
        return new ConsulAnswer(Name, exchange.Status, exchange.Headers, await exchange.ReadAllAsync(LongestBody));
    }

    /// <summary>Sends a call; the answer's body is still to be read.</summary>
    /// <exception cref="ServerException"><see cref="FailureKind.Unreachable"/>.</exception>
    /// <exception cref="UploadException">The caller's body broke off.</exception>
    public Task<ConsulExchange> OpenAsync(ConsulCall call, CancellationToken cancellationToken) => ConsulExchange.OpenAsync(
        Name,
        options.RequestTime,
        call.Hold,
        async (upload, ends) =>
        {
            using var message = MessageOf(call, upload);
            return await http.SendAsync(message, ends);
        },
        call.Upload,
        clock,
        call.Holds ? Volatile.Read(ref _held).Token : CancellationToken.None,
        cancellationToken);

    private HttpRequestMessage MessageOf(ConsulCall call, HttpContent? upload)
    {
        var message = new HttpRequestMessage(call.Method, new Uri(address, call.Target))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = upload,
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
}
