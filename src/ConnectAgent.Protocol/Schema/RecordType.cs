using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace ConnectAgent.Protocol.Schema;

/// <summary>An object with known fields: the table that a schema is.</summary>
/// <typeparam name="T">What the fields are set on.</typeparam>
/// <param name="create">Makes one on which nothing is set.</param>
/// <param name="goName">What the paths of its fields begin with in Go's errors; null: with the path of the field that holds it.</param>
/// <param name="goTarget">What Go's errors call it when it is something else; null: as <see cref="GoJsonDecoding"/> makes it of the path.</param>
/// <param name="refusesNull">Whether a null in its place makes the reference crash: an error here (intentions DEF-1).</param>
public sealed class RecordType<T>(Func<T> create, string? goName = null, string? goTarget = null, bool refusesNull = false) : SchemaType<T>
{
    private readonly Dictionary<string, SchemaField<T>> _fields = new(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override T Empty => create();

    /// <summary>Adds a field.</summary>
    /// <param name="name">As errors spell it.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="set">Makes a target with the value of a target without.</param>
    /// <param name="alias">Another spelling of its name.</param>
    public RecordType<T> Field<TValue>(string name, SchemaType<TValue> type, Func<T, TValue, T> set, string? alias = null) =>
        Add(new SetField<T, TValue>(name, type, set), alias);

    /// <summary>Adds another name of a field, which counts where that one is not set.</summary>
    /// <param name="name">It.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="isUnset">Whether nothing, or a zero, came under the field's own name.</param>
    /// <param name="set">As of the field.</param>
    public RecordType<T> Alias<TValue>(string name, SchemaType<TValue> type, Func<T, bool> isUnset, Func<T, TValue, T> set) =>
        Add(new AliasField<T, TValue>(name, type, isUnset, set));

    /// <summary>Adds fields that are checked for their type, and dropped.</summary>
    public RecordType<T> Dropped<TValue>(SchemaType<TValue> type, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            Add(new DroppedField<T, TValue>(name, type));
        }

        return this;
    }

    /// <summary>Adds fields that are accepted, whatever they hold, and dropped.</summary>
    public RecordType<T> Ignored(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            Add(new IgnoredField<T>(name));
        }

        return this;
    }

    /// <summary>Adds a field that is refused like an unknown one, with more words.</summary>
    public RecordType<T> Refused(string name, string more) => Add(new RefusedField<T>(name, more));

    /// <summary>Adds a field of another sort.</summary>
    /// <param name="field">It.</param>
    /// <param name="alias">Another spelling of its name.</param>
    public RecordType<T> Add(SchemaField<T> field, string? alias = null)
    {
        ArgumentNullException.ThrowIfNull(field);
        _fields[field.Name] = field;
        if (alias is not null)
        {
            _fields[alias] = field;
        }

        return this;
    }

    /// <summary>Finds a field by a name of any letter case.</summary>
    public SchemaField<T>? Find(string name) => _fields.GetValueOrDefault(name);

    internal override T ReadOrEmpty(JsonElement value, SchemaDecoding decoding) =>
        refusesNull && value.ValueKind == JsonValueKind.Null ? throw decoding.NullElement() : base.ReadOrEmpty(value, decoding);

    /// <inheritdoc/>
    public override bool TryRead(JsonElement value, SchemaDecoding decoding, [MaybeNullWhen(false)] out T read)
    {
        read = default;
        if (decoding.ObjectsOf(value, goTarget) is not { } parts)
        {
            return false;
        }

        read = create();
        Stack<Func<T, T>>? aliases = null;
        foreach (var part in parts)
        {
            foreach (var property in decoding.PropertiesOf(part))
            {
                var written = property.Name;
                var field = Find(written);
                decoding.Enter(new Place(field is { IsKnown: true } && !decoding.SpellsAsWritten ? field.Name : written, written, goName));
                if (field is null)
                {
                    decoding.Unknown(string.Empty);
                }
                else if (field is AliasField<T> alias)
                {
                    if (alias.Read(property.Value, decoding) is { } set)
                    {
                        (aliases ??= new()).Push(set);
                    }
                }
                else
                {
                    read = field.Take(read, property.Value, decoding);
                }

                decoding.Leave();
            }
        }

        // Of a repeated one the last counts, so it goes first.
        while (aliases is { Count: > 0 })
        {
            read = aliases.Pop()(read);
        }

        return true;
    }
}
