using System.Globalization;
using System.Text.Json;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>
/// Reads the options from the <c>Config</c> map: names without case, weakly typed, all errors of the map together (ca CA-24, CA-25, CA-31).
/// </summary>
internal sealed class CaSettingsDecoder
{
    private readonly Dictionary<string, JsonElement> _values;
    private readonly List<string> _errors = [];

    private CaSettingsDecoder(JsonElement map)
    {
        // An exact name wins over one that differs by case.
        _values = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
        foreach (var property in map.EnumerateObject())
        {
            if (!_values.ContainsKey(property.Name) || Names.Contains(property.Name))
            {
                _values[property.Name] = property.Value;
            }
        }
    }

    /// <summary>The options, as the wire spells them.</summary>
    public static IReadOnlySet<string> Names { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "LeafCertTTL", "RootCertTTL", "IntermediateCertTTL", "CSRMaxPerSecond", "CSRMaxConcurrent", "PrivateKeyType", "PrivateKeyBits",
        "SkipValidate", "PrivateKey", "RootCert", "DisableCrossSigning", "test_state",
    };

    /// <summary>Reads and checks the options.</summary>
    /// <param name="configuration">A JSON object.</param>
    /// <exception cref="ProviderException">With the first text of CA-31 that holds.</exception>
    public static CaSettings Decode(string configuration)
    {
        using var document = ParseObject(configuration);
        var settings = new CaSettingsDecoder(document.RootElement).Read();
        CaSettingsValidation.Check(settings);
        return settings;
    }

    // Requests are read before; a row from a file may be anything.
    private static JsonDocument ParseObject(string configuration)
    {
        return JsonTexts.AreObject(configuration)
            ? JsonDocument.Parse(configuration)
            : throw new ProviderException("the configuration is no JSON object");
    }

    private CaSettings Read()
    {
        var unset = new CaSettings();
        var settings = new CaSettings
        {
            LeafCertTtl = Duration("LeafCertTTL", unset.LeafCertTtl),
            RootCertTtl = Duration("RootCertTTL", unset.RootCertTtl),
            IntermediateCertTtl = Duration("IntermediateCertTTL", unset.IntermediateCertTtl),
            CsrMaxPerSecond = Real("CSRMaxPerSecond", unset.CsrMaxPerSecond),
            CsrMaxConcurrent = Integer("CSRMaxConcurrent", unset.CsrMaxConcurrent),
            PrivateKeyType = Text("PrivateKeyType", unset.PrivateKeyType),
            PrivateKeyBits = Integer("PrivateKeyBits", unset.PrivateKeyBits),
            SkipValidate = Boolean("SkipValidate"),
            PrivateKey = Text("PrivateKey", unset.PrivateKey),
            RootCert = Text("RootCert", unset.RootCert),
            DisableCrossSigning = Boolean("DisableCrossSigning"),
            TestState = Map("test_state"),
        };
        if (_errors.Count > 0)
        {
            _errors.Sort(StringComparer.Ordinal);
            throw new ProviderException(
                $"error decoding config: {_errors.Count} error(s) decoding:\n\n" + string.Join('\n', _errors.Select(error => "* " + error)),
                ProviderFault.BadConfiguration);
        }

        return settings;
    }

    private TimeSpan Duration(string name, TimeSpan fallback)
    {
        switch (Find(name))
        {
            case null:
                return fallback;
            case { ValueKind: JsonValueKind.String } text when GoDuration.TryParse(text.GetString()!, out var duration, out var error):
                return duration;
            case { ValueKind: JsonValueKind.String } text:
                _ = GoDuration.TryParse(text.GetString()!, out _, out var why);
                _errors.Add($"error decoding '{name}': {why}");
                return fallback;
            case { ValueKind: JsonValueKind.Number } number:
                // A bare number counts nanoseconds.
                return TimeSpan.FromTicks((long)Math.Clamp(number.GetDouble() / TimeSpan.NanosecondsPerTick, long.MinValue / 2.0, long.MaxValue / 2.0));
            case { } other:
                return Mismatch(name, "time.Duration", other, fallback);
        }
    }

