using System.Globalization;

namespace ConnectAgent.Http.Wire;

/// <summary>A body, plain and, from the first caller on who takes it so, compressed.</summary>
internal sealed class RenderedBody(ReadOnlyMemory<byte> plain)
{
    private byte[]? _compressed;
    private IndexText? _index;

    public ReadOnlyMemory<byte> Plain { get; } = plain;

    public byte[] Compressed => _compressed ??= WireReply.Compress(Plain);

    /// <summary>An index as text; the same one is asked for again and again.</summary>
    public string TextOf(ulong index)
    {
        if (_index is not { } text || text.Index != index)
        {
            _index = text = new IndexText(index, index.ToString(CultureInfo.InvariantCulture));
        }

        return text.Text;
    }

    private sealed record IndexText(ulong Index, string Text);
}
