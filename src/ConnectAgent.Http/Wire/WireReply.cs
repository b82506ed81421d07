using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.Wire;

/// <summary>Writes answers: exact content types, a length on each, compact or pretty JSON (http-conventions HDR-5, JSON-1, JSON-2).</summary>
internal static class WireReply
{
    // GZIP-1: 1399 bytes go plain, 1400 compressed.
    internal const int ShortestCompressed = 1400;

    private const string PlainText = "text/plain; charset=utf-8";
    private static readonly JsonWriterOptions Compact = new() { Encoder = GoJsonEncoder.Instance, SkipValidation = true };
    private static readonly JsonWriterOptions Indented = new()
    {
        Encoder = GoJsonEncoder.Instance,
        SkipValidation = true,
        Indented = true,
        IndentSize = 4,
        NewLine = "\n",
    };

    /// <summary>200 with a JSON body; pretty when the request or the development mode asks for it.</summary>
    public static Task JsonAsync<T>(WireRequest request, T value, JsonTypeInfo<T> type) =>
        BytesAsync(request.Context, StatusCodes.Status200OK, "application/json", Render(value, type, request.IsPretty));

    /// <summary>200 with a JSON body that is written already, in the compact form.</summary>
    public static Task JsonAsync(WireRequest request, ReadOnlyMemory<byte> json)
    {
        if (request.IsPretty)
        {
            using var document = JsonDocument.Parse(json);
            json = Render(writer => document.RootElement.WriteTo(writer), pretty: true);
        }

        return BytesAsync(request.Context, StatusCodes.Status200OK, "application/json", json);
    }

    /// <summary>The bytes of a JSON body.</summary>
    internal static ReadOnlyMemory<byte> Render<T>(T value, JsonTypeInfo<T> type, bool pretty) =>
        Render(writer => JsonSerializer.Serialize(writer, value, type), pretty);

    private static ReadOnlyMemory<byte> Render(Action<Utf8JsonWriter> write, bool pretty)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(body, pretty ? Indented : Compact))
        {
            write(writer);
        }

        if (pretty)
        {
            body.Write("\n"u8);
        }

        return body.WrittenMemory;
    }

    /// <summary>A plain text body; an empty text is an empty body without a content type.</summary>
    public static Task TextAsync(HttpContext context, int status, string text) => text.Length == 0
        ? EmptyAsync(context, status)
        : BytesAsync(context, status, PlainText, Encoding.UTF8.GetBytes(text));

    public static Task EmptyAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    public static async Task BytesAsync(
        HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body, bool compress = true)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        if (compress && body.Length >= ShortestCompressed && AcceptsGzip(context.Request.Headers.AcceptEncoding.ToString()))
        {
            context.Response.Headers.ContentEncoding = "gzip";
            body = Compress(body);
        }

        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
        }
    }

    // GZIP-1: no other codings; q=0 refuses.
    internal static bool AcceptsGzip(string header)
    {
        foreach (var range in header.AsSpan().Split(','))
        {
            var coding = header.AsSpan(range).Trim();
            var parameter = coding.IndexOf(';');
            var name = (parameter < 0 ? coding : coding[..parameter]).Trim();
            if (name.Equals("gzip", StringComparison.OrdinalIgnoreCase))
            {
                var quality = parameter < 0 ? default : coding[(parameter + 1)..].Trim();
                return !quality.StartsWith("q=", StringComparison.OrdinalIgnoreCase)
                    || (double.TryParse(quality[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var q) && q > 0);
            }
        }

        return false;
    }

    internal static byte[] Compress(ReadOnlyMemory<byte> body)
    {
        using var compressed = new MemoryStream(body.Length / 2);
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(body.Span);
        }

        return compressed.ToArray();
    }

    /// <summary>The headers of a query's answer (HDR-2).</summary>
    public static void QueryHeaders(
        HttpContext context, ulong index, bool knownLeader = true, long lastContact = 0, Consistency? effective = null)
    {
        var headers = context.Response.Headers;
        Index(context, index);
        headers["X-Consul-Knownleader"] = knownLeader ? "true" : "false";
        headers["X-Consul-Lastcontact"] = lastContact.ToString(CultureInfo.InvariantCulture);
        headers["X-Consul-Query-Backend"] = "blocking-query";
        if (effective is { } mode)
        {
            headers["X-Consul-Effective-Consistency"] = mode switch
            {
                Consistency.Stale => "stale",
                Consistency.Consistent => "consistent",
                _ => "leader",
            };
        }
    }

    public static void Index(HttpContext context, ulong index) =>
        context.Response.Headers["X-Consul-Index"] = index.ToString(CultureInfo.InvariantCulture);

    /// <summary><c>X-Cache</c>, and <c>Age</c> with a hit (HDR-6, CACHE-39).</summary>
    public static void CacheHeaders<T>(HttpContext context, CacheAnswer<T> answer)
    {
        context.Response.Headers["X-Cache"] = answer.Hit ? "HIT" : "MISS";
        if (answer.Hit)
        {
            context.Response.Headers.Age =
                ((long)Math.Round(answer.Age.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The query headers of an answer from the agent cache; out of contact they say so (CACHE-28).</summary>
    public static void CachedQueryHeaders<T>(HttpContext context, CacheAnswer<T> answer, Consistency? effective = null)
    {
        QueryHeaders(context, answer.Index, answer.InContact, answer.InContact ? 0 : (long)answer.Age.TotalMilliseconds, effective);
        CacheHeaders(context, answer);
    }
}
