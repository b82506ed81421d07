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
    /// <summary>The name that stays as it is, shown until a PUT replaces the map (certificates CERT-1).</summary>
    public const string ClusterId = "cluster_id";

    /// <summary>The names of the files, and what the wire calls them.</summary>
    public static IReadOnlyDictionary<string, string> Names { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["leaf_cert_ttl"] = "LeafCertTTL",
        ["root_cert_ttl"] = "RootCertTTL",
        ["intermediate_cert_ttl"] = "IntermediateCertTTL",
        ["csr_max_per_second"] = "CSRMaxPerSecond",
        ["csr_max_concurrent"] = "CSRMaxConcurrent",
        ["private_key_type"] = "PrivateKeyType",
        ["private_key_bits"] = "PrivateKeyBits",
        ["private_key"] = "PrivateKey",
        ["root_cert"] = "RootCert",
        ["rotation_period"] = "RotationPeriod",
    };

    /// <summary>Adds a key of a file.</summary>
    public static void Set(ConfigValues values, string name, JsonElement value)
    {
        // Camel case is accepted as well, in any case of letters.
        var wire = Names.GetValueOrDefault(name) ?? Names.Values.FirstOrDefault(known => known.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? name;
        values.CaConfig[wire] = value.Clone();
    }

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

        foreach (var (name, value) in values.CaConfig)
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
