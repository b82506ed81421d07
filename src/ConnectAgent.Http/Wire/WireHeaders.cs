using Microsoft.Extensions.Primitives;

namespace ConnectAgent.Http.Wire;

/// <summary>The headers that all answers have; made once.</summary>
internal sealed class WireHeaders(WireSettings settings)
{
    private readonly StringValues _defaultPolicy = new(settings.Value.DefaultPolicy);

    private readonly StringValues _translates = new("true");

    /// <summary>Those of the configuration (http-conventions HCFG-1).</summary>
    public void AddConfigured(HttpContext context) => AddConfigured(context.Response.Headers);

    /// <summary>Those of every known route (HDR-1).</summary>
    public void AddOfRoute(HttpContext context)
    {
        var headers = context.Response.Headers;
        AddConfigured(headers);
        if (settings.Value.TranslatesAddresses)
        {
            headers["X-Consul-Translate-Addresses"] = _translates;
        }

        headers["X-Consul-Default-Acl-Policy"] = _defaultPolicy;
        headers.Vary = "Accept-Encoding";
    }

    private void AddConfigured(IHeaderDictionary headers)
    {
        foreach (var (name, value) in settings.Headers)
        {
            headers[name] = value;
        }
    }
}
