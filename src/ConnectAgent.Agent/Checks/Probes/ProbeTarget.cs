using System.Globalization;

namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>A host and a port as checks name them: <c>db.internal:5432</c>, <c>[::1]:80</c>.</summary>
/// <param name="Host">Without brackets.</param>
/// <param name="Port">1 to 65535.</param>
internal sealed record ProbeTarget(string Host, int Port)
{
    /// <summary>Reads one.</summary>
    /// <exception cref="ProbeException">It is none.</exception>
    public static ProbeTarget Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0 || text.EndsWith(']'))
        {
            throw new ProbeException($"dial {text}: missing port in address");
        }

        var host = text[..colon];
        host = host is ['[', .., ']'] ? host[1..^1] : host;
        return int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535
            ? new ProbeTarget(host.Length > 0 ? host : "localhost", port)
            : throw new ProbeException($"dial {text}: invalid port");
    }
}
