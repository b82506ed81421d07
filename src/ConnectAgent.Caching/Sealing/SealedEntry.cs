using System.Buffers;

namespace ConnectAgent.Caching.Sealing;

/// <summary>
/// Something worth keeping over a restart. It is asked for its bytes each time the file is written, so that no second copy of a key or a token
/// lies in memory in between.
/// </summary>
internal interface ISealable
{
    /// <summary>An opaque key, any text; may hold secrets such as ACL tokens, so it is encrypted like the payload. Always the same.</summary>
    string Id { get; }

    /// <summary>Writes the payload as it is now, with the id at most <see cref="SealedFormat.MaxEntry"/>.</summary>
    /// <param name="payload">Zeroed afterwards.</param>
    /// <returns>False when there is nothing to keep.</returns>
    bool TryRender(IBufferWriter<byte> payload);
}

/// <summary>What the file gave, or what is given as it shall be written. Prints neither its id nor its payload.</summary>
/// <param name="Id">As <see cref="ISealable.Id"/>.</param>
/// <param name="Payload">Opaque bytes.</param>
internal sealed record SealedEntry(string Id, ReadOnlyMemory<byte> Payload) : ISealable
{
    public bool TryRender(IBufferWriter<byte> payload)
    {
        payload.Write(Payload.Span);
        return true;
    }

    public override string ToString() => $"{nameof(SealedEntry)} ({Payload.Length} bytes)";
}
