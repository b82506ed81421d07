using System.Text;

namespace ConnectAgent.TestKit.Servers;

/// <summary>What goes out over the socket.</summary>
/// <param name="Closes">Whether the connection ends behind it.</param>
public sealed record ScriptedAnswer(byte[] Bytes, bool Closes = false)
{
    /// <summary>Sent behind it, each piece when it is there.</summary>
    public IReadOnlyList<Task<byte[]>> Then { get; init; } = [];

    /// <summary>The connection is reset instead of answered.</summary>
    public static ScriptedAnswer Reset { get; } = new([]) { IsReset = true };

    public bool IsReset { get; private init; }

    public static ScriptedAnswer Ok(string json, ulong? index) => Of(200, json, index is { } known ? $"X-Consul-Index: {known}" : null);

    public static ScriptedAnswer Text(int status, string text, params string[] headers) => Of(status, text, headers);

    /// <summary>An answer with these header lines; the length is added.</summary>
    public static ScriptedAnswer Of(int status, string body, params string?[] headers)
    {
        var content = Encoding.UTF8.GetBytes(body);
        var head = new StringBuilder($"HTTP/1.1 {status} x\r\nContent-Length: {content.Length}\r\n");
        foreach (var line in headers.Where(line => line is not null))
        {
            head.Append(line).Append("\r\n");
        }

        return new ScriptedAnswer([.. Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), .. content]);
    }

    /// <summary>Bytes that may be anything; the connection ends behind them.</summary>
    public static ScriptedAnswer Raw(string text) => new(Encoding.Latin1.GetBytes(text), Closes: true);
}
