using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Limits;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ConnectAgent.Hosting;

/// <summary>The bounds that the web server keeps before a request is ours, on every listener. What it refuses <see cref="RefusedRequests"/> counts.</summary>
internal static class ListenerLimits
{
    public const string LineLimit = "http.request_line";
    public const string HeadersLimit = "http.headers";
    public const string HeaderCountLimit = "http.header_count";
    public const string HeadersTimeLimit = "http.headers_time";

    /// <summary>All headers of a request; a little more is let pass, as by the reference (http-conventions HCFG-1).</summary>
    [Limit(HeadersLimit, "bytes", "refused beyond 4096 more: 431", Key = "http_config.max_header_bytes", Refuses = true)]
    private const int LongestHeaders = 1024 * 1024;

    /// <summary>Method, target and version; over HTTP/2 any one header, of which the target is one.</summary>
    [Limit(LineLimit, "bytes", "refused: 414", Refuses = true)]
    private const int LongestLine = 128 * 1024;

    [Limit(HeaderCountLimit, "headers", "refused: 431", Refuses = true)]
    private const int MostHeaders = 1000;

    /// <summary>Of what nobody has looked at yet; over HTTP/2 of the bodies of all requests on the connection.</summary>
    [Limit("http.read_ahead", "bytes", "reading pauses until some of it is used")]
    public const int ReadAhead = 64 * 1024;

    [Limit("http.streams", "requests at once on one HTTP/2 connection", "the stream is refused")]
    private const int MostStreams = 64;

    [Limit(HeadersTimeLimit, "s", "refused: 408", Refuses = true)]
    private static readonly TimeSpan LongestHeadersTime = TimeSpan.FromSeconds(30);

    // Blocking reads idle for up to 10 min 37.5 s; clients keep their connections across them (clients WATCH-1).
    [Limit("http.idle_connection", "s", "the connection is closed")]
    private static readonly TimeSpan KeepAlive = TimeSpan.FromMinutes(15);

    // An answer is held whole until it is taken.
    [Limit("http.answer_rate", "bytes per second, at least", "the connection is closed")]
    private const double SlowestAnswer = 16 * 1024;

    [Limit("http.answer_rate_grace", "s", "`http.answer_rate` applies")]
    private static readonly TimeSpan AnswerGrace = TimeSpan.FromSeconds(30);

    private const int Slack = 4096;

    /// <summary>Sets them on the web server (http-conventions HCFG-1, CONN-1; design decision 7).</summary>
    /// <param name="limits">The web server's.</param>
    /// <param name="headerBytes">What the configuration allows for headers; null: as many as the product takes.</param>
    public static void Apply(KestrelServerLimits limits, int? headerBytes)
    {
        limits.MaxRequestHeadersTotalSize = Math.Min(headerBytes ?? LongestHeaders, LongestHeaders) + Slack;
        limits.MaxRequestLineSize = Math.Min(LongestLine, limits.MaxRequestHeadersTotalSize);
        limits.MaxRequestHeaderCount = MostHeaders;
        limits.MaxRequestBufferSize = limits.MaxRequestHeadersTotalSize;
        (limits.Http2.InitialConnectionWindowSize, limits.Http2.InitialStreamWindowSize) = (ReadAhead, ReadAhead);
        limits.Http2.MaxStreamsPerConnection = MostStreams;
        limits.Http2.MaxRequestHeaderFieldSize = limits.MaxRequestLineSize;
        limits.RequestHeadersTimeout = LongestHeadersTime;
        limits.KeepAliveTimeout = KeepAlive;

        // One more than is taken, so that the error is ours. How fast it must come is PacedBody's: an average over the whole is bought off by a burst.
        limits.MaxRequestBodySize = RequestBody.Longest + 1;
        limits.MinRequestBodyDataRate = null;

        // Of what is written: a read that is held has nothing to take yet.
        limits.MinResponseDataRate = new MinDataRate(SlowestAnswer, AnswerGrace);
    }
}
