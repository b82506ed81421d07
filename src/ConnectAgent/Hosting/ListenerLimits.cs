using ConnectAgent.Http;
using ConnectAgent.Protocol.Limits;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ConnectAgent.Hosting;

/// <summary>The bounds that the web server keeps before a request is ours.</summary>
internal static class ListenerLimits
{
    // Consul's own, for headers and request line together; a filter travels in the request line.
    [Limit("http.headers", "bytes", "refused by the web server: 431", Key = "http_config.max_header_bytes")]
    private const int LongestHeaders = 1024 * 1024;

    [Limit("http.request_line", "bytes", "refused by the web server: 414")]
    private const int LongestRequestLine = LongestHeaders;

    [Limit("http.header_count", "headers", "refused by the web server: 431")]
    private const int MostHeaders = 1000;

    [Limit("http.request_buffer", "bytes", "the connection is read no further until some of it is taken")]
    private const int LargestBuffer = 2 * LongestHeaders;

    [Limit("http.streams", "requests at once on one HTTP/2 connection", "the stream is refused")]
    private const int MostStreams = 100;

    // A body's first seconds are free of the rate.
    [Limit("http.body_rate_grace", "s", "the rate of the body counts")]
    private static readonly TimeSpan BodyGrace = TimeSpan.FromSeconds(5);

    [Limit("http.body_rate", "bytes per second, at least", "refused: 408")]
    private const double SlowestBody = 240;

    [Limit("http.headers_time", "s", "refused by the web server: 408")]
    private static readonly TimeSpan LongestHeadersTime = TimeSpan.FromSeconds(30);

    // Blocking reads idle for up to 10 min 37.5 s; clients keep their connections across them (clients WATCH-1).
    [Limit("http.idle_connection", "s", "the connection is closed")]
    private static readonly TimeSpan KeepAlive = TimeSpan.FromMinutes(15);

    /// <summary>Sets them on the web server (http-conventions HCFG-1, CONN-1; design decision 7).</summary>
    /// <param name="limits">The web server's.</param>
    /// <param name="headerBytes">What the configuration allows for headers and request line; null: as many as the product takes.</param>
    public static void Apply(KestrelServerLimits limits, int? headerBytes)
    {
        limits.MaxRequestBodySize = RequestBody.Longest + 1;
        limits.MaxRequestHeadersTotalSize = Math.Min(headerBytes ?? LongestHeaders, LongestHeaders);
        limits.MaxRequestLineSize = Math.Min(headerBytes ?? LongestRequestLine, LongestRequestLine);
        limits.MaxRequestHeaderCount = MostHeaders;
        limits.MaxRequestBufferSize = LargestBuffer;
        limits.Http2.MaxStreamsPerConnection = MostStreams;
        limits.MinRequestBodyDataRate = new MinDataRate(SlowestBody, BodyGrace);
        limits.RequestHeadersTimeout = LongestHeadersTime;
        limits.KeepAliveTimeout = KeepAlive;

        // Who reads slowly is waited for: a blocked read may answer after minutes.
        limits.MinResponseDataRate = null;
    }
}
