using System.Buffers;
using System.Net.Sockets;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>
/// Asks over HTTP (services CHK-3): 2xx passes, 429 warns, everything else is critical. Each look has a connection of its own; of the body no more is read
/// than the output keeps, whatever its length.
/// </summary>
/// <param name="definition">Of the check.</param>
/// <param name="options">What holds for all checks.</param>
/// <param name="outputSize">Bytes of the body that are kept.</param>
internal sealed class HttpProbe(CheckDefinition definition, CheckOptions options, int outputSize) : ICheckProbe
{
    [Limit("checks.redirects", "redirects", "critical: stopped after 10 redirects")]
    private const int MostRedirects = 10;

    [Limit("checks.answer_headers", "KiB", "critical: the answer cannot be read")]
    private const int LongestHeadersInKilobytes = 64;

    private readonly HttpTarget _target = new(definition);

    public string Subject => $"HTTP {_target.Method} {_target.Shown}";

    public async ValueTask<CheckResult> RunAsync(CancellationToken cancellationToken)
    {
        if (_target.Uri is null)
        {
            return CheckResult.Critical($"{Subject}: no address that begins with http:// or https://");
        }

        try
        {
            return await AskAsync(cancellationToken);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or FormatException)
        {
            return CheckResult.Critical(BoundedOutput.Bound($"{Named(_target.Method)} \"{_target.Shown}\": {WordsOf(error)}", outputSize));
        }
    }

    private async ValueTask<CheckResult> AskAsync(CancellationToken cancellationToken)
    {
        using var connections = Connections();
        using var client = new HttpMessageInvoker(connections, disposeHandler: false);
        var request = _target.First();
        for (var redirects = 0; ; redirects++)
        {
            using var response = await client.SendAsync(request, cancellationToken);
            if (definition.DisableRedirects || Next(request, response) is not { } next)
            {
                return await ResultAsync(response, cancellationToken);
            }

            if (!options.FollowsOtherHosts && !next.Host.Equals(_target.Uri!.Host, StringComparison.OrdinalIgnoreCase))
            {
                return CheckResult.Critical(
                    $"{Subject}: {StatusOf(response)} Output: redirect to {next.Host} is not followed: {CheckOptions.OtherHostsKey} is false");
            }

            if (redirects == MostRedirects)
            {
                throw new HttpRequestException($"stopped after {MostRedirects} redirects");
            }

            request = _target.After(request, (int)response.StatusCode, next);
        }
    }

    private static Uri? Next(HttpRequestMessage request, HttpResponseMessage response) =>
        (int)response.StatusCode is 301 or 302 or 303 or 307 or 308
        && response.Headers.Location is { } location
        && new Uri(request.RequestUri!, location) is var next
        && HttpTarget.IsHttp(next)
            ? next
            : null;

    private async Task<CheckResult> ResultAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var output = await ReadAsync(response, cancellationToken);
        return new CheckResult(
            status is >= 200 and < 300 ? CheckStatus.Passing : status == 429 ? CheckStatus.Warning : CheckStatus.Critical,
            $"{Subject}: {StatusOf(response)} Output: {output}");
    }

    // The status is known: a body that drips, or breaks off, changes nothing about it, and has no more time than the rest.
    private async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var output = new BoundedOutput(outputSize);
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        var isWhole = false;
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            while (output.Total <= outputSize && !isWhole)
            {
                var read = await body.ReadAsync(buffer, cancellationToken);
                output.Add(buffer.AsSpan(0, read));
                isWhole = read == 0;
            }
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            isWhole = output.Total <= outputSize;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return output.ToText(isWhole ? output.Total : response.Content.Headers.ContentLength ?? -1);
    }

    private static string StatusOf(HttpResponseMessage response) => $"{(int)response.StatusCode} {response.ReasonPhrase}";

    // Nothing is kept between two looks: no connection, no cookie, no rest of a body; no proxy stands in between, and nothing is added for tracing.
    private SocketsHttpHandler Connections() => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectCallback = ConnectAsync,
        PooledConnectionLifetime = TimeSpan.Zero,
        MaxResponseDrainSize = 0,
        MaxResponseHeadersLength = LongestHeadersInKilobytes,
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var connection = await Dial.ConnectAsync(host, port, cancellationToken);
        return context.InitialRequestMessage.RequestUri!.Scheme == Uri.UriSchemeHttps
            ? await Dial.SecureAsync(connection, options.Tls.For(definition, host), cancellationToken)
            : connection;
    }

    // "Get", as the reference says it in front of errors.
    private static string Named(string method) => method.Length > 1 ? char.ToUpperInvariant(method[0]) + method[1..].ToLowerInvariant() : method;

    private static string WordsOf(Exception error) => error.InnerException switch
    {
        ProbeException dialed => dialed.Message,
        SocketException socket => Dial.Words(socket),
        { } inner => $"{error.Message} {inner.Message}",
        null => error.Message,
    };
}
