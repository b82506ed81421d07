using System.Text.Json;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Configuration;

/// <summary>An entry of <c>config_entries.bootstrap</c>: written when the control plane starts and has none of its name (config-and-cli section 2).</summary>
/// <param name="Place">Where it stands, for errors.</param>
/// <param name="Entry">Checked as far as that needs no state.</param>
internal sealed record BootstrapEntry(string Place, ConfigEntryKind Kind, IConfigEntry Entry)
{
    /// <summary>Decodes all, as <c>PUT /v1/config</c> would.</summary>
    /// <exception cref="ConfigurationException">It names the position.</exception>
    public static IReadOnlyList<BootstrapEntry> Build(ConfigValues values) => [.. values.Of(ConnectKeys.BootstrapEntries).Select((text, position) =>
    {
        var place = $"config_entries.bootstrap[{position}]";
        try
        {
            var (kind, document) = ConfigEntryKinds.Decode(JsonElement.Parse(text));
            return new BootstrapEntry(place, kind, kind.Make(document));
        }
        catch (Exception error) when (error is MapstructureException or ServerException)
        {
            throw new ConfigurationException($"{place}: {error.Message}");
        }
    })];

    /// <summary>Writes it, unless there is one.</summary>
    /// <returns>Whether it was written.</returns>
    /// <exception cref="ConfigurationException">What is stored already does not go with it; or the disk.</exception>
    public async Task<bool> WriteAsync(ConfigEntryStore entries)
    {
        try
        {
            return await entries.PutAsync(Kind, Entry, cas: 0);
        }
        catch (ServerException error)
        {
            throw new ConfigurationException($"{Place}: {error.Message}");
        }
    }
}