    private int Integer(string name, int fallback)
    {
        switch (Find(name))
        {
            case null:
                return fallback;
            case { ValueKind: JsonValueKind.Number } number:
                return (int)Math.Clamp(number.GetDouble(), int.MinValue, int.MaxValue);
            case { ValueKind: JsonValueKind.True }:
                return 1;
            case { ValueKind: JsonValueKind.False }:
                return 0;
            case { ValueKind: JsonValueKind.String } text:
                if (int.TryParse(text.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed))
                {
                    return parsed;
                }

                _errors.Add($"cannot parse '{name}' as int: strconv.ParseInt: parsing {GoQuote.Of(text.GetString()!)}: invalid syntax");
                return fallback;
            case { } other:
                return Mismatch(name, "int", other, fallback);
        }
    }

    private double Real(string name, double fallback)
    {
        switch (Find(name))
        {
            case null:
                return fallback;
            case { ValueKind: JsonValueKind.Number } number:
                return number.GetDouble();
            case { ValueKind: JsonValueKind.True }:
                return 1;
            case { ValueKind: JsonValueKind.False }:
                return 0;
            case { ValueKind: JsonValueKind.String } text:
                if (double.TryParse(text.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) && double.IsFinite(parsed))
                {
                    return parsed;
                }

                _errors.Add($"cannot parse '{name}' as float: strconv.ParseFloat: parsing {GoQuote.Of(text.GetString()!)}: invalid syntax");
                return fallback;
            case { } other:
                return Mismatch(name, "float32", other, fallback);
        }
    }

    private bool Boolean(string name)
    {
        switch (Find(name))
        {
            case null or { ValueKind: JsonValueKind.False }:
                return false;
            case { ValueKind: JsonValueKind.True }:
                return true;
            case { ValueKind: JsonValueKind.Number } number:
                return number.GetDouble() != 0;
            case { ValueKind: JsonValueKind.String } text:
                switch (text.GetString())
                {
                    case "1" or "t" or "T" or "TRUE" or "true" or "True":
                        return true;
                    case "" or "0" or "f" or "F" or "FALSE" or "false" or "False":
                        return false;
                    case { } unknown:
                        _errors.Add($"cannot parse '{name}' as bool: strconv.ParseBool: parsing {GoQuote.Of(unknown)}: invalid syntax");
                        return false;
                    default:
                        return false;
                }

            case { } other:
                return Mismatch(name, "bool", other, fallback: false);
        }
    }

    private string Text(string name, string fallback)
    {
        switch (Find(name))
        {
            case null:
                return fallback;
            case { ValueKind: JsonValueKind.String } text:
                return text.GetString()!;
            case { ValueKind: JsonValueKind.Number } number:
                return number.GetRawText();
            case { ValueKind: JsonValueKind.True }:
                return "1";
            case { ValueKind: JsonValueKind.False }:
                return "0";
            case { } other:
                return Mismatch(name, "string", other, fallback);
        }
    }

    private Dictionary<string, string>? Map(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            return Mismatch<Dictionary<string, string>?>(name, "map[string]string", value, null);
        }

        return value.EnumerateObject().ToDictionary(property => property.Name, property => property.Value.ToString(), StringComparer.Ordinal);
    }

    // A null leaves the default.
    private JsonElement? Find(string name) =>
        _values.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    // Never the value: it may be a key in the wrong place.
    private T Mismatch<T>(string name, string goType, JsonElement value, T fallback)
    {
        var found = value.ValueKind switch
        {
            JsonValueKind.Object => "map[string]interface {}",
            JsonValueKind.Array => "[]interface {}",
            JsonValueKind.True or JsonValueKind.False => "bool",
            JsonValueKind.Number => "float64",
            _ => "string",
        };
        _errors.Add($"'{name}' expected type '{goType}', got unconvertible type '{found}'");
        return fallback;
    }
}
