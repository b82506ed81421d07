using ConnectAgent.Protocol.Certificates;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Revocation;

/// <summary>The rows of revocations. They outlive a restore: an older state must not bring back what was refused.</summary>
internal static class RevocationTables
{
    /// <summary>What is revoked, by <see cref="Revocation.Revocations.KeyOf"/> (intentions DEF-12).</summary>
    public static StateTable<RevocationEntry> Revocations { get; } = new(
        "revocations", RevocationRowJson.Default.RevocationEntry, Revocation.Revocations.KeyOf)
    {
        OutlivesRestore = true,
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary>Which serial it was when, by serial: a fact that an older state does not change.</summary>
    public static StateTable<SerialMark> SerialMarks { get; } = new(
        "serial-marks", RevocationRowJson.Default.SerialMark, static row => Revocation.SerialMarks.KeyOf(row.Serial))
    {
        OutlivesRestore = true,
    };

    public static IReadOnlyList<StateTable> All { get; } = [Revocations, SerialMarks];
}
