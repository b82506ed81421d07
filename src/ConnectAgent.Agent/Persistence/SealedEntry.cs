namespace ConnectAgent.Agent.Persistence;

/// <summary>One thing worth keeping over a restart. Prints neither its id nor its payload.</summary>
/// <param name="Id">An opaque key, any text; may hold secrets such as ACL tokens, so it is encrypted like the payload.</param>
/// <param name="Payload">Opaque bytes; with the id at most <see cref="SealedFormat.MaxEntry"/>.</param>
internal sealed record SealedEntry(string Id, ReadOnlyMemory<byte> Payload)
{
    public override string ToString() => $"{nameof(SealedEntry)} ({Payload.Length} bytes)";
}
