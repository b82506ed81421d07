using System.Net.Http.Headers;
using System.Text.Json;

namespace ConnectAgent.Client.Api;

/// <summary>An answer of 200.</summary>
/// <param name="body">As it came.</param>
/// <param name="headers">Those of the answer.</param>
internal sealed class ApiAnswer(ReadOnlyMemory<byte> body, HttpResponseHeaders headers)
{
    public ReadOnlyMemory<byte> Body => body;

    /// <summary>Of <c>X-Consul-Index</c>; 0 where it is not there.</summary>
    public ulong Index => ulong.TryParse(Header("X-Consul-Index"), out var index) ? index : 0;

    /// <summary>Of <c>X-Consul-ContentHash</c>, which stands in the place of an index; null where it is not there.</summary>
    public string? Hash => Header("X-Consul-ContentHash");

    /// <summary>The first value of a header; null where it is not there.</summary>
    public string? Header(string name) => headers.TryGetValues(name, out var values) ? values.First() : null;

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
