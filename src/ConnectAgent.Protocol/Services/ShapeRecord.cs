using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Protocol.Services;

/// <summary>
/// The table of a record of services in one of its two dialects: bodies, whose names are CamelCase with some aliases (services REG-1, REG-2), and the agent's
/// files, where all names are snake_case and those with an alias may be CamelCase, too (config-and-cli section 2).
/// </summary>
/// <param name="create">Makes one on which nothing is set.</param>
/// <param name="isFile">Whether it is of files.</param>
/// <param name="goName">As of <see cref="RecordType{T}"/>.</param>
internal sealed class ShapeRecord<T>(Func<T> create, bool isFile, string? goName = null)
{
    public RecordType<T> Type { get; } = new(create, goName, "of type struct");

    /// <summary>A field that bodies know by one name.</summary>
    public ShapeRecord<T> Field<TValue>(string name, string fileName, SchemaType<TValue> type, Func<T, TValue, T> set)
    {
        Type.Field(isFile ? fileName : name, type, set);
        return this;
    }

    /// <summary>A field that bodies know by more names, the first of which wins unless it is zero.</summary>
    public ShapeRecord<T> Field<TValue>(
        string name, ReadOnlySpan<string> aliases, SchemaType<TValue> type, Func<T, bool> isUnset, Func<T, TValue, T> set)
    {
        Type.Field(name, type, set);
        foreach (var alias in aliases)
        {
            Type.Alias(alias, type, isUnset, set);
        }

        return this;
    }

    /// <summary>A field that only one of the dialects knows, and that is dropped.</summary>
    public ShapeRecord<T> Dropped<TValue>(bool ofFiles, SchemaType<TValue> type, params ReadOnlySpan<string> names)
    {
        if (ofFiles == isFile)
        {
            Type.Dropped(type, names);
        }

        return this;
    }
}
