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

    private const string Json = "application/json";
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
        BytesAsync(request.Context, StatusCodes.Status200OK, Json, Render(value, type, request.IsPretty));

    /// <summary>A JSON body that a writer of its shape makes.</summary>
    public static Task JsonAsync(WireRequest request, Action<Utf8JsonWriter> write, int status = StatusCodes.Status200OK) =>
        BytesAsync(request.Context, status, Json, Render(write, request.IsPretty));

    /// <summary>200 with a JSON body that is written already, in the compact form.</summary>
    public static Task JsonAsync(WireRequest request, ReadOnlyMemory<byte> json)
    {
        if (request.IsPretty)
        {
            using var document = JsonDocument.Parse(json);
            json = Render(writer => document.RootElement.WriteTo(writer), pretty: true);
        }

        return BytesAsync(request.Context, StatusCodes.Status200OK, Json, json);
    }

    /// <summary>The bytes of a JSON body.</summary>
    internal static ReadOnlyMemory<byte> Render<T>(T value, JsonTypeInfo<T> type, bool pretty) =>
        Render(writer => JsonSerializer.Serialize(writer, value, type), pretty);

    /// <summary>The same of a body that a writer of its shape makes.</summary>
    internal static ReadOnlyMemory<byte> Render(Action<Utf8JsonWriter> write, bool pretty)
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

    /// <summary>200 with a JSON body that was rendered once, in the compact form.</summary>
    public static Task JsonAsync(WireRequest request, RenderedBody body)
    {
        if (request.IsPretty)
        {
            return JsonAsync(request, body.Plain);
        }

        var isCompressed = IsCompressed(request.Context, body.Plain.Length);
        return SendAsync(request.Context.Response, Json, isCompressed ? body.Compressed : body.Plain, isCompressed);
    }

    /// <summary>A body; compressed when the caller takes it so and it is worth it. To HEAD only what is said of it.</summary>
    public static Task BytesAsync(HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        var isCompressed = IsCompressed(context, body.Length);
        return SendAsync(context.Response, contentType, isCompressed ? Compress(body) : body, isCompressed, HttpMethods.IsHead(context.Request.Method));
    }

    private static Task SendAsync(HttpResponse response, string contentType, ReadOnlyMemory<byte> body, bool isCompressed, bool isHead = false)
    {
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        if (isCompressed)
        {
            response.Headers.ContentEncoding = "gzip";
        }

        if (isHead)
        {
            return Task.CompletedTask;
        }

        // Without the request's own token of cancellation, which would have to be made: a connection that breaks ends the write by itself.
        var writing = response.BodyWriter.WriteAsync(body, CancellationToken.None);
        return writing.IsCompletedSuccessfully ? Task.CompletedTask : writing.AsTask();
    }

    private static bool IsCompressed(HttpContext context, int length) =>
        length >= ShortestCompressed && AcceptsGzip(context.Request.Headers.AcceptEncoding.ToString());

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
        HttpContext context, ulong index, bool knownLeader = true, Consistency? effective = null) =>
        QueryHeaders(context.Response.Headers, index.ToString(CultureInfo.InvariantCulture), knownLeader, lastContact: 0, effective);

    /// <summary>The same with an index that is a text already.</summary>
    public static void QueryHeaders(HttpContext context, string index, Consistency effective) =>
        QueryHeaders(context.Response.Headers, index, knownLeader: true, lastContact: 0, effective);

    private static void QueryHeaders(IHeaderDictionary headers, string index, bool knownLeader, long lastContact, Consistency? effective)
    {
        headers["X-Consul-Index"] = index;
        headers["X-Consul-Knownleader"] = knownLeader ? "true" : "false";
        headers["X-Consul-Lastcontact"] = lastContact == 0 ? "0" : lastContact.ToString(CultureInfo.InvariantCulture);
        headers["X-Consul-Query-Backend"] = "blocking-query";
        if (effective is { } mode)
        {
            headers["X-Consul-Effective-Consistency"] = NameOf(mode);
        }
    }

    /// <summary>As headers and documents call it.</summary>
    public static string NameOf(Consistency mode) => mode switch
    {
        Consistency.Stale => "stale",
        Consistency.Consistent => "consistent",
        _ => "leader",
    };

    public static void Index(HttpContext context, ulong index) => Index(context, index.ToString(CultureInfo.InvariantCulture));

    public static void Index(HttpContext context, string index) => context.Response.Headers["X-Consul-Index"] = index;

    /// <summary><c>X-Cache</c>, and <c>Age</c> with a hit (HDR-6, CACHE-39).</summary>
    public static void CacheHeaders<T>(HttpContext context, in CacheAnswer<T> answer) => CacheHeaders(context.Response.Headers, answer.Hit, answer.Age);

    private static void CacheHeaders(IHeaderDictionary headers, bool isHit, TimeSpan age)
    {
        headers["X-Cache"] = isHit ? "HIT" : "MISS";
        if (isHit)
        {
            headers.Age = age == TimeSpan.Zero ? "0" : ((long)Math.Round(age.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The query headers of an answer from the agent cache; out of contact they say so (CACHE-28).</summary>
    /// <param name="index">The answer's, where that text is there already.</param>
    public static void CachedQueryHeaders<T>(HttpContext context, in CacheAnswer<T> answer, Consistency? effective = null, string? index = null)
    {
        var headers = context.Response.Headers;
        index ??= answer.Index.ToString(CultureInfo.InvariantCulture);
        QueryHeaders(headers, index, answer.InContact, answer.InContact ? 0 : (long)answer.Age.TotalMilliseconds, effective);
        CacheHeaders(headers, answer.Hit, answer.Age);
    }
}
