using System.Globalization;
using System.Text.Json.Serialization;

namespace ConnectAgent.State.Snapshots;

/// <summary>
/// What a snapshot says of itself: the file <c>meta.json</c>. Consul's own command line checks what it saves, so the members that it reads are
/// there as well, with types that it can decode; only ours count.
/// </summary>
/// <param name="Format">Name and version of the format.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="Index">The last index given out.</param>
/// <param name="Serial">The last certificate serial given out.</param>
/// <param name="Tables">What is in it.</param>
internal sealed record SnapshotMeta(string Format, DateTimeOffset CreatedAt, ulong Index, ulong Serial, IReadOnlyList<SnapshotTable> Tables)
{
    /// <summary>The present format.</summary>
    public const string Current = "connect-agent-state/2";

    /// <summary>The first revision's: its rows had another file name, and there were tables of what followed from others.</summary>
    public const string First = "connect-agent-state/1";

    // These are null where the first revision wrote none.
    public int? Version { get; init; }

    [JsonPropertyName("ID")]
    public string? Id { get; init; }

    public ulong? Term { get; init; }

    public SnapshotServers? Configuration { get; init; }

    public ulong? ConfigurationIndex { get; init; }

    /// <summary>Of the rows, in bytes.</summary>
    public long? Size { get; init; }

    /// <summary>Describes a snapshot in the present format.</summary>
    public static SnapshotMeta Of(DateTimeOffset now, StateImage image, IReadOnlyList<SnapshotTable> tables, long size) =>
        new(Current, now, image.Index, image.Serial, tables)
        {
            Version = 1,
            Id = string.Create(CultureInfo.InvariantCulture, $"1-{image.Index}-{now.ToUnixTimeMilliseconds()}"),
            Term = 1,
            Configuration = new SnapshotServers([]),
            ConfigurationIndex = 0,
            Size = size,
        };
}

/// <summary>The servers that a snapshot of Consul was taken among; we have none.</summary>
internal sealed record SnapshotServers(IReadOnlyList<string> Servers);

/// <summary>One table of a snapshot.</summary>
/// <param name="Name">As in the state.</param>
/// <param name="Index">Of its last write.</param>
/// <param name="Rows">How many.</param>
internal sealed record SnapshotTable(string Name, ulong Index, int Rows);
