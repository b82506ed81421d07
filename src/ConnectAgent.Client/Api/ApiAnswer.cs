using System.Text.Json;

namespace ConnectAgent.Client.Api;

/// <summary>An answer of 200.</summary>
/// <param name="Body">As it came.</param>
/// <param name="Index">Of <c>X-Consul-Index</c>; 0 where it is not there.</param>
internal sealed record ApiAnswer(ReadOnlyMemory<byte> Body, ulong Index)
{
    /// <summary>The body as JSON.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public JsonElement Json()
    {
        try
        {
            return JsonElement.Parse(Body.Span);
        }
        catch (JsonException error)
        {
            throw new ApiException("the answer is no JSON: " + error.Message);
        }
    }
}
