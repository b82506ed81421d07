using System.Text.Json;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Configuration;

/// <summary>What a file says of a key.</summary>
/// <param name="Key">It.</param>
/// <param name="Value">As its type reads it.</param>
/// <param name="Parts">The same as it stands there.</param>
internal readonly record struct SaidValue(ConfigKey Key, object Value, IReadOnlyList<SaidPart> Parts);

/// <summary>A key where it stands in a schema.</summary>
/// <param name="name">Without the way to it.</param>
/// <param name="effect">What it does.</param>
internal sealed class ConfigField(string name, KeyEffect effect) : SchemaField<List<SaidValue>>(name)
{
    public KeyEffect Effect => effect;

    /// <summary>The keys of an object, or of each object of a list.</summary>
    public ConfigSchema? Inner { get; init; }

    /// <summary>Whether it is a list of such objects.</summary>
    public bool IsList { get; init; }

    /// <summary>What a value must be; null for an object that the schema walks through.</summary>
    public SchemaType<object>? Type { get; init; }

    /// <summary>What takes the value; null where there is nothing to take.</summary>
    public ConfigKey? Key { get; init; }

    public override List<SaidValue> Take(List<SaidValue> target, JsonElement value, SchemaDecoding decoding)
    {
        // A null is as good as an absent key.
        if (value.ValueKind == JsonValueKind.Null)
        {
            return target;
        }

        var file = (FileDecoding)decoding;
        var wasNoted = file.Note(effect, value);
        if (Type is not null)
        {
            if (Type.TryRead(value, file, out var read) && Key is not null)
            {
                target.Add(new SaidValue(Key, read, file.PartsOf(value, Key.Shape)));
            }
        }
        else if (!IsList)
        {
            target.AddRange(Inner!.Read(value, file));
        }
        else if (file.ElementsOf(value, null) is { } items)
        {
            foreach (var (position, item) in items.Index())
            {
                file.Enter(Place.Of(position));
                target.AddRange(Inner!.Read(item, file));
                file.Leave();
            }
        }

        file.IsNoted = wasNoted;
        return target;
    }
}
