using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ConnectAgent.Client.Api;

/// <summary>Requests to one agent over its HTTP API, as the reference's client library sends them (clients section 1).</summary>
internal sealed class AgentApi : IDisposable
{
    private readonly HttpClient _http;
    private readonly ApiOptions _options;
    private readonly string _shown;

    private AgentApi(HttpClient http, ApiOptions options, string shown) => (_http, _options, _shown) = (http, options, shown);

    /// <summary>Makes a client; nothing is sent yet.</summary>
    /// <exception cref="ApiException">An address or a file that cannot be used.</exception>
    public static AgentApi Open(ApiOptions options)
    {
        var (address, socket) = ApiAddress.Parse(options);
        if (options.Token?.AsSpan().ContainsAnyExceptInRange('!', '~') is true)
        {
            throw new ApiException("the token holds characters that no token has: blanks, line ends, or other than ASCII");
        }

        var http = new HttpClient(ApiConnections.Create(options, socket)) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        if (options.Login is { } login)
        {
            http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(login)));
        }

        return new AgentApi(http, options, socket is null ? address.GetLeftPart(UriPartial.Authority) : "http://" + Uri.EscapeDataString(socket));
    }

    /// <summary>Sends a request and reads the whole answer.</summary>
    /// <exception cref="ApiException">The answer is not 200, or there is none.</exception>
    public async Task<ApiAnswer> SendAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        using var response = await OpenAsync(request, cancellationToken);
        var body = await GuardAsync(request, () => response.Content.ReadAsByteArrayAsync(cancellationToken));
        return new ApiAnswer(body, response.Headers);
    }

    /// <summary>Sends a request; the answer is read as it comes.</summary>
    /// <exception cref="ApiException">The answer is not 200, or there is none.</exception>
    public async Task<HttpResponseMessage> OpenAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(request.Method, request.Target(_options.Query)) { Content = request.Content };
        if ((request.Token ?? _options.Token) is { Length: > 0 } token)
        {
            message.Headers.TryAddWithoutValidation("X-Consul-Token", token);
        }

        if (request.Content is null && request.Method != HttpMethod.Get)
        {
            message.Content = new ByteArrayContent([]);
        }

        var response = await GuardAsync(request, () => _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken));
        if (response.StatusCode == HttpStatusCode.OK)
        {
            return response;
        }

        using (response)
        {
            var text = await GuardAsync(request, () => response.Content.ReadAsStringAsync(cancellationToken));
            throw new ApiException($"Unexpected response code: {(int)response.StatusCode} ({text})", (int)response.StatusCode);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> GuardAsync<T>(ApiRequest request, Func<Task<T>> step)
    {
        try
        {
            return await step();
        }
        catch (Exception error) when (error is HttpRequestException or IOException or TaskCanceledException { InnerException: TimeoutException })
        {
            var method = request.Method.Method[..1] + request.Method.Method[1..].ToLowerInvariant();
            throw new ApiException($"{method} \"{_shown}{request.Target(_options.Query)}\": {Reason(error)}", nothingSent: error is HttpRequestException
            {
                HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
            });
        }
    }

    // In the words of Go where they are known to scripts.
    private string Reason(Exception error) => error.GetBaseException() switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => $"dial {Dialled()}: connect: connection refused",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData } => $"dial tcp: lookup {_http.BaseAddress!.Host}: no such host",
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => $"dial {Dialled()}: connect: no such file or directory",
        var reason => reason.Message,
    };

    private string Dialled() => _options.Address.StartsWith(ApiAddress.UnixScheme, StringComparison.Ordinal)
        ? "unix " + _options.Address[ApiAddress.UnixScheme.Length..]
        : $"tcp {_http.BaseAddress!.Authority}";
}
