using System.Text.Json;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Configuration;

/// <summary>
/// <c>connect.ca_config</c>: the map goes to the provider as it is, so any name is accepted. Those that mean something here are read in both spellings, in any
/// case of letters, and kept by the wire's name (ca CA-30).
/// </summary>
internal sealed class CaConfigType : SchemaType<object>
{
    /// <summary>The name that stays as it is, shown until a PUT replaces the map (certificates CERT-1).</summary>
    public const string ClusterId = "cluster_id";

    public static CaConfigType Instance { get; } = new();

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

    /// <summary>The names as keys, for pages.</summary>
    public static ConfigSchema Keys { get; } = Listed();

    public static IReadOnlyDictionary<string, JsonElement> None { get; } = new Dictionary<string, JsonElement>(StringComparer.Ordinal);

    public override object Empty => None;

    /// <summary>What the wire calls a name.</summary>
    public static string WireNameOf(string name) =>
        Names.GetValueOrDefault(name) ?? Names.Values.FirstOrDefault(known => known.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? name;

    public override bool TryRead(JsonElement value, SchemaDecoding decoding, out object read)
    {
        Dictionary<string, JsonElement> map = new(StringComparer.Ordinal);
        read = map;
        if (decoding.ObjectsOf(value, null) is not [var given])
        {
            return false;
        }

        foreach (var property in decoding.PropertiesOf(given).Where(property => property.Value.ValueKind != JsonValueKind.Null))
        {
            var name = property.Name;
            var isClusterId = name.Equals(ClusterId, StringComparison.OrdinalIgnoreCase);
            decoding.Enter(Place.OfField(name));
            if (!isClusterId || decoding.TryText(property.Value, out _))
            {
                map[isClusterId ? ClusterId : WireNameOf(name)] = property.Value.Clone();
            }

            decoding.Leave();
        }

        return true;
    }

    private static ConfigSchema Listed()
    {
        var keys = new ConfigSchema();
        foreach (var name in Names.Keys.Append(ClusterId))
        {
            keys.Add([new ConfigKey<object?>(name, ConfigTypes.Text, static (_, said) => said)]);
        }

        return keys;
    }
}
