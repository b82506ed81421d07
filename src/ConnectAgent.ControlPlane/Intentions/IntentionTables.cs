using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>The rows of intentions.</summary>
internal static class IntentionTables
{
    /// <summary>The <c>service-intentions</c> entries by destination in ASCII lower case (intentions IXN-1, IXN-5); second key: the IDs of ID based intentions.</summary>
    public static StateTable<IntentionEntry> Entries { get; } = new(
        "intentions", IntentionRowJson.Default.IntentionEntry, static row => IntentionEntry.KeyOf(row.Name))
    {
        Group = ConfigTables.Group,

        // So that an ID finds its entry without a walk (IXN-13).
        SecondKeysOf = static row => row.IsLegacy ? row.Sources.Select(source => source.LegacyId!) : [],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };
}
