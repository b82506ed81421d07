using System.Net.Sockets;
using System.Text;

namespace ConnectAgent.Tests.Http;

/// <summary>Requests that no client library sends.</summary>
internal sealed class RawHttp : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TcpClient _client = new();

    public static async Task<RawHttp> ConnectAsync(Uri address)
    {
        var raw = new RawHttp();
        await raw._client.ConnectAsync(address.Host, address.Port);
        return raw;
    }

    /// <summary>Sends a request and reads the connection to its end.</summary>
    /// <returns>The status, and what follows the headers.</returns>
    public static async Task<(int Status, string Text)> ExchangeAsync(Uri address, string request)
    {
        using var raw = await ConnectAsync(address);
        await raw.TrySendAsync(request);
        return Split(await raw.ReadToEndAsync());
    }

    public async Task SendAsync(string text) => await _client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>Sends what may be refused before it is all there.</summary>
    public async Task TrySendAsync(string text)
    {
        try
        {
            await SendAsync(text);
        }
        catch (IOException)
        {
            // What was answered before is still there to be read.
        }
    }

    /// <summary>What comes first.</summary>
    public async Task<string> ReadAsync()
    {
        var buffer = new byte[4096];
        var read = await _client.GetStream().ReadAsync(buffer).AsTask().WaitAsync(Patience);
        return Encoding.ASCII.GetString(buffer, 0, read);
    }

    /// <summary>All that comes until the connection is closed.</summary>
    public async Task<string> ReadToEndAsync()
    {
        var text = new StringBuilder();
        try
        {
            while (await ReadAsync() is { Length: > 0 } piece)
            {
                text.Append(piece);
            }
        }
        catch (IOException)
        {
            // Closed while something was still on its way to the agent.
        }

        return text.ToString();
    }

    public static (int Status, string Text) Split(string answer) =>
        answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal)
            ? (int.Parse(answer.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture), answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..])
            : throw new InvalidOperationException("no answer: " + answer);

    public void Dispose() => _client.Dispose();
}
