using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Configuration;

/// <summary>The address of a server: scheme, host and port, nothing else.</summary>
internal static class ServerAddress
{
    /// <summary>Parses <c>http://host:port</c> or <c>https://host:port</c>; without a port it is the scheme's own.</summary>
    /// <param name="key">Where it stands.</param>
    /// <param name="text">What stands there.</param>
    /// <exception cref="ConfigurationException">It names the key, and never shows what may be a password.</exception>
    public static Uri Parse(string key, string text)
    {
        var isAddress = Uri.TryCreate(text, UriKind.Absolute, out var address)
            && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            && address.Host.Length > 0;
        if (isAddress && address!.UserInfo.Length > 0)
        {
            throw new ConfigurationException($"{key}: an address must hold no user name and no password");
        }

        return isAddress && address!.PathAndQuery == "/" && address.Fragment.Length == 0
            ? address
            : throw new ConfigurationException(
                $"{key}: {GoQuote.Of(text)} must be http://host:port or https://host:port");
    }

    /// <summary>Whether what is said to it can be read and changed on the way.</summary>
    public static bool IsExposed(Uri address) => address.Scheme == Uri.UriSchemeHttp && !address.IsLoopback;
}
