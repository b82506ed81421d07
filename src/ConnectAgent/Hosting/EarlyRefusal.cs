using System.Text;
using Microsoft.AspNetCore.Connections;

namespace ConnectAgent.Hosting;

/// <summary>429 to a connection on which the web server has no whole request yet; the connection ends with it.</summary>
internal sealed class EarlyRefusal(string text)
{
    private readonly byte[] _answer = Encoding.ASCII.GetBytes(
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\nX-Content-Type-Options: nosniff\r\n"
        + $"Content-Length: {text.Length}\r\nConnection: close\r\n\r\n{text}");

    public async Task SendAsync(ConnectionContext connection)
    {
        try
        {
            await connection.Transport.Output.WriteAsync(_answer, connection.ConnectionClosed);
            await connection.Transport.Output.CompleteAsync();
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // Whoever is refused may be gone already.
            connection.Abort();
        }
    }
}
