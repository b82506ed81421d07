using System.Collections.Concurrent;

namespace ConnectAgent.TestKit.Processes;

/// <summary>Notes the secrets that a test sends and gets, and looks for them where none may be: in errors, metrics and the views of the cache.</summary>
public sealed class SecretWatch(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private static readonly string[] Open = ["/v1/agent/metrics", "/v1/agent/connect/cache", "/v1/agent/self"];
    private static readonly string[] Secret = ["/v1/acl/", "/v1/agent/connect/ca/leaf/"];

    /// <summary>What was found.</summary>
    public ConcurrentQueue<string> Leaks { get; } = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await NoteAsync(request, cancellationToken);
        var answer = await base.SendAsync(request, cancellationToken);
        var path = request.RequestUri!.AbsolutePath;
        if (answer.IsSuccessStatusCode && Secret.Any(prefix => path.StartsWith(prefix, StringComparison.Ordinal)))
        {
            Secrets.AddFrom(await TextAsync(answer, cancellationToken));
        }
        else if ((!answer.IsSuccessStatusCode || Open.Any(prefix => path.StartsWith(prefix, StringComparison.Ordinal)))
            && Secrets.FindIn(await TextAsync(answer, cancellationToken)) is { } surroundings)
        {
            Leaks.Enqueue($"{request.Method} {path} answered a secret behind: {surroundings}");
        }

        return answer;
    }

    private static async Task NoteAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        foreach (var value in request.Headers.TryGetValues("X-Consul-Token", out var tokens) ? tokens : [])
        {
            Secrets.Add(value);
        }

        Secrets.Add(request.Headers.Authorization?.Parameter);
        foreach (var pair in request.RequestUri!.Query.TrimStart('?').Split('&').Where(pair => pair.StartsWith("token=", StringComparison.Ordinal)))
        {
            Secrets.Add(Uri.UnescapeDataString(pair["token=".Length..]));
        }

        if (request.Content is { Headers.ContentLength: > 0 and < 65536 } content)
        {
            await content.LoadIntoBufferAsync(cancellationToken);
            Secrets.AddFrom(await content.ReadAsStringAsync(cancellationToken));
        }
    }

    private static async Task<string> TextAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        await answer.Content.LoadIntoBufferAsync(cancellationToken);
        return await answer.Content.ReadAsStringAsync(cancellationToken);
    }
}
