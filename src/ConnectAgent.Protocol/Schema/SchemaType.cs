using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace ConnectAgent.Protocol.Schema;

/// <summary>
/// What a value of loose JSON must be, and what is made of it. Types are tables without state, so one serves all calls; how weakly a value is taken and
/// what an error says is up to the <see cref="SchemaDecoding"/>, of which each dialect of the reference has one.
/// </summary>
/// <typeparam name="T">What is made of a value.</typeparam>
public abstract class SchemaType<T>
{
    /// <summary>What stands in a list or a map for a null, and for what is of another type.</summary>
    public abstract T Empty { get; }

    /// <summary>Reads a value.</summary>
    /// <param name="value">Anything but a null.</param>
    /// <param name="decoding">Takes what is wrong.</param>
    /// <param name="read">What was made of it.</param>
    /// <returns>False where there is nothing to take.</returns>
    public abstract bool TryRead(JsonElement value, SchemaDecoding decoding, [MaybeNullWhen(false)] out T read);

    /// <summary>How deep a body may be nested that is read along it.</summary>
    internal virtual DepthBound Depth => DepthBound.Body;

    /// <summary>Reads an element of a list or a map.</summary>
    internal virtual T ReadOrEmpty(JsonElement value, SchemaDecoding decoding) =>
        value.ValueKind != JsonValueKind.Null && TryRead(value, decoding, out var read) ? read : Empty;
}
