using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Schema;

/// <summary>
/// One walk of a value along a schema: where it stands, how weakly values are taken, and what was wrong. Each dialect of the reference derives from it.
/// </summary>
public abstract class SchemaDecoding
{
    private readonly List<Place> _places = [];

    /// <summary>How deep the value stands that is being read; 0 is the document.</summary>
    public int Depth => _places.Count;

    /// <summary>Whether errors spell known names as the input does, and not as the schema does.</summary>
    public virtual bool SpellsAsWritten => false;

    /// <summary>The way to the value that is being read.</summary>
    protected ReadOnlySpan<Place> Places => CollectionsMarshal.AsSpan(_places);

    /// <summary>The value is of another type.</summary>
    /// <param name="value">It.</param>
    /// <param name="goType">The reference's name of the type that was wanted.</param>
    public abstract void Mismatch(JsonElement value, string goType);

    /// <summary>The value is no object with free keys.</summary>
    public virtual void NoMap(JsonElement value) => Mismatch(value, "map[string]interface {}");

    /// <summary>The value is of the right type, but cannot be read.</summary>
    /// <param name="value">It.</param>
    /// <param name="error">Why, in the reference's words.</param>
    public abstract void Unparsable(JsonElement value, string error);

    /// <summary>The value is accepted, and nothing comes of it.</summary>
    public virtual void Dropped(JsonElement value)
    {
    }

    /// <summary>The field just entered is none that the schema knows.</summary>
    /// <param name="more">Words behind it.</param>
    public abstract void Unknown(string more);

    /// <summary>A text.</summary>
    public virtual bool TryText(JsonElement value, out string text)
    {
        var isText = value.ValueKind == JsonValueKind.String;
        text = isText ? value.GetString()! : string.Empty;
        return Holds(isText, value, "string");
    }

    /// <summary>A truth value.</summary>
    public virtual bool TryFlag(JsonElement value, out bool flag)
    {
        flag = value.ValueKind == JsonValueKind.True;
        return Holds(flag || value.ValueKind == JsonValueKind.False, value, "bool");
    }

    /// <summary>A number within a range.</summary>
    public abstract bool TryNumber(JsonElement value, NumberRange range, out decimal number);

    /// <summary>A number with a fraction.</summary>
    public virtual bool TryReal(JsonElement value, string goType, out double number)
    {
        var isNumber = value.ValueKind == JsonValueKind.Number;
        number = isNumber ? value.GetDouble() : 0;
        return Holds(isNumber, value, goType);
    }

    /// <summary>The objects that a value stands for: itself, or where the dialect merges them, those of a list; null when it is none, which is told.</summary>
    /// <param name="value">It.</param>
    /// <param name="goTarget">What Go's errors call what was wanted.</param>
    public abstract IReadOnlyList<JsonElement>? ObjectsOf(JsonElement value, string? goTarget);

    /// <summary>The elements that a value stands for: those of a list, or where the dialect takes it for a list of one, itself; null when it is none, which is told.</summary>
    /// <inheritdoc cref="ObjectsOf"/>
    public abstract IEnumerable<JsonElement>? ElementsOf(JsonElement value, string? goTarget);

    /// <summary>The properties of an object that count.</summary>
    public virtual IEnumerable<JsonProperty> PropertiesOf(JsonElement value) => value.EnumerateObject();

    /// <summary>A list holds a null where the reference crashes.</summary>
    /// <returns>What is thrown.</returns>
    public abstract Exception NullElement();

    /// <summary>Holds a list or map to its bound; null for none.</summary>
    public virtual void Bound(CountBound? bound, int count) => bound?.Require(count, Path());

    /// <summary>Holds a text to its bound; null for none.</summary>
    /// <param name="bound">It.</param>
    /// <param name="text">The text.</param>
    /// <param name="what">What it is of the place where it stands.</param>
    public virtual void Bound(LengthBound? bound, string text, string what = "")
    {
        if (bound is not null && TextLength.Exceeds(text, bound.Most))
        {
            bound.Require(text, what + Path());
        }
    }

    /// <summary>Ends the decoding.</summary>
    /// <exception cref="Exception">The dialect's, if anything was wrong.</exception>
    public abstract void Finish();

    /// <summary>Steps to a field or an element.</summary>
    public void Enter(in Place place) => _places.Add(place);

    /// <summary>Steps back.</summary>
    public void Leave() => _places.RemoveAt(_places.Count - 1);

    /// <summary>Tells of another type unless a condition holds.</summary>
    /// <returns>Whether it does.</returns>
    protected bool Holds(bool holds, JsonElement value, string goType)
    {
        if (!holds)
        {
            Mismatch(value, goType);
        }

        return holds;
    }

    /// <summary>The way as mapstructure and the files' decoder tell it: <c>a.b[0]</c>, <c>a[key]</c>.</summary>
    protected string Path()
    {
        var path = new StringBuilder();
        foreach (var place in Places)
        {
            _ = place.Field is null
                ? place.Key is null ? path.Append('[').Append(place.Index).Append(']') : path.Append('[').Append(place.Key).Append(']')
                : path.Append(path.Length == 0 ? string.Empty : ".").Append(place.Field);
        }

        return path.ToString();
    }
}
