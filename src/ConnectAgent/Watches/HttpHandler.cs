using System.Globalization;
using System.Net.Http.Headers;
using ConnectAgent.Agent.Checks.Probes;

namespace ConnectAgent.Watches;

/// <summary>Sends a change: the JSON as the body, the index in <c>X-Consul-Index</c>.</summary>
internal sealed class HttpHandler : IWatchHandler
{
    private readonly HttpClient _http;
    private readonly WatchHttpHandler _handler;
    private readonly TimeProvider _clock;

    public HttpHandler(WatchHttpHandler handler, TimeProvider clock)
    {
        var connections = new SocketsHttpHandler { UseCookies = false, UseProxy = false };
        if (handler.TlsSkipVerify)
        {
#pragma warning disable CA5359 // The operator asked for it, by the key that exists for this.
            connections.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        (_http, _handler, _clock) = (new HttpClient(connections) { Timeout = Timeout.InfiniteTimeSpan }, handler, clock);
    }

    public async Task<WatchOutcome> HandleAsync(WatchChange change, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(_handler.TimeLimit, _clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(new HttpMethod(_handler.Method), _handler.Path) { Content = new ReadOnlyMemoryContent(change.Body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.TryAddWithoutValidation("X-Consul-Index", change.Index.ToString(CultureInfo.InvariantCulture));
            foreach (var (name, values) in _handler.Header)
            {
                if (!request.Headers.TryAddWithoutValidation(name, values))
                {
                    request.Content.Headers.Remove(name);
                    request.Content.Headers.TryAddWithoutValidation(name, values);
                }
            }

            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, end.Token);
            var text = await ReadAsync(answer, end.Token);
            return new WatchOutcome(answer.IsSuccessStatusCode ? null : $"status {(int)answer.StatusCode}", text);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new WatchOutcome($"no answer within {_handler.TimeLimit.TotalSeconds} s (http_handler_config.timeout)", string.Empty);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return new WatchOutcome(error.GetBaseException().Message, string.Empty);
        }
    }

    public void Dispose() => _http.Dispose();

    private static async Task<string> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var output = new BoundedOutput(ScriptHandler.OutputSize);
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[ScriptHandler.OutputSize];
        while (output.Total <= ScriptHandler.OutputSize && await body.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            output.Add(buffer.AsSpan(0, read));
        }

        return output.Total > ScriptHandler.OutputSize ? output.ToText(total: -1) : output.ToText();
    }
}
