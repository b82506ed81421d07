using System.Collections.ObjectModel;

namespace ConnectAgent.Protocol.Services;

/// <summary>The one map without entries.</summary>
internal static class EmptyMap<T>
{
    public static IReadOnlyDictionary<string, T> Instance { get; } = ReadOnlyDictionary<string, T>.Empty;
}
