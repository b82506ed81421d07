using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>What a server answered, whole.</summary>
/// <param name="Server">Who it was, for error texts.</param>
public sealed record ConsulAnswer(string Server, int Status, HttpResponseHeaders Headers, ReadOnlyMemory<byte> Body)
{
    /// <summary>Its <c>X-Consul-Index</c>; null when there is none that is a number (http-conventions IDX-1).</summary>
    public ulong? Index =>
        Headers.TryGetValues("X-Consul-Index", out var values)
        && ulong.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;

    /// <summary>Reads the body as JSON of that type.</summary>
    /// <exception cref="ServerException">It is something else (<see cref="Garbage"/>).</exception>
    public T Parse<T>(JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(Body.Span, type) ?? throw Garbage("null");
        }
        catch (Exception error) when (error is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw Garbage(error.Message);
        }
    }

    /// <summary>The failure that an answer stands for which no Consul server gives: it never replaces what is cached.</summary>
    public ServerException Garbage(string reason) => new(
        FailureKind.Unreachable, $"rpc error making call: {Server}: the answer is none of Consul's: {ConsulFailure.Line(reason)}", new GarbageException())
    {
        IsOfThisCall = true,
    };
}
