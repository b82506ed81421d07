using System.Net;
using System.Text;
using System.Threading.Channels;
using ConnectAgent.TestKit.Processes;

namespace ConnectAgent.Tests.Watches;

/// <summary>Answers HTTP as a test says, and hands on what it was asked.</summary>
internal sealed class HttpDouble : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Channel<Asked> _asked = Channel.CreateUnbounded<Asked>();
    private readonly Func<Asked, Answer> _answer;
    private readonly Task _running;

    public HttpDouble(Func<Asked, Answer>? answer = null)
    {
        _answer = answer ?? (static _ => new Answer());
        var port = FreePorts.Next();
        Address = $"http://127.0.0.1:{port}";
        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _running = RunAsync();
    }

    public string Address { get; }

    /// <summary>How many requests were answered, or held.</summary>
    public int Requests { get; private set; }

    /// <summary>The next request; waits for it.</summary>
    public async Task<Asked> NextAsync() => await _asked.Reader.ReadAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _running;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var reader = new StreamReader(context.Request.InputStream);
            var asked = new Asked(context.Request.HttpMethod, context.Request.RawUrl!, await reader.ReadToEndAsync(), context.Request.Headers.AllKeys.ToDictionary(name => name!, name => context.Request.Headers[name]!, StringComparer.OrdinalIgnoreCase));
            var answer = _answer(asked);
            Requests++;
            await _asked.Writer.WriteAsync(asked);
            if (answer.IsHeld)
            {
                continue;
            }

            context.Response.StatusCode = answer.Status;
            if (answer.Index > 0)
            {
                context.Response.Headers["X-Consul-Index"] = answer.Index.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }

            if (answer.Hash is { } hash)
            {
                context.Response.Headers["X-Consul-ContentHash"] = hash;
            }

            var body = Encoding.UTF8.GetBytes(answer.Body);
            try
            {
                await context.Response.OutputStream.WriteAsync(body);
                context.Response.Close();
            }
            catch (HttpListenerException)
            {
                // Whoever asked is gone, as an agent that ends in the middle of it.
            }
        }
    }

    internal sealed record Asked(string Method, string Target, string Body, IReadOnlyDictionary<string, string> Headers);

    /// <param name="IsHeld">It never comes.</param>
    internal sealed record Answer(int Status = 200, string Body = "{}", ulong Index = 0, string? Hash = null, bool IsHeld = false);
}
