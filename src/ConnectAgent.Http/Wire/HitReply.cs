using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using ConnectAgent.Caching;
using Microsoft.Extensions.Primitives;

namespace ConnectAgent.Http.Wire;

/// <summary>Writes the answers of hits: bodies are rendered once for each value and go with it.</summary>
internal sealed class HitReply(WireOptions settings)
{
    private readonly ConditionalWeakTable<object, RenderedBody> _bodies = [];
    private readonly KeyValuePair<string, StringValues>[] _configured =
        [.. settings.ResponseHeaders.Select(header => KeyValuePair.Create(header.Key, new StringValues(header.Value)))];

    private StringValues _default = new(settings.DefaultPolicy);

    /// <summary>The body of a value.</summary>
    /// <param name="value">Immutable; the body lives as long.</param>
    /// <param name="render">Makes the text of its JSON; called once, or twice when two come at once.</param>
    public RenderedBody BodyOf<T>(T value, Func<T, ReadOnlyMemory<byte>> render)
        where T : class
    {
        if (!_bodies.TryGetValue(value, out var body))
        {
            // Who comes second makes another, which is as good.
            body = new RenderedBody(render(value).ToArray());
            _bodies.AddOrUpdate(value, body);
        }

        return body;
    }

    /// <summary>Compact JSON, as <see cref="WireReply"/> writes it.</summary>
    public static ReadOnlyMemory<byte> Render<T>(T value, JsonTypeInfo<T> type) => WireReply.Render(value, type, pretty: false);

    /// <summary>The headers of every answer (http-conventions HDR-1, HCFG-1).</summary>
    public IHeaderDictionary Begin(HttpContext context)
    {
        var headers = context.Response.Headers;
        foreach (var (name, value) in _configured)
        {
            headers[name] = value;
        }

        headers["X-Consul-Default-Acl-Policy"] = _default;
        headers.Vary = "Accept-Encoding";
        return headers;
    }

    /// <summary><c>X-Cache</c>, and <c>Age</c> with a hit (HDR-6, CACHE-39).</summary>
    public static void AddCache<T>(IHeaderDictionary headers, CacheAnswer<T> answer)
    {
        headers["X-Cache"] = answer.Hit ? "HIT" : "MISS";
        if (answer.Hit)
        {
            headers.Age = answer.Age == TimeSpan.Zero
                ? "0"
                : ((long)Math.Round(answer.Age.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }
    }

    public static Task WriteAsync(HttpContext context, RenderedBody body)
    {
        var response = context.Response;
        response.ContentType = "application/json";
        var bytes = body.Plain;
        if (bytes.Length >= WireReply.ShortestCompressed && WireReply.AcceptsGzip(context.Request.Headers.AcceptEncoding.ToString()))
        {
            response.Headers.ContentEncoding = "gzip";
            bytes = body.Compressed;
        }

        response.ContentLength = bytes.Length;

        // Without the request's own token, which would have to be made: a connection that breaks ends the write by itself.
        var writing = response.BodyWriter.WriteAsync(bytes, CancellationToken.None);
        return writing.IsCompletedSuccessfully ? Task.CompletedTask : FinishAsync(writing);
    }

    private static async Task FinishAsync(ValueTask<FlushResult> writing) => await writing;
}

/// <summary>A body, plain and, from the first caller on who takes it so, compressed.</summary>
internal sealed class RenderedBody(byte[] plain)
{
    private byte[]? _compressed;
    private IndexText? _index;

    public byte[] Plain { get; } = plain;

    public byte[] Compressed => _compressed ??= WireReply.Compress(Plain);

    /// <summary>An index as text; the same one is asked for again and again.</summary>
    public string TextOf(ulong index)
    {
        if (_index is not { } text || text.Index != index)
        {
            _index = text = new IndexText(index, index.ToString(CultureInfo.InvariantCulture));
        }

        return text.Text;
    }

    private sealed record IndexText(ulong Index, string Text);
}
