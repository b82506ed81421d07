using System.Security.Cryptography;

namespace ConnectAgent.State.Snapshots;

/// <summary>Cuts what comes in pieces into lines. What it holds may be keys: it is cleared.</summary>
/// <param name="use">Gets each line; its memory is used again.</param>
internal sealed class SnapshotLines(Action<ReadOnlyMemory<byte>> use)
{
    // A row, and what stands around it.
    private const int RowInItsFrame = StateWriter.LongestRow + (64 * 1024);

    private byte[] _line = new byte[4096];
    private int _length;

    public void Take(ReadOnlySpan<byte> piece)
    {
        while (piece.IndexOf((byte)'\n') is var end and >= 0)
        {
            Append(piece[..end]);
            End();
            piece = piece[(end + 1)..];
        }

        Append(piece);
    }

    /// <summary>The last line need not be ended.</summary>
    public void End()
    {
        if (_length > 0)
        {
            use(_line.AsMemory(0, _length));
            _length = 0;
        }
    }

    public void Clear() => CryptographicOperations.ZeroMemory(_line);

    private void Append(ReadOnlySpan<byte> part)
    {
        var length = _length + part.Length;
        if (length > RowInItsFrame)
        {
            throw new SnapshotException($"it has a row of more than {StateWriter.LongestRow} bytes") { Limit = StateWriter.RowLimit };
        }

        if (length > _line.Length)
        {
            var longer = new byte[Math.Min(RowInItsFrame, Math.Max(length, 2 * _line.Length))];
            _line.AsSpan(0, _length).CopyTo(longer);
            Clear();
            _line = longer;
        }

        part.CopyTo(_line.AsSpan(_length));
        _length = length;
    }
}
