namespace ConnectAgent.Client.Api;

/// <summary>The address of an agent as the environment and flags write it.</summary>
internal static class ApiAddress
{
    public const string UnixScheme = "unix://";

    /// <summary>Parses it.</summary>
    /// <returns>Where requests go, and the path of the Unix socket; null for none.</returns>
    /// <exception cref="ApiException">It is no address.</exception>
    public static (Uri Address, string? Socket) Parse(ApiOptions options)
    {
        var text = options.Address;
        if (text.StartsWith(UnixScheme, StringComparison.Ordinal))
        {
            return (new Uri("http://localhost"), text[UnixScheme.Length..]);
        }

        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0 && text[..scheme] is not ("http" or "https"))
        {
            throw new ApiException("Unknown protocol scheme: " + text[..scheme]);
        }

        return Uri.TryCreate(scheme >= 0 ? text : (options.IsSecure ? "https://" : "http://") + text, UriKind.Absolute, out var address)
            ? (address, null)
            : throw new ApiException($"\"{text}\" is no address of an agent");
    }
}
