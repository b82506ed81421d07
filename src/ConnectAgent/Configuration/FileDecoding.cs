using System.Text.Json;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Configuration;

/// <summary>The dialect of the agent's files: collects what one says and what is wrong with it (config-and-cli LOAD-3 to LOAD-5).</summary>
/// <param name="path">The file's.</param>
/// <param name="lines">Where in it values stand.</param>
/// <param name="format">What the file is written in.</param>
internal sealed class FileDecoding(string path, SourceLines lines, ConfigFormat format) : SchemaDecoding
{
    private readonly List<string> _unknown = [];
    private readonly List<string> _mistyped = [];
    private readonly List<string> _unparsable = [];
    private readonly List<UnusedValue> _inert = [];
    private readonly List<string> _guards = [];

    /// <summary>Whether the object around has been noted as a whole.</summary>
    public bool IsNoted { get; set; }

    public override bool SpellsAsWritten => true;

    /// <summary>Merges a document into the values, all of it or nothing.</summary>
    /// <param name="path">The file's, for the errors.</param>
    /// <param name="document">What is in it.</param>
    /// <param name="lines">Where in the file its values stand.</param>
    /// <param name="values">Where it is merged.</param>
    /// <param name="format">What it is written in.</param>
    /// <exception cref="ConfigurationException">Everything of one sort that is wrong, sorted.</exception>
    public static void Merge(string path, JsonElement document, SourceLines lines, ConfigValues values, ConfigFormat format)
    {
        var decoding = new FileDecoding(path, lines, format);
        var said = AgentSchema.Root.Read(document, decoding);
        decoding.Require();
        foreach (var (key, value, parts) in said)
        {
            values.Merge(key, value, parts);
        }

        values.WithoutEffect.AddRange(decoding._inert);
    }

    /// <summary>Notes a key that is set and not acted on.</summary>
    /// <returns><see cref="IsNoted"/> as it was; what is in the value is noted with it.</returns>
    public bool Note(KeyEffect effect, JsonElement value)
    {
        var wasNoted = IsNoted;
        if (effect != KeyEffect.Acts)
        {
            if (!wasNoted && !AsksNothing(value))
            {
                if (effect == KeyEffect.Guards)
                {
                    _guards.Add(Path());
                }
                else
                {
                    _inert.Add(new UnusedValue(Path(), value.GetRawText(), SourceOf(value)));
                }
            }

            IsNoted = true;
        }

        return wasNoted;
    }

    /// <summary>A value as it stands there, part by part.</summary>
    public IReadOnlyList<SaidPart> PartsOf(JsonElement value, ValueShape shape)
    {
        // A list of one stands for its object (LOAD-5).
        var one = shape == ValueShape.Map && value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 1 ? value[0] : value;
        return (shape, one.ValueKind) switch
        {
            (ValueShape.List, JsonValueKind.Array) => [.. one.EnumerateArray().Select(item => PartOf(string.Empty, item))],
            (ValueShape.Map, JsonValueKind.Object) => [.. one.EnumerateObject().Select(field => PartOf(field.Name, field.Value))],
            _ => [PartOf(string.Empty, value)],
        };
    }

    public override void Mismatch(JsonElement value, string goType)
    {
        var place = Path();

        // A secret of the wrong type is still a secret.
        var shown = Secrets.ShowText(place, value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());
        _mistyped.Add($"'{place}' expected type '{goType}', got unconvertible type '{TypeOf(value)}', value: '{shown}'");
    }

    // Only durations of checks are read here; the reference names them without their way (recordings/config-cases.json, check-bad-duration).
    public override void Unparsable(JsonElement value, string error) =>
        _unparsable.Add($"check[].{Places[^1].Field}: invalid duration: {GoQuote.Of(value.GetString()!)}: {error}");

    public override void Dropped(JsonElement value) => IsNoted = Note(KeyEffect.None, value);

    // The operator's own file.
    public override void Bound(CountBound? bound, int count)
    {
    }

    public override void Bound(LengthBound? bound, string text, string what = "")
    {
    }

    public override void Unknown(string more)
    {
        // The reference judges watches when they run, so that files hold what none of them knows (recordings/config-cases.json, watch-unknown-key).
        if (Places[0].Field == "watches")
        {
            _inert.Add(new UnusedValue(Path() + more, "null", new ConfigSource(path)));
            return;
        }

        _unknown.Add(Path() + more);
    }

    public override bool TryNumber(JsonElement value, NumberRange range, out decimal number)
    {
        number = 0;
        if (range == NumberRange.Duration)
        {
            return Holds(holds: false, value, "string"); // LOAD-7
        }

        var isNumber = value.ValueKind == JsonValueKind.Number && NumberRange.TryParse(value.GetRawText(), out number);
        return Holds(isNumber && number > range.Least && number < range.Most, value, range.GoType);
    }

    public override IReadOnlyList<JsonElement>? ObjectsOf(JsonElement value, string? goTarget)
    {
        // A list of one stands for its object (LOAD-5).
        var one = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 1 ? value[0] : value;
        if (one.ValueKind == JsonValueKind.Object)
        {
            return [one];
        }

        _mistyped.Add($"'{Path()}' expected a map, got '{KindOf(value)}'");
        return null;
    }

    public override IEnumerable<JsonElement>? ElementsOf(JsonElement value, string? goTarget)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            return value.EnumerateArray();
        }

        _mistyped.Add($"'{Path()}': source data must be an array or slice, got {KindOf(value)}");
        return null;
    }

    public override Exception NullElement() => new ConfigurationException($"null entry in {Path()}");

    public override void Finish()
    {
    }

    // HCL tells whole numbers from others.
    private string TypeOf(JsonElement value) =>
        format == ConfigFormat.Hcl && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _) ? "int" : JsonKinds.GoTypeOf(value);

    private SaidPart PartOf(string name, JsonElement value) => new(name, value.GetRawText(), SourceOf(value));

    private ConfigSource SourceOf(JsonElement value) => new(path, lines.LineOf(value));

    private static string KindOf(JsonElement value) => value.ValueKind == JsonValueKind.Null ? "map" : JsonKinds.GoKindOf(value);

    // An empty text or list, a false, a port that is off; a block of HCL is a list of one object.
    private static bool AsksNothing(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!.Length == 0,
        JsonValueKind.Number => value.GetDouble() <= 0,
        JsonValueKind.Array => value.GetArrayLength() == 0 || (value.GetArrayLength() == 1 && value[0].ValueKind == JsonValueKind.Object && AsksNothing(value[0])),
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.True => false,
        _ => true,
    };

    private void Require()
    {
        if (_mistyped.Count > 0)
        {
            _mistyped.Sort(StringComparer.Ordinal);
            throw new ConfigurationException($"failed to parse {path}: " + MapstructureDecoding.ListOf(_mistyped));
        }

        if (_unknown.Count > 0)
        {
            _unknown.Sort(StringComparer.Ordinal);
            throw new ConfigurationException(
                $"failed to parse {path}: " + ConfigurationException.List([.. _unknown.Select(key => "invalid config key " + key)]));
        }

        if (_unparsable.Count > 0)
        {
            throw new ConfigurationException(ConfigurationException.List(_unparsable));
        }

        if (_guards.Count > 0)
        {
            throw new ConfigurationException(ConfigurationException.List([.. _guards.Select(key =>
                $"{key}: this agent cannot act on it, and without it more would get in than {path} says; take it out to start")]));
        }
    }
}
