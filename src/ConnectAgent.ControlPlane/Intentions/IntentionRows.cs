using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.State;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>The rows of an entry: itself, and one for each ID, so that an ID finds its entry without a walk (IXN-13).</summary>
internal static class IntentionRows
{
    public static IntentionEntry? Find(StateSnapshot state, string destination) =>
        state.Find(StateTables.Intentions, IntentionEntry.KeyOf(destination));

    /// <summary>Finds an ID based intention; null when there is none.</summary>
    public static (IntentionEntry Entry, int At)? FindId(StateSnapshot state, string id)
    {
        if (state.Find(StateTables.IntentionIds, id) is { } reference
            && state.Find(StateTables.Intentions, reference.Destination) is { } entry)
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

        entry = entry with { CreateIndex = before?.CreateIndex ?? writer.Index, ModifyIndex = writer.Index };
        IntentionEntryValidation.CheckProtocol(entry, ServiceProtocols.Of(writer.State, entry.Name));
        var key = IntentionEntry.KeyOf(entry.Name);
        writer.Put(StateTables.Intentions, key, entry);
        var (old, now) = (IdsOf(before), IdsOf(entry));
        foreach (var id in old)
        {
            if (!now.Contains(id))
            {
                writer.Remove(StateTables.IntentionIds, id);
            }
        }

        foreach (var id in now)
        {
            if (!old.Contains(id))
            {
                writer.Put(StateTables.IntentionIds, id, new IntentionReference(key));
            }
        }
    }

    public static void Remove(StateWriter writer, IntentionEntry entry)
    {
        writer.Remove(StateTables.Intentions, IntentionEntry.KeyOf(entry.Name));
        foreach (var id in IdsOf(entry))
        {
            writer.Remove(StateTables.IntentionIds, id);
        }
    }

    private static HashSet<string> IdsOf(IntentionEntry? entry) =>
        entry is { IsLegacy: true } ? [.. entry.Sources.Select(source => source.LegacyId!)] : [];
}
