namespace ConnectAgent.Protocol.Schema;

/// <summary>One step of the way to a value.</summary>
/// <param name="Field">The field's name; null for an element of a list or a map.</param>
/// <param name="Written">As the input spells it.</param>
/// <param name="GoName">What Go's errors call the record that the field is of; null: they do not name it.</param>
/// <param name="Key">The element's key in a map; null in a list.</param>
/// <param name="Index">The element's position in a list.</param>
public readonly record struct Place(string? Field, string? Written, string? GoName, string? Key = null, int Index = 0)
{
    /// <summary>An element of a list.</summary>
    public static Place Of(int index) => new(null, null, null, null, index);

    /// <summary>A field that stands in no table.</summary>
    public static Place OfField(string name) => new(name, name, null);

    /// <summary>An element of a map.</summary>
    public static Place Of(string key) => new(null, key, null, key);
}
