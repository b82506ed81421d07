using System.Buffers;
using System.Text;
using System.Text.Json;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Configuration;

/// <summary>Turns <c>connect.ca_config</c> into the CA's first configuration (ca CA-30): the wire's names, the defaults where it is silent.</summary>
internal static class CaConfigValues
{
    /// <summary>The map as JSON, checked as a PUT would check it.</summary>
    /// <exception cref="ConfigurationException">With the CA's own words.</exception>
    public static string Build(ConfigValues values)
    {
        SortedDictionary<string, JsonElement> map = new(StringComparer.Ordinal);
        using var defaults = JsonDocument.Parse(AuthorityOptions.DefaultConfiguration);
        foreach (var property in defaults.RootElement.EnumerateObject())
        {
            map[property.Name] = property.Value;
        }

        foreach (var (name, value) in values.Of(ConnectKeys.CaConfig))
        {
            map[name] = value;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = GoJsonEncoder.Instance }))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in map)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        var json = Encoding.UTF8.GetString(buffer.WrittenSpan);
        Check(json);
        return json;
    }

    private static void Check(string json)
    {
        try
        {
            _ = RequestBody.DecodeBytes(Encoding.UTF8.GetBytes(json), KeptJson.Document);
            var settings = CaSettingsDecoder.Decode(json);
            if (settings.PrivateKey.Length > 0)
            {
                CaKey.FromPem(settings.PrivateKey).Dispose();
            }

            if (settings.RootCert.Length > 0)
            {
                CertificatePem.First(settings.RootCert).Dispose();
            }
        }
        catch (Exception error) when (error is ProviderException or GoJsonException)
        {
            throw new ConfigurationException("connect.ca_config: " + error.Message);
        }
    }
}
