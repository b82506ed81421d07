using System.Globalization;
using System.Text.Json;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>
/// Reads the options from the <c>Config</c> map: names without case, weakly typed, all errors of the map together (ca CA-24, CA-25, CA-31).
/// </summary>
internal static class CaSettingsDecoder
{
    private static readonly RecordType<CaSettings> Schema = new RecordType<CaSettings>(static () => new CaSettings())
        .Field("LeafCertTTL", SchemaTypes.Duration, static (ca, life) => ca with { LeafCertTtl = life })
        .Field("RootCertTTL", SchemaTypes.Duration, static (ca, life) => ca with { RootCertTtl = life })
        .Field("IntermediateCertTTL", SchemaTypes.Duration, static (ca, life) => ca with { IntermediateCertTtl = life })
        .Field("CSRMaxPerSecond", SchemaTypes.Real("float32"), static (ca, rate) => ca with { CsrMaxPerSecond = rate })
        .Field("CSRMaxConcurrent", SchemaTypes.Int32, static (ca, most) => ca with { CsrMaxConcurrent = most })
        .Field("PrivateKeyType", SchemaTypes.Text, static (ca, type) => ca with { PrivateKeyType = type })
        .Field("PrivateKeyBits", SchemaTypes.Int32, static (ca, bits) => ca with { PrivateKeyBits = bits })
        .Field("SkipValidate", SchemaTypes.Flag, static (ca, skips) => ca with { SkipValidate = skips })
        .Field("PrivateKey", SchemaTypes.Text, static (ca, pem) => ca with { PrivateKey = pem })
        .Field("RootCert", SchemaTypes.Text, static (ca, pem) => ca with { RootCert = pem })
        .Field("DisableCrossSigning", SchemaTypes.Flag, static (ca, isDisabled) => ca with { DisableCrossSigning = isDisabled })
        .Field("test_state", new MapType<string>(new AnyText()), static (ca, state) => ca with { TestState = state });

    /// <summary>Reads and checks the options.</summary>
    /// <param name="configuration">A JSON object.</param>
    /// <exception cref="ProviderException">With the first text of CA-31 that holds.</exception>
    public static CaSettings Decode(string configuration)
    {
        // Requests are read before; a row from a file may be anything.
        if (!JsonTexts.AreObject(configuration))
        {
            throw new ProviderException("the configuration is no JSON object");
        }

        var decoding = new Decoding();
        _ = Schema.TryRead(JsonElement.Parse(configuration), decoding, out var settings);
        decoding.Finish();
        CaSettingsValidation.Check(settings!);
        return settings!;
    }

    private sealed class AnyText : SchemaType<string>
    {
        public override string Empty => string.Empty;

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, out string read)
        {
            read = value.ToString();
            return true;
        }
    }

    /// <summary>The dialect of the reference's providers. An error never shows what has the wrong type: it may be a key in the wrong place.</summary>
    private sealed class Decoding : MapstructureDecoding
    {
        // What the reference does not know, the map may hold all the same.
        public override void Unknown(string more)
        {
        }

        // An exact name wins over one that differs by case.
        public override IEnumerable<JsonProperty> PropertiesOf(JsonElement value)
        {
            if (Depth > 0)
            {
                return base.PropertiesOf(value);
            }

            Dictionary<string, JsonProperty> chosen = new(StringComparer.OrdinalIgnoreCase);
            foreach (var property in value.EnumerateObject())
            {
                if (!chosen.ContainsKey(property.Name) || Schema.Find(property.Name)?.Name == property.Name)
                {
                    chosen[property.Name] = property;
                }
            }

            return chosen.Values;
        }

        public override IReadOnlyList<JsonElement>? ObjectsOf(JsonElement value, string? goTarget)
        {
            if (value.ValueKind == JsonValueKind.Object)
            {
                return [value];
            }

            Mismatch(value, "map[string]string");
            return null;
        }

        // A text must be a whole number; a truth value is no duration.
        public override bool TryNumber(JsonElement value, NumberRange range, out decimal number)
        {
            number = 0;
            if (value.ValueKind == JsonValueKind.String)
            {
                var isNumber = int.TryParse(value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole);
                number = whole;
                if (!isNumber)
                {
                    NotParsed(value, range.GoType, "int", "Int");
                }

                return isNumber;
            }

            if (range != NumberRange.Duration || value.ValueKind == JsonValueKind.Number)
            {
                return base.TryNumber(value, range, out number);
            }

            Mismatch(value, range.GoType);
            return false;
        }

        public override bool TryReal(JsonElement value, string goType, out double number)
        {
            number = value.ValueKind == JsonValueKind.True ? 1 : 0;
            switch (value.ValueKind)
            {
                case JsonValueKind.True or JsonValueKind.False:
                case JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number):
                    return true;
                case JsonValueKind.String:
                    NotParsed(value, goType, "float", "Float");
                    return false;
                default:
                    return base.TryReal(value, goType, out number);
            }
        }

        public override void Finish()
        {
            if (Mismatches.Count > 0)
            {
                throw new ProviderException(
                    "error decoding config: " + ListOf([.. Mismatches.Order(StringComparer.Ordinal)]), ProviderFault.BadConfiguration);
            }
        }

        protected override void NotParsed(JsonElement value, string goType, string kind, string parser)
        {
            if (value.ValueKind == JsonValueKind.String)
            {
                AddMismatch($"cannot parse '{Path()}' as {kind}: strconv.Parse{parser}: parsing {GoQuote.Of(value.GetString()!)}: invalid syntax");
                return;
            }

            Mismatch(value, goType);
        }

        protected override void Overflow(JsonElement value, NumberRange range)
        {
        }
    }
}
