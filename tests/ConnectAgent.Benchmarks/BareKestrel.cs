using System.Net;
using System.Text.Json;

namespace ConnectAgent.Benchmarks;

/// <summary>The baseline: Kestrel with nothing around it reads the same request and answers the same bytes.</summary>
internal static class BareKestrel
{
    /// <summary>Builds it.</summary>
    /// <param name="port">On loopback.</param>
    /// <param name="socket">The path of a Unix socket.</param>
    /// <param name="answer">What the agent answered.</param>
    public static WebApplication Build(int port, string socket, CapturedAnswer answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.ListenUnixSocket(socket);
        });
        var app = builder.Build();
        var body = answer.Body;
        var (vary, nosniff, age, cacheControl) = (Take("Vary"), Take("X-Content-Type-Options"), Take("Age"), Take("Cache-Control"));
        (string Name, string Value)[] others = [.. answer.Headers.Select(header => (header.Key, header.Value))];
        app.Run(async context =>
        {
            if (context.Request.ContentLength > 0)
            {
                var reader = context.Request.BodyReader;
                while (true)
                {
                    var read = await reader.ReadAsync(context.RequestAborted);
                    reader.AdvanceTo(read.Buffer.End);
                    if (read.IsCompleted)
                    {
                        break;
                    }
                }
            }

            var headers = context.Response.Headers;
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = body.Length;
            headers.Vary = vary;
            headers.XContentTypeOptions = nosniff;
            if (age is not null)
            {
                headers.Age = age;
            }

            if (cacheControl is not null)
            {
                headers.CacheControl = cacheControl;
            }

            foreach (var (name, value) in others)
            {
                headers[name] = value;
            }

            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
        });
        return app;

        string? Take(string name) => answer.Headers.Remove(name, out var value) ? value : null;
    }
}

/// <summary>An answer of the agent, for the baseline to repeat.</summary>
internal sealed record CapturedAnswer(Dictionary<string, string> Headers, byte[] Body)
{
    private static readonly string[] OfTheServer = ["Date", "Content-Length", "Content-Type", "Transfer-Encoding"];

    public static async Task<CapturedAnswer> OfAsync(HttpClient http, HttpRequestMessage request)
    {
        using var answer = await http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        var headers = answer.Headers.Concat(answer.Content.Headers).Where(header => !OfTheServer.Contains(header.Key, StringComparer.OrdinalIgnoreCase))
            .ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase);
        return new CapturedAnswer(headers, await answer.Content.ReadAsByteArrayAsync());
    }

    public void Save(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this));

    public static CapturedAnswer Load(string file)
    {
        var read = JsonSerializer.Deserialize<CapturedAnswer>(File.ReadAllText(file))!;
        return read with { Headers = new Dictionary<string, string>(read.Headers, StringComparer.OrdinalIgnoreCase) };
    }
}
