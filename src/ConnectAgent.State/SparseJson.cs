using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.State;

/// <summary>
/// How rows of many members are written of which most are unset: an empty text, list or map, a zero, a false and a part that says nothing are left out, unless the member is
/// required or could be null. What is missing is read as null or zero, and the table's <see cref="StateTable{T}.Renew"/> completes it.
/// </summary>
internal static class SparseJson
{
    /// <summary>The sparse form of a type.</summary>
    /// <param name="type">Of a source-generated context.</param>
    public static JsonTypeInfo<T> Of<T>(JsonTypeInfo<T> type) => (JsonTypeInfo<T>)new JsonSerializerOptions
    {
        TypeInfoResolver = type.Options.TypeInfoResolver!.WithAddedModifier(LeaveOutWhatIsUnset),
    }.GetTypeInfo(typeof(T));

    private static void LeaveOutWhatIsUnset(JsonTypeInfo type)
    {
        foreach (var property in type.Properties.Where(static property => !property.IsRequired))
        {
            property.ShouldSerialize = property.IsGetNullable ? static (_, value) => value is not null : static (_, value) => IsSet(value);
        }
    }

    private static bool IsSet(object? value) => value switch
    {
        null => false,
        string text => text.Length > 0,
        IEnumerable many => many.GetEnumerator().MoveNext(),
        bool flag => flag,
        int number => number != 0,
        ulong number => number != 0,
        ICanBeUnset part => !part.IsUnset,
        ExactDuration duration => duration != ExactDuration.Zero,
        _ => true,
    };
}
