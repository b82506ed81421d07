using System.Text;

namespace ConnectAgent.Client.Api;

/// <summary>One request to an agent.</summary>
/// <param name="method">GET, PUT, POST or DELETE.</param>
/// <param name="path">Without the query, escaped.</param>
internal sealed class ApiRequest(HttpMethod method, string path)
{
    private readonly List<KeyValuePair<string, string>> _query = [];

    public HttpMethod Method => method;

    /// <summary>Null for none.</summary>
    public HttpContent? Content { get; private set; }

    /// <summary>The ACL token of this request alone; null: the one of <see cref="ApiOptions"/>. Never printed.</summary>
    public string? Token { get; set; }

    public static ApiRequest Get(string path) => new(HttpMethod.Get, path);

    public static ApiRequest Put(string path) => new(HttpMethod.Put, path);

    public static ApiRequest Post(string path) => new(HttpMethod.Post, path);

    public static ApiRequest Delete(string path) => new(HttpMethod.Delete, path);

    /// <summary>Adds a query key; null for none.</summary>
    public ApiRequest With(string key, string? value)
    {
        if (value is not null)
        {
            _query.Add(new(key, value));
        }

        return this;
    }

    /// <summary>Adds the body: JSON and the newline of the reference's clients (GO-2).</summary>
    public ApiRequest With(ReadOnlySpan<byte> json)
    {
        Content = new ByteArrayContent([.. json, (byte)'\n']);
        Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        return this;
    }

    /// <summary>Adds a body that is no JSON.</summary>
    public ApiRequest With(HttpContent content)
    {
        Content = content;
        return this;
    }

    /// <summary>Path and query; the keys are sorted, as the reference sends them (GO-4), and those of the request win.</summary>
    public string Target(IEnumerable<KeyValuePair<string, string>> more)
    {
        var target = new StringBuilder(path);
        var others = more.Where(other => _query.TrueForAll(own => own.Key != other.Key));
        foreach (var (key, value) in _query.Concat(others).OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            target.Append(target.Length == path.Length ? '?' : '&').Append(Escape(key)).Append('=').Append(Escape(value));
        }

        return target.ToString();
    }

    /// <summary>One segment of a path.</summary>
    public static string Escape(string text) => Uri.EscapeDataString(text);
}
