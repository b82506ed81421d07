using System.Text.Json;

namespace ConnectAgent.Protocol.Schema;

/// <summary>One row of a schema's table: a name, what it holds, and where that goes.</summary>
/// <typeparam name="T">Whose field it is.</typeparam>
/// <param name="name">As errors and documents spell it; input may spell it in any letter case.</param>
public abstract class SchemaField<T>(string name)
{
    /// <summary>As errors and documents spell it.</summary>
    public string Name { get; } = name;

    /// <summary>Whether it is one; else it is told as it was written.</summary>
    public virtual bool IsKnown => true;

    /// <summary>Takes a value.</summary>
    /// <param name="target">What has been read so far.</param>
    /// <param name="value">May be a null.</param>
    /// <param name="decoding">Takes what is wrong.</param>
    /// <returns>The target with it.</returns>
    public abstract T Take(T target, JsonElement value, SchemaDecoding decoding);
}

/// <summary>A field that is read and set. A null leaves what was there.</summary>
internal sealed class SetField<T, TValue>(string name, SchemaType<TValue> type, Func<T, TValue, T> set) : SchemaField<T>(name)
{
    public override T Take(T target, JsonElement value, SchemaDecoding decoding) =>
        value.ValueKind != JsonValueKind.Null && type.TryRead(value, decoding, out var read) ? set(target, read) : target;
}

/// <summary>A field that is checked for its type, and dropped.</summary>
internal sealed class DroppedField<T, TValue>(string name, SchemaType<TValue> type) : SchemaField<T>(name)
{
    public override T Take(T target, JsonElement value, SchemaDecoding decoding)
    {
        if (value.ValueKind != JsonValueKind.Null && type.TryRead(value, decoding, out _))
        {
            decoding.Dropped(value);
        }

        return target;
    }
}

/// <summary>Another name of a field, which counts where that one is not set, wherever the two stand (services REG-1).</summary>
internal sealed class AliasField<T, TValue>(string name, SchemaType<TValue> type, Func<T, bool> isUnset, Func<T, TValue, T> set) : AliasField<T>(name)
{
    public override Func<T, T>? Read(JsonElement value, SchemaDecoding decoding) =>
        value.ValueKind != JsonValueKind.Null && type.TryRead(value, decoding, out var read) ? target => isUnset(target) ? set(target, read) : target : null;
}

/// <inheritdoc cref="AliasField{T,TValue}"/>
internal abstract class AliasField<T>(string name) : SchemaField<T>(name)
{
    /// <summary>Reads a value.</summary>
    /// <returns>What sets it once all names have been read; null for nothing.</returns>
    public abstract Func<T, T>? Read(JsonElement value, SchemaDecoding decoding);

    public override T Take(T target, JsonElement value, SchemaDecoding decoding) => Read(value, decoding) is { } set ? set(target) : target;
}

/// <summary>A field that is accepted, whatever it holds, and forgotten.</summary>
internal sealed class IgnoredField<T>(string name) : SchemaField<T>(name)
{
    public override T Take(T target, JsonElement value, SchemaDecoding decoding) => target;
}

/// <summary>A field that is known by its name alone, and refused with words of its own behind it.</summary>
internal sealed class RefusedField<T>(string name, string more) : SchemaField<T>(name)
{
    public override bool IsKnown => false;

    public override T Take(T target, JsonElement value, SchemaDecoding decoding)
    {
        decoding.Unknown(more);
        return target;
    }
}
