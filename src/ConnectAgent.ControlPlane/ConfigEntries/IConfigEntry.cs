namespace ConnectAgent.ControlPlane.ConfigEntries;

/// <summary>A config entry of any kind, as it is stored. Immutable.</summary>
internal interface IConfigEntry
{
    string Kind { get; }

    /// <summary>As first written.</summary>
    string Name { get; }

    ulong CreateIndex { get; }

    ulong ModifyIndex { get; }
}

/// <summary>An entry of a kind that needs no row type of its own.</summary>
/// <param name="Document">What is shown, without the indexes: compact JSON with its keys in their order, so that equal entries are equal texts.</param>
/// <param name="Protocol">What it says about its service's protocol; null for nothing.</param>
internal sealed record ConfigEntry(string Kind, string Name, string Document, string? Protocol, ulong CreateIndex, ulong ModifyIndex)
    : IConfigEntry;
