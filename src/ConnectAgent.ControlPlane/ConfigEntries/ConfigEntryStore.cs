using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.ConfigEntries;

/// <summary>Reads and writes config entries of all kinds (intentions section 3.2, services CFG-1 to CFG-16).</summary>
internal sealed class ConfigEntryStore(StateStore store, BlockingReader reader, IEnumerable<IConfigEntryRule> rules, ILogger<ConfigEntryStore> logger)
{
    /// <summary>One entry. A read of one that is missing keeps blocking while it stays missing (http-conventions IDX-12).</summary>
    /// <returns>Null when there is none.</returns>
    public Task<(IConfigEntry? Value, ulong Index)> GetAsync(
        ConfigEntryKind kind, string name, BlockingOptions blocking, CancellationToken cancellationToken) =>
        reader.ReadAsync(
            blocking,
            [Topic.Row(kind.Table, NameKey.Of(name))],
            state => (kind.Find(state, name), ConfigTables.IndexOf(state)),
            static (a, b) => a?.ModifyIndex == b?.ModifyIndex,
            cancellationToken);

    /// <summary>All entries of some kinds, by kind and name.</summary>
    public Task<(IReadOnlyList<(ConfigEntryKind Kind, IConfigEntry Entry)> Value, ulong Index)> ListAsync(
        IReadOnlyList<ConfigEntryKind> kinds, BlockingOptions blocking, CancellationToken cancellationToken) =>
        reader.ReadAsync<IReadOnlyList<(ConfigEntryKind Kind, IConfigEntry Entry)>>(
            blocking,
            [.. kinds.Select(kind => Topic.Any(kind.Table))],
            state => ([.. kinds.SelectMany(kind => kind.All(state).Select(entry => (kind, entry)))], ConfigTables.IndexOf(state)),
            static (_, _) => false,
            cancellationToken);

    /// <summary>The names that a caller needs the right to: as spelled, and as stored; names are found without regard to case, rules have one.</summary>
    public IReadOnlyList<string> NamesOf(ConfigEntryKind kind, string name) =>
        kind.Find(store.Current, name) is { } entry && entry.Name != name ? [name, entry.Name] : [name];

    /// <summary>Writes an entry in the place of one of its name (CE-20, CE-21). One that is stored already is no write.</summary>
    /// <param name="kind">The entry's.</param>
    /// <param name="entry">Checked, with any indexes.</param>
    /// <param name="cas">Null writes always; 0 only if there is none; else only over this modify index.</param>
    /// <returns>False when the compare failed; nothing is changed then.</returns>
    /// <exception cref="ServerException">CE-12, CFG-14, or the disk.</exception>
    public async Task<bool> PutAsync(ConfigEntryKind kind, IConfigEntry entry, ulong? cas)
    {
        var isWritten = await store.WriteAsync(writer =>
        {
            var before = kind.Find(writer.State, entry.Name);
            if (before is not null && kind.IsSame(before, entry))
            {
                return true;
            }

            if (cas is { } index && index != (before?.ModifyIndex ?? 0))
            {
                return false;
            }

            kind.Put(writer, before, entry);
            RequireRules(writer, kind, before, entry);
            return true;
        });
        if (isWritten)
        {
            logger.Warn(kind.Name, entry.Name, kind.WarningsOf(entry));
        }

        return isWritten;
    }

    /// <summary>Removes an entry (CE-26, CE-27). That there is none is no error.</summary>
    /// <param name="kind">The entry's.</param>
    /// <param name="name">Without regard to ASCII letter case.</param>
    /// <param name="cas">Null removes always; else only over this modify index.</param>
    /// <returns>False when the compare failed.</returns>
    /// <exception cref="ServerException">CE-12, CFG-14, or the disk.</exception>
    public Task<bool> DeleteAsync(ConfigEntryKind kind, string name, ulong? cas) => store.WriteAsync(writer =>
    {
        if (kind.Find(writer.State, name) is not { } entry)
        {
            return true;
        }

        if (cas is { } index && index != entry.ModifyIndex)
        {
            return false;
        }

        kind.Remove(writer, entry);
        RequireRules(writer, kind, entry, null);
        return true;
    });

    private void RequireRules(StateWriter writer, ConfigEntryKind kind, IConfigEntry? before, IConfigEntry? after)
    {
        foreach (var rule in rules)
        {
            rule.Require(writer.State, kind, before, after);
        }
    }
}

/// <summary>What config entries need to know of the configuration.</summary>
/// <param name="Datacenter">The one that chains are for (services CFG-14).</param>
internal sealed record ConfigEntryOptions(string Datacenter);

/// <summary>The tables that hold config entries.</summary>
internal static class ConfigTables
{
    /// <summary>The highest index of any config entry write or delete, of all kinds (intentions IAPI-6, services CFG-5).</summary>
    public static ulong IndexOf(StateSnapshot state) => state.IndexOf(Group);

    public static StateTableGroup Group { get; } = new();
}
