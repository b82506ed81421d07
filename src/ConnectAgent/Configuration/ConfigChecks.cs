using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Configuration;

/// <summary>Checks that several keys share, with the texts of config-and-cli section 2.</summary>
internal static class ConfigChecks
{
    public static void Require(bool holds, string text)
    {
        if (!holds)
        {
            throw new ConfigurationException(text);
        }
    }

    /// <summary>As <see cref="Require"/>, for what the reference lists (config-and-cli LOAD-7).</summary>
    public static void RequireListed(bool holds, string text) => Require(holds, ConfigurationException.List([text]));

    public static int Positive(string key, int number)
    {
        Require(number > 0, $"{key} must be strictly positive, was: {number}");
        return number;
    }

    /// <summary>A duration; what is not positive is the fallback.</summary>
    public static TimeSpan Duration(string key, string? text, TimeSpan fallback)
    {
        if (string.IsNullOrEmpty(text))
        {
            return fallback;
        }

        if (GoDuration.TryParse(text, out var duration, out var error))
        {
            return duration > TimeSpan.Zero ? duration : fallback;
        }

        throw new ConfigurationException(ConfigurationException.List([$"{key}: invalid duration: {GoQuote.Of(text)}: {error}"]));
    }

    /// <summary>The name in lower case.</summary>
    public static string DatacenterName(string key, string name)
    {
        var isName = Protocol.Identity.DatacenterName.TryNormalize(name, out var lower);
        Require(isName, $"{key} can only contain lowercase alphanumeric, - or _ characters. received: {GoQuote.Of(lower)}");
        return lower;
    }
}
