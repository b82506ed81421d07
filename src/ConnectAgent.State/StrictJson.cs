using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ConnectAgent.State;

/// <summary>
/// How rows are read: a member that cannot be null must be there, no member is there twice, and nothing is null. A file may have been changed by
/// hand, and a checksum proves nothing about its content.
/// </summary>
internal static class StrictJson
{
    private static readonly ConcurrentDictionary<IJsonTypeInfoResolver, JsonSerializerOptions> Known = new();

    /// <summary>The strict form of a type.</summary>
    /// <param name="type">As it is written.</param>
    public static JsonTypeInfo<T> Of<T>(JsonTypeInfo<T> type) =>
        (JsonTypeInfo<T>)Known.GetOrAdd(type.Options.TypeInfoResolver!, static resolver => new JsonSerializerOptions
        {
            TypeInfoResolver = resolver.WithAddedModifier(RequireWhatCannotBeNull),
            AllowDuplicateProperties = false,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Converters = { new SharedText() },
        }).GetTypeInfo(typeof(T));

    /// <summary>Refuses a null anywhere: none is ever written, and the serializer would let one into a list of what cannot be null.</summary>
    /// <exception cref="JsonException">There is one. What is no JSON is found by whoever reads it.</exception>
    public static void RequireNoNull(ReadOnlySpan<byte> json)
    {
        // Most rows do not even have the word, and need not be taken apart twice.
        if (json.IndexOf("null"u8) < 0)
        {
            return;
        }

        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Null)
            {
                throw new JsonException("null", path: null, lineNumber: null, bytePositionInLine: reader.TokenStartIndex);
            }
        }
    }

    private static void RequireWhatCannotBeNull(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            // What is set by name and missing is null then, whatever it begins as; where it is a value, it may be left out for being the default. What
            // a sparse row leaves out is completed by whoever reads it.
            property.IsRequired |= property.AssociatedParameter is { IsNullable: false, HasDefaultValue: false } parameter
                && !(parameter.IsMemberInitializer && property.PropertyType.IsValueType)
                && property.ShouldSerialize is null;
        }
    }
}
