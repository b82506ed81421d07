using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>Writes intentions by ID (intentions CRUD-1 to CRUD-13): the older API, over the same entries (IXN-1).</summary>
internal sealed class LegacyIntentionStore(StateStore store, TimeProvider clock, ILogger<LegacyIntentionStore> logger)
{
    /// <summary>The destination of an intention, which its ID keeps for life.</summary>
    /// <returns>Null when there is no such ID.</returns>
    public string? FindDestination(string id) => IntentionRows.FindId(store.Current, id)?.Entry.Name;

    /// <summary>Adds an intention.</summary>
    /// <param name="destination">As spelled; an entry that exists keeps its own spelling (IXN-5).</param>
    /// <param name="source">What it shall be; ID, times and a missing type are filled in.</param>
    /// <returns>Its ID.</returns>
    /// <exception cref="ServerException">CRUD-3, CE-8, CE-10; nothing is changed then.</exception>
    public async Task<string> CreateAsync(string destination, IntentionSource source)
    {
        LegacyIntentionValidation.Check(source, destination);
        string id;
        do
        {
            id = IntentionIds.Make();
        }
        while (IntentionRows.FindId(store.Current, id) is not null);
        var now = clock.GetUtcNow();
        source = source with { LegacyId = id, LegacyCreateTime = now, LegacyUpdateTime = now };
        await WriteAsync(writer =>
        {
            var before = IntentionRows.Find(writer.State, destination);
            return before is null
                ? Put(writer, null, new IntentionEntry(destination, [source], null, 0, 0))
                : Put(writer, before, before with { Sources = before.Sources.Add(source) });
        });
        return id;
    }

    /// <summary>Replaces all that a user sets (CRUD-11); the source may take another name, the destination may not.</summary>
    /// <exception cref="ServerException">CRUD-3, CRUD-11, CE-10; nothing is changed then.</exception>
    public Task UpdateAsync(string id, string destination, IntentionSource source)
    {
        var now = clock.GetUtcNow();
        return WriteAsync(writer =>
        {
            var (before, at) = IntentionRows.FindId(writer.State, id)
                ?? throw new ServerException(FailureKind.Mistake, $"Cannot modify non-existent intention: '{id}'");
            if (destination != before.Name)
            {
                throw new ServerException(
                    FailureKind.Mistake, "Cannot modify DestinationNS or DestinationName for an intention once it exists.");
            }

            LegacyIntentionValidation.Check(source, destination);
            var changed = source with { LegacyId = id, LegacyCreateTime = before.Sources[at].LegacyCreateTime, LegacyUpdateTime = now };
            return Put(writer, before, before with { Sources = before.Sources.SetItem(at, changed) });
        });
    }

    /// <summary>Removes an intention; the last one takes the entry with it (CRUD-13, IXN-4).</summary>
    /// <exception cref="ServerException">There is none.</exception>
    public Task DeleteAsync(string id) => store.WriteAsync(writer =>
    {
        var (before, at) = IntentionRows.FindId(writer.State, id)
            ?? throw new ServerException(FailureKind.Mistake, $"Cannot delete non-existent intention: '{id}'");
        IntentionRows.Put(writer, before, before with { Sources = before.Sources.RemoveAt(at) });
        return true;
    });

    private async Task WriteAsync(Func<StateWriter, IntentionEntry> write)
    {
        var written = await store.WriteAsync(write);
        logger.Warn(ServiceIntentionsKind.KindName, written.Name, IntentionEntryValidation.WarningsOf(written));
    }

    private static IntentionEntry Put(StateWriter writer, IntentionEntry? before, IntentionEntry entry)
    {
        if (before is { IsLegacy: false })
        {
            throw new ServerException(
                FailureKind.Mistake,
                $"cannot use legacy intention API to edit intentions with a destination of {GoQuote.Of(before.Name)} after editing them via a "
                    + "service-intentions config entry");
        }

        entry = IntentionEntryValidation.Normalize(entry, keepsIds: true);
        IntentionEntryValidation.Check(entry, keepsIds: true);
        IntentionBounds.Require(entry);
        IntentionRows.Put(writer, before, entry);
        return entry;
    }
}
