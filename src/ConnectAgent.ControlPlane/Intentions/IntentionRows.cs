using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>The row of an entry.</summary>
internal static class IntentionRows
{
    public static IntentionEntry? Find(StateSnapshot state, string destination) =>
        state.Find(IntentionTables.Entries, IntentionEntry.KeyOf(destination));

    /// <summary>Finds an ID based intention; null when there is none.</summary>
    public static (IntentionEntry Entry, int At)? FindId(StateSnapshot state, string id)
    {
        if (state.FindBySecond(IntentionTables.ById, id).FirstOrDefault() is { } entry)
        {
            for (var i = 0; i < entry.Sources.Length; i++)
            {
                if (entry.Sources[i].LegacyId == id)
                {
                    return (entry, i);
                }
            }
        }

        return null;
    }

    /// <summary>Puts an entry in the place of another; one without a source goes (IXN-4).</summary>
    /// <param name="before">What is stored; null for none.</param>
    /// <param name="entry">Normalised and checked.</param>
    /// <exception cref="Protocol.Errors.ServerException">CE-12.</exception>
    public static void Put(StateWriter writer, IntentionEntry? before, IntentionEntry entry)
    {
        if (before is not null && entry.Sources.IsEmpty)
        {
            Remove(writer, before);
            return;
        }

        if (before is null)
        {
            ConfigBounds.Entries.Require(writer.State.Rows(IntentionTables.Entries).Count + 1, ServiceIntentionsKind.KindName);
        }

        entry = entry with { CreateIndex = before?.CreateIndex ?? writer.Index, ModifyIndex = writer.Index };
        IntentionEntryValidation.CheckProtocol(entry, ServiceProtocols.Of(writer.State, entry.Name));
        writer.Put(IntentionTables.Entries, entry);
    }

    public static void Remove(StateWriter writer, IntentionEntry entry) =>
        writer.Remove(IntentionTables.Entries, IntentionEntry.KeyOf(entry.Name));
}
