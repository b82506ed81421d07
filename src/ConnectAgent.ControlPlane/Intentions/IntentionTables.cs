using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>The rows of intentions.</summary>
internal static class IntentionTables
{
    /// <summary>The IDs of ID based intentions, so that one finds its entry without a walk (IXN-13).</summary>
    public static SecondKey<IntentionEntry> ById { get; } = new(static row => row.IsLegacy ? row.Sources.Select(source => source.LegacyId!) : []);

    /// <summary>The <c>service-intentions</c> entries by destination in ASCII lower case (intentions IXN-1, IXN-5).</summary>
    public static StateTable<IntentionEntry> Entries { get; } = new(
        "intentions", IntentionRowJson.Default.IntentionEntry, static row => IntentionEntry.KeyOf(row.Name))
    {
        Group = ConfigTables.Group,
        SecondKeys = [ById],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };
}
